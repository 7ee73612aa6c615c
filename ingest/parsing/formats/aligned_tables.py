"""Finds tables in plain text whose columns are aligned by spaces or tabs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.tables import Grid, table_block
from rag.types import Span

_CELL = re.compile(r"\S+(?: \S+)*")
_RULES = ("---", "===", "___")
_FEWEST_COLUMNS = 3
_FEWEST_ROWS = 3
_MOSTLY = 0.6
_LONGEST_CELL = 60
_TAB = 8

Row = list[Span]
"""The places of a line's cells: texts with two spaces or more between them."""


def aligned_parts(lines: Sequence[str]) -> Iterator[tuple[list[str], list[Block]]]:
    """Yields the lines of a paragraph in runs, each with the table behind it; empty where there is none.

    At least three columns, which most of at least three rows fill. Rows at its end that begin further right, such as
    sums, stay lines.
    """
    spaced = [line.expandtabs(_TAB) for line in lines]
    done = at = 0
    while at < len(lines):
        end = _run_end(spaced, at)
        blocks, height = _table(spaced[at:end]) if end - at >= _FEWEST_ROWS else ([], 0)
        if blocks:
            yield list(lines[done:at]), blocks
            done = at = at + height
        else:
            at = max(at + 1, end)
    if done < len(lines):
        yield list(lines[done:]), []


def _run_end(lines: Sequence[str], start: int) -> int:
    """Returns where the lines of several cells end; lines that only rule are among them, but not the first or last."""
    end = start
    for at in range(start, len(lines)):
        if not _is_rule(lines[at]):
            if len(_CELL.findall(lines[at])) < 2:  # noqa: PLR2004
                break
            end = at + 1
    return end


def _table(lines: Sequence[str]) -> tuple[list[Block], int]:
    """Returns the table that the lines begin with, and how many lines it has; none where cells are not aligned."""
    held = [(at, _cells(line)) for at, line in enumerate(lines) if not _is_rule(line)]
    width = Counter(len(cells) for _, cells in held).most_common(1)[0][0]
    full = [cells for _, cells in held if len(cells) == width]
    if width < _FEWEST_COLUMNS or len(full) < max(_FEWEST_ROWS, _MOSTLY * len(held)):
        return [], 0
    columns = [
        Span(start=min(cell.start for cell in one), end=max(cell.end for cell in one))
        for one in zip(*full, strict=True)
    ]
    if any(left.end >= right.start for left, right in pairwise(columns)):
        return [], 0
    while held and held[-1][1][0].start >= columns[0].end:
        held.pop()
    rows = []
    for at, cells in held:
        row = [""] * width
        for cell in cells:
            column = next((number for number, one in enumerate(columns) if _overlap(one, cell)), None)
            if column is None or row[column] or cell.end - cell.start > _LONGEST_CELL:
                return [], 0
            row[column] = lines[at][cell.start : cell.end]
        rows.append(row)
    return table_block(Grid.plain(rows)), held[-1][0] + 1


def _is_rule(line: str) -> bool:
    return not line.strip(" \t-=_+|") and any(rule in line for rule in _RULES)


def _cells(line: str) -> Row:
    return [Span(start=match.start(), end=match.end()) for match in _CELL.finditer(line)]


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
