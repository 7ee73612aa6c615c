"""Reads what a text says in another form: Base64, hexadecimal, escapes, spaced out, with figures for letters. Pure."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from rag.guard.hidden.characters import revealed, without_invisible

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,4000}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){12,2000}")
_SINGLE = re.compile(r"(?<!\w)\w(?!\w)")
_GAPS = frozenset(" .-_*·|")
_WIDEST_GAP, _FEWEST_SINGLE = 3, 7
_ROT13 = re.compile(r"\b(?:vtaber|cerivbhf|vafgehpgvbaf?|cebzcg|nafjre|erfcbafr|lbhe|flfgrz)\b", re.IGNORECASE)
_REVERSED = re.compile(r"\b(?:erongi|suoiverp|snoitcurtsni|tpmorp|rewsna|esnopser|ruoy|metsys)\b", re.IGNORECASE)
_FIGURES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_MIXED = re.compile(r"(?<!\w)[A-Za-z]{1,12}[013457@$]{1,3}[A-Za-z]{1,12}(?!\w)")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁɡһӏոԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοаАВЕКМНОРСТХ", "aeopcyxijsdghlnwABEZHIKMNOPTYXoaABEKMHOPCTX"
)
_LEAST_SHARE_OF_LETTERS = 0.7
_GAP = re.compile(r" {2,3}|[ .\-_*·|]")
_LETTER = re.compile(r"[^\W\d_]")
_FEW = 5
_MANY_LETTERS, _MANY_KINDS = 20, 8


def other_forms(text: str) -> Iterator[str]:
    """Yields what ``text`` says when it is read in other ways; nothing for ordinary text."""
    if not text.isascii():
        yield from _unseen_forms(text)
    if "&" in text and (plain := html.unescape(text)) != text:
        yield plain
    if text.count("%") > _FEW and (plain := unquote(text)) != text:
        yield plain
    yield from filter(None, (_from_base64(match[0]) for match in _BASE64.finditer(text)))
    yield from filter(None, (_from_hex(match[0]) for match in _HEX.finditer(text)))
    for run in _spaced_runs(text):
        yield _GAP.sub(lambda gap: " " if len(gap[0]) > 1 else "", run)
    yield from _turned_forms(text)


def is_spaced_out(text: str) -> bool:
    """Returns whether a text has its letters one by one, as no one writes who wants to be read."""
    letters = max((_LETTER.findall(run) for run in _spaced_runs(text)), key=len, default=[])
    return len(letters) >= _MANY_LETTERS and len({letter.casefold() for letter in letters}) >= _MANY_KINDS


def _spaced_runs(text: str) -> Iterator[str]:
    """Yields the stretches of single letters with little between them."""
    start = end = count = 0
    for match in _SINGLE.finditer(text):
        gap = text[end : match.start()]
        if count and 0 < len(gap) <= _WIDEST_GAP and _GAPS.issuperset(gap):
            count += 1
        else:
            if count >= _FEWEST_SINGLE:
                yield text[start:end]
            start, count = match.start(), 1
        end = match.end()
    if count >= _FEWEST_SINGLE:
        yield text[start:end]


def _unseen_forms(text: str) -> Iterator[str]:
    if hidden := revealed(text):
        yield hidden
    plain = without_invisible(text)
    if plain != text:
        yield plain
    latin = plain.translate(_LOOK_ALIKES)
    if latin != plain and latin.isascii():
        yield latin


def _turned_forms(text: str) -> Iterator[str]:
    if len(_MIXED.findall(text)) > 1:
        yield text.translate(_FIGURES)
    if _ROT13.search(text):
        yield codecs.encode(text, "rot13")
    if _REVERSED.search(text):
        yield text[::-1]


def _from_base64(token: str) -> str:
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(body + "=" * (-len(body) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _readable(data: bytes) -> str:
    """Returns the words that the bytes spell; an empty text for anything else."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    letters = sum(each.isalpha() or each == " " for each in text)
    return text if " " in text and letters >= _LEAST_SHARE_OF_LETTERS * len(text) else ""


def _from_hex(token: str) -> str:
    return _readable(bytes.fromhex("".join(each for each in token if each.isalnum())))
