"""Divides plain text into paragraphs, list items and tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.aligned_tables import aligned_parts
from ingest.parsing.formats.decoding import with_line_feeds
from rag.types import ElementKind

_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_BULLET = re.compile(r"\s*(?:[•●○■□▪◦‣*+-]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+\S")
_COLUMNS = re.compile(r"\S(?:\t| {3,})\S")
_LABEL = re.compile(r"\s*[A-Z][\w-]{1,30}(?: [\w-]{1,20}){0,2}:\s")
_MIN_WRAPPED_WIDTH = 40
_MIN_LOW_WIDTH = 30
_MAX_WRAPPED_WIDTH = 160
_NEIGHBOURS = 4
_WRAP_SLACK = 0.85


def text_blocks(text: str, *, page: int | None = None) -> list[Block]:
    """Returns the paragraphs of ``text``, which empty lines divide.

    A line break inside a paragraph becomes a space if the line was only wrapped (nothing between two Chinese or
    Japanese characters); it stays if the lines are list items, columns, or broken on purpose. Columns that are aligned
    are a table.
    """
    unified = with_line_feeds(text).replace("\f", "\n\n")
    blocks: list[Block] = []
    for paragraph in _PARAGRAPH_BREAK.split(unified):
        lines = [line.rstrip() for line in paragraph.split("\n") if line.strip()]
        for run, table in aligned_parts(lines):
            blocks += (Block(kind=kind, text=clean(line), page=page) for kind, line in _joined_lines(run))
            blocks += (replace(block, page=page) for block in table)
    return [block for block in blocks if block.text]


def join_lines(text: str) -> str:
    """Returns ``text`` as one line."""
    joined = ""
    for line in filter(None, map(str.strip, text.split("\n"))):
        is_tight = bool(joined) and _is_wide(joined[-1]) and _is_wide(line[0])
        joined = joined + line if is_tight or not joined else f"{joined} {line}"
    return joined


def _joined_lines(lines: Sequence[str]) -> Iterator[tuple[ElementKind, str]]:
    current: list[str] = []
    for index, line in enumerate(lines):
        width = max(map(_width, lines[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS]))
        if current and not _continues(current, line, width):
            yield _kind(current), join_lines("\n".join(current))
            current = []
        current.append(line)
    if current:
        yield _kind(current), join_lines("\n".join(current))


def _continues(current: Sequence[str], line: str, width: int) -> bool:
    """Returns whether ``line`` continues the one before: a wrapped line has no room for the next word."""
    previous = current[-1]
    if _BULLET.match(line) or _LABEL.match(line) or _COLUMNS.search(line) or _COLUMNS.search(previous):
        return False
    if _BULLET.match(current[0]) and _indent(line) > _indent(current[0]):
        return True
    starts_low = line.lstrip()[0].islower()
    if not starts_low and (width < _MIN_WRAPPED_WIDTH or width > _MAX_WRAPPED_WIDTH):
        return False
    if width < _MIN_LOW_WIDTH and " " not in previous.strip():  # a list of words or names
        return False
    first_word = line.split(maxsplit=1)[0]
    room = 1 + _width(first_word) if not _is_wide(first_word[0]) else 2
    return _width(previous) + room > width * _WRAP_SLACK


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(map(_is_wide, text))


def _kind(lines: Sequence[str]) -> ElementKind:
    return ElementKind.LIST_ITEM if _BULLET.match(lines[0]) else ElementKind.PARAGRAPH


def _is_wide(character: str) -> bool:
    is_hangul = "\uac00" <= character <= "\ud7a3"  # Korean divides its words by spaces
    return unicodedata.east_asian_width(character) in "WF" and not is_hangul
