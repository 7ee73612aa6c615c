"""Reads one page of a PDF: what is stored as text and can be seen, what is in pictures, fields and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from ingest.parsing.blocks.assembly import PageSize
from ingest.parsing.pages.page_text import Line, Piece, page_lines
from ingest.parsing.pages.ruled_tables import ruled_page
from ingest.parsing.pdf.annotations import Annotations, page_annotations
from ingest.parsing.pdf.glyphs import SYMBOL_CODES, PageCharacters
from ingest.parsing.pdf.hidden import visibility
from ingest.parsing.pdf.page_characters import StoredText, stored_text
from ingest.parsing.pdf.page_objects import page_objects
from ingest.parsing.pdf.pieces import line_pieces
from ingest.parsing.pdf.placement import inserted, note_line, usual_size, with_fields
from ingest.parsing.pdf.recognition import (
    Regions,
    is_better,
    recognised_behind,
    recognised_page,
    recognised_pictures,
    regions_to_recognise,
)
from ingest.parsing.scans.ocr import Recogniser

_CONTROLS = 32
_DELETE, _LAST_CONTROL = 0x7F, 0x9F
_LINE_CODES = (0, 2, 9, 10, 13)  # PDFium's own, a hyphen at the end of a line among them
_PRIVATE = (0xE000, 0xF8FF)
_UNSEEN_RANGES = (
    (0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0xFEFF, 0xFEFF), (0xDB40, 0xDB43),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """The lines of a page in reading order, and what was left out.

    Args:
        size: of the page as shown.
        lines: in reading order.
        recognised: whether most of it was read by text recognition.
        pictures: pictures beside the text that were read by text recognition.
        unread_pictures: pictures that may hold text, without any that was recognised.
        hidden: characters that cannot be seen.
        unseen: marks without ink, such as tags and marks of direction.
        no_characters: codes that stand for no character.
        hidden_notes: notes and fields that are hidden.
        has_fields: whether it has fields of a form, filled or not.
        is_wrong: whether its letters are probably not those that it shows, and could not be recognised.
        left_out: texts that are stored but not in the lines: hidden, or replaced by what was recognised.
    """

    size: PageSize
    lines: tuple[Line, ...]
    recognised: bool = False
    pictures: int = 0
    unread_pictures: int = 0
    hidden: int = 0
    unseen: int = 0
    no_characters: int = 0
    hidden_notes: int = 0
    has_fields: bool = False
    is_wrong: bool = False
    left_out: tuple[str, ...] = ()


def read_page(page: pypdfium2.PdfPage, form: Any, recogniser: Recogniser) -> PageContent:  # noqa: ANN401 - PDFium's
    """Reads a page; ``form`` is the document's form environment, None without a form."""
    text_page = page.get_textpage()
    try:
        stored = stored_text(page, text_page)
    finally:
        text_page.close()
    objects = page_objects(page)
    seen = visibility(page, stored, objects)
    regions = regions_to_recognise(page, stored, seen, objects)
    annotations = page_annotations(page, form)
    width, height = page.get_size()
    unseen, no_characters = _left_out(stored.characters, ~seen.hidden)
    own = line_pieces(stored.characters, ~seen.hidden)
    content = PageContent(
        size=PageSize(width=width, height=height),
        lines=(),
        hidden=int(np.count_nonzero(seen.hidden)),
        unseen=unseen,
        no_characters=no_characters,
        hidden_notes=annotations.hidden,
        has_fields=bool(annotations.fields),
        left_out=(_text(stored.characters, seen.hidden),),
    )
    pieces, content = _whole_page(content, page, stored, own, regions=regions, recogniser=recogniser)
    rulings = objects.rulings[:0] if content.recognised else objects.rulings
    ruled = ruled_page(pieces, rulings, height=height, kept_out=[field.box for field in annotations.fields])
    lines = page_lines(with_fields(ruled.pieces, annotations.fields))
    for box, table in ruled.tables:
        lines = inserted(lines, box, table, region=_next_region(lines))
    return _with_notes(_with_pictures(replace(content, lines=lines), page, stored, regions, recogniser), annotations)


def _whole_page(
    content: PageContent,
    page: pypdfium2.PdfPage,
    stored: StoredText,
    own: Sequence[Piece],
    *,
    regions: Regions,
    recogniser: Recogniser,
) -> tuple[Sequence[Piece], PageContent]:
    """Returns the pieces of a page, recognised where it has to be as a whole, and what is said about it."""
    if not recogniser.is_available:
        return own, replace(content, is_wrong=regions.replace, unread_pictures=int(regions.whole))
    if regions.replace:
        found = recognised_page(page, recogniser)
        if is_better(found, " ".join(piece.text for piece in own)):
            text = _text(stored.characters, np.ones(len(stored.unmapped), dtype=np.bool_))
            return found, replace(content, recognised=True, no_characters=0, left_out=(text,))
        return own, replace(content, is_wrong=True)
    if regions.whole:
        found, is_unread = recognised_behind(page, stored, recogniser)
        if found:
            return (*own, *found), replace(content, recognised=True)
        return own, replace(content, unread_pictures=int(is_unread))
    return own, content


def _with_pictures(
    content: PageContent, page: pypdfium2.PdfPage, stored: StoredText, regions: Regions, recogniser: Recogniser
) -> PageContent:
    if not regions.pictures:
        return content
    found = recognised_pictures(page, regions.pictures, stored, recogniser)
    lines = content.lines
    largest = float(np.median([line.size for line in lines])) if lines else usual_size([])
    for picture in found:
        sized = [replace(piece, size=min(piece.size, largest)) for piece in picture.pieces]
        lines = inserted(lines, picture.box, page_lines(sized), region=_next_region(lines))
    read = sum(bool(picture.pieces) for picture in found)
    return replace(content, lines=lines, pictures=read, unread_pictures=content.unread_pictures + len(found) - read)


def _with_notes(content: PageContent, annotations: Annotations) -> PageContent:
    lines = content.lines
    size = min((line.size for line in lines), default=usual_size([]))
    for note in annotations.notes:
        lines = inserted(lines, note.box, [note_line(note, size)], region=_next_region(lines))
    return replace(content, lines=lines)


def _next_region(lines: Sequence[Line]) -> int:
    return max((line.region for line in lines), default=-1) + 1


def _text(characters: PageCharacters, chosen: NDArray[np.bool_]) -> str:
    """Returns the chosen characters, with spaces for the others."""
    if not chosen.any():
        return ""
    pairs = zip(characters.text, chosen.tolist(), strict=True)
    return " ".join("".join(character if is_chosen else " " for character, is_chosen in pairs).split())


def _left_out(characters: PageCharacters, kept: NDArray[np.bool_]) -> tuple[int, int]:
    """Returns how many marks without ink, and how many codes that stand for no character, are left out."""
    codes = characters.codes[kept & (characters.styles >= 0)]
    unseen = sum(int(np.count_nonzero((codes >= first) & (codes <= last))) for first, last in _UNSEEN_RANGES)
    is_control = (codes < _CONTROLS) | ((codes >= _DELETE) & (codes <= _LAST_CONTROL))
    controls = np.count_nonzero(is_control & ~np.isin(codes, _LINE_CODES))
    private = np.count_nonzero((codes >= _PRIVATE[0]) & (codes <= _PRIVATE[1]) & ~np.isin(codes, SYMBOL_CODES))
    return unseen, int(controls) + int(private)
