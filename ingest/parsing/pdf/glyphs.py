"""The characters of a PDF page: which of them are seen, and how each is written. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.blocks.assembly import is_clean
from ingest.parsing.pages.page_text import Direction
from rag.types import FloatArray

# PDFium returns one of these for a hyphen that divides a word at the end of a line.
DIVIDING_HYPHENS = frozenset("\x02\ufffe\xad")
_SPACES = frozenset(" \t\r\n\u00a0\u2002\u2003\u2009\u202f\u3000\0")
SPACE_CODES = np.array(sorted(map(ord, _SPACES)))
_INVISIBLE = frozenset(map(chr, (0x200E, 0x200F, 0x61C, *range(0x202A, 0x202F), *range(0x2061, 0x206A), 0x180E)))
# Of symbol fonts, whose codes are private: bullets, check boxes and arrows.
_SYMBOLS = {
    "\uf0b7": "•", "\uf0a7": "▪", "\uf06c": "●", "\uf06e": "■", "\uf0a8": "□", "\uf0d8": "➢", "\uf0fc": "✓",
    "\uf0e0": "→", "\uf078": "☒", "\uf06f": "☐", "\uf0fd": "☒", "\uf0fe": "☑", "\uf0fb": "✗", "\uf071": "❑",
}  # fmt: skip
_SURROGATES = (0xD800, 0xDFFF)
SYMBOL_CODES = np.array(sorted(map(ord, _SYMBOLS)))
"""Codes of symbol fonts that are written as characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCharacters:
    """The characters of a page in the order they are stored, spaces and line breaks among them.

    Args:
        text: one character each; empty where there is none.
        codes: ``(n,)``, what PDFium gives for each, halves of surrogate pairs among them.
        boxes: ``(n, 4)``: left, bottom, right, top on the page as it is shown.
        styles: ``(n,)``, the row of each character in the lists below; -1 for a character that PDFium added.
        sizes: font sizes in points.
        origins: ``(styles, 2)``, a point on the base line on the page as it is shown.
        directions: where the characters run.
        bold: whether the font is bold.
    """

    text: Sequence[str]
    codes: NDArray[np.int64]
    boxes: FloatArray
    styles: NDArray[np.int64]
    sizes: FloatArray
    origins: FloatArray
    directions: Sequence[Direction]
    bold: Sequence[bool]


def is_shown(character: str) -> bool:
    """Returns whether a character may leave ink: it is no space, no control and no mark of direction."""
    if character in _SPACES or not character:
        return False
    return character in DIVIDING_HYPHENS or (
        character not in _INVISIBLE and not "\U000e0000" <= character <= "\U000e0fff" and is_clean(character)
    )


def shown_characters(page: PageCharacters) -> NDArray[np.bool_]:
    """Returns ``(n,)``: whether each character may leave ink."""
    codes, first, places = np.unique(page.codes, return_index=True, return_inverse=True)
    is_half = (codes >= _SURROGATES[0]) & (codes <= _SURROGATES[1])
    flags = np.array([is_shown(page.text[index]) for index in first.tolist()], dtype=np.bool_)[places]
    for index in np.flatnonzero(is_half[places]).tolist():
        flags[index] = is_shown(page.text[index])
    return flags


def written(character: str, *, is_last: bool) -> str:
    """Returns what is written for a character; ``is_last``: it ends a piece of a line."""
    if character in DIVIDING_HYPHENS:
        if character == "\xad":  # invisible inside a word; at the end of a line it joins the two parts
            return "\xad" if is_last else ""
        return "-" if is_last else "\ufffd"  # inside a word PDFium's mark is an unknown letter
    # Ligatures, Arabic presentation forms, and the styled letters of formulas.
    if "\ufb00" <= character <= "\ufefc" or "\U0001d400" <= character <= "\U0001d7ff":
        return "".join(filter(is_shown, unicodedata.normalize("NFKC", character)))
    return _SYMBOLS.get(character, character)
