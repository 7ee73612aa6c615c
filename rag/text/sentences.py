"""Splits text into sentences, in Latin scripts and in Chinese, Japanese and Korean. Pure."""

from __future__ import annotations

import re

from rag.types import Span

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs etc e.g i.e cf al fig figs eq no nos vol pp p ed eds approx dept est inc ltd co "
    "corp jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun u.s u.k ca art sec".split()
)
_END = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]]*+(?=\s)|[。！？；]++[」』”’）]*+|\n++")
_LAST_WORD = re.compile(r"(?<![\w.])[\w.]*+$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[^\S\n]*+\(?[0-9]{1,3}(?:\.[0-9]{1,3})*$")
_NEXT = re.compile(r"\s*(\S)")
_NAMED = re.compile(r"[^.!?:\n]{1,120}: ")
_MIN_NAMED_SHARE = 0.6


def split_sentences(text: str) -> tuple[Span, ...]:
    """Returns the spans of the sentences of ``text``, in order, without surrounding white space.

    A line break always ends a sentence, so that headings, list items and table rows stand alone; a leading list number
    belongs to its sentence. A row of a table is one sentence, whatever its cells hold: a part of it would not say what
    it is about. The spans cover the whole text except white space. An empty text has none.
    """
    spans: list[Span] = []
    start = 0
    line_end, is_row = -1, False
    for match in _END.finditer(text):
        if match.start() > line_end:
            line_start = text.rfind("\n", 0, match.start()) + 1
            line_end = text.find("\n", match.start())
            line_end = len(text) if line_end < 0 else line_end
            is_row = _is_row(text[line_start:line_end])
        if (not is_row or match.group().startswith("\n")) and _ends_sentence(text, match):
            _append_stripped(spans, text, start, match.end())
            start = match.end()
    _append_stripped(spans, text, start, len(text))
    return tuple(spans)


def _is_row(line: str) -> bool:
    """Returns whether a line is a row of a table, as parsing writes it: values with the names of their columns."""
    cells = line.split("; ")
    named = sum(_NAMED.match(cell) is not None for cell in cells)
    return named > 1 and named >= _MIN_NAMED_SHARE * len(cells)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if not mark.startswith("."):
        return True
    following = _NEXT.match(text, match.end())
    if following is not None and following.group(1).islower():
        return False
    window = text[max(0, match.start() - 16) : match.start()]
    if _LIST_NUMBER.search(window):
        return False
    found = _LAST_WORD.search(window)
    word = found.group() if found else ""
    is_initial = len(word) == 1 and word.isalpha() and word.isupper()
    return not (is_initial or word.lower() in _ABBREVIATIONS)


def _append_stripped(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append(Span(start=first, end=first + len(stripped)))
