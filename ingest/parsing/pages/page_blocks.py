"""Joins the lines of a page to paragraphs, tables and headings. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.pages.page_text import SOFT_HYPHEN, Line, line_joint
from ingest.parsing.pages.ruled_tables import ruled_text
from ingest.parsing.pages.table_header import TableHeader
from ingest.parsing.pages.table_rows import is_wrapped, row_pitch
from ingest.parsing.pages.table_text import table_text
from rag.types import ElementKind, FloatArray

_BULLET_START = re.compile(r"\s*(?:[•●○■□▪◦‣]|[-–—*]\s|\(?(?:\d{1,2}|[a-z])[.)]\s)")
_NOTE_START = re.compile(r"\[\^[^\]]+\] ")
_HYPHENED = re.compile(f"[^\\W_][-‐{SOFT_HYPHEN}]$")
_OPEN = re.compile(r"[^\W_]|[,)]")
_TEXTS = (ElementKind.PARAGRAPH, ElementKind.LIST_ITEM)
_MIN_SPACES = 3
_TERMINAL = tuple('.!?:;。！？：；…"”)）」』')
# Large type that states something is an answer, not a title: a sentence, a telephone number behind its name.
_STATEMENT = re.compile(r"(?<!\w)(?:\w++\W++){3}\w++[.!。]$|^[^:]{2,60}: [+(]?\d[\d ()/.+-]*(?:\s\w{1,12})?$")
_MAX_LINE_PITCH = 1.75
_SIZE_TOLERANCE = 0.12
HEADING_RATIO = 1.15
_MAX_HEADING_CHARACTERS = 150
_MAX_HEADING_LINES = 3
_LABEL_SHARE = 0.7
_SHORT_SHARE = 0.4
_LONGEST_WORD = 12
_APART = 1.4
_SAME_LEFT = 6.0
_DIGIT = re.compile(r"\d")
_LOOSE_LABEL = 1.25
_LINES_AHEAD = 4
_MAX_LABELS = 3
_MAX_LABEL_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBlocks:
    """The blocks of a page, and the header that a table at the top of the next one may continue."""

    blocks: list[Block]
    header: TableHeader | None


def page_blocks(
    lines: Sequence[Line],
    *,
    page: int,
    body_size: float,
    heading_sizes: Sequence[float],
    header: TableHeader | None = None,
) -> PageBlocks:
    """Returns the blocks of a page.

    Args:
        lines: in reading order.
        page: its number, from 1.
        body_size: the document's most frequent font size.
        heading_sizes: sizes that mark headings, largest first; a size's index is the heading's depth.
        header: the header of a table that the page before ends with.
    """
    blocks: list[Block] = []
    labels = 0
    for group in _grouped(lines):
        is_ruled = group[0].ruled is not None
        if is_ruled or any(len(line.cells) > 1 for line in group):
            is_second = any(block.kind is ElementKind.TABLE for block in blocks)
            table = ruled_text(group, None if is_second else header) if is_ruled else table_text(group, header)
            header, labels = table.header, 0
            blocks.append(replace(table.block, page=page))
            continue
        is_first = not blocks
        blocks.append(_block(group, page, body_size, heading_sizes))
        labels += 1
        if is_first or labels > _MAX_LABELS or not _is_label(group, body_size):
            header = None
    at_end = not blocks or blocks[-1].kind is ElementKind.TABLE or blocks[-1].text.isdecimal()
    return PageBlocks(blocks=blocks, header=header if at_end else None)


def goes_on(before: Block, after: Block) -> bool:
    """Returns whether the last sentence of a page goes on in the first block of the next page."""
    is_text = before.kind in _TEXTS and after.kind is ElementKind.PARAGRAPH
    is_long = before.text.count(" ") >= _MIN_SPACES
    return is_text and is_long and _OPEN.search(before.text[-1:]) is not None and after.text[:1].islower()


def _is_label(group: Sequence[Line], body_size: float) -> bool:
    """Returns whether a paragraph may be part of a table: it is neither a sentence nor a new title."""
    is_short = sum(len(line.text) for line in group) <= _MAX_LABEL_CHARACTERS and not group[-1].text.endswith(".")
    return is_short and group[0].size < body_size * HEADING_RATIO


def _block(group: Sequence[Line], page: int, body_size: float, heading_sizes: Sequence[float]) -> Block:
    text, boxes = _joined(group)
    level = _heading_level(group, text, body_size, heading_sizes)
    if level is not None:
        kind = ElementKind.HEADING
    else:
        kind = ElementKind.LIST_ITEM if _BULLET_START.match(text) else ElementKind.PARAGRAPH
    return Block(kind=kind, text=text, page=page, level=level, boxes=boxes)


def body_font_size(lines: Sequence[Line]) -> float:
    """Returns the font size that most characters have, in points; 0 without lines."""
    counts: dict[float, int] = {}
    for line in lines:
        size = round(line.size * 2) / 2
        counts[size] = counts.get(size, 0) + len(line.text)
    return max(counts, key=lambda size: counts[size]) if counts else 0.0


def heading_font_sizes(lines: Sequence[Line], body_size: float) -> tuple[float, ...]:
    """Returns the sizes that are clearly larger than the body's, largest first."""
    sizes = {round(line.size * 2) / 2 for line in lines if len(line.cells) == 1 and line.is_upright}
    return tuple(sorted((size for size in sizes if size >= body_size * HEADING_RATIO), reverse=True))


def _grouped(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups the lines of each paragraph, and the rows of each table."""
    groups: list[list[Line]] = []
    margins = _right_margins(lines)
    ruled: dict[int, list[Line]] = {}
    for index, line in enumerate(lines):
        following = lines[index + 1 : index + 1 + _LINES_AHEAD]
        if line.ruled is not None:
            if id(line.ruled) not in ruled:
                groups.append(ruled.setdefault(id(line.ruled), []))
            ruled[id(line.ruled)].append(line)
        elif (
            groups
            and groups[-1][0].ruled is None
            and _continues(groups[-1], line, following, margin=margins[line.region])
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _right_margins(lines: Sequence[Line]) -> dict[int, float]:
    """Returns where the lines of each region end; short lines may be as wide as a ruled table above or below them."""
    lefts: dict[int, float] = {}
    margins: dict[int, float] = {}
    for line in lines:
        lefts[line.region] = min(line.left, lefts.get(line.region, line.left))
        margins[line.region] = max(line.right, margins.get(line.region, line.right))
    own = dict(margins)
    for grid in {id(line.ruled): line.ruled for line in lines}.values():
        left, _, right, _ = grid.box if grid is not None else (0.0, 0.0, 0.0, 0.0)
        for region, end in own.items():
            if lefts[region] < right and end > left and end - lefts[region] < _SHORT_SHARE * (right - left):
                margins[region] = max(margins[region], right)
    return margins


def _continues(group: Sequence[Line], line: Line, following: Sequence[Line], *, margin: float) -> bool:
    previous = group[-1]
    height = max(previous.top - previous.bottom, 1.0)
    pitch = previous.bottom - line.bottom
    if line.region != previous.region or pitch <= 0:
        return False
    in_table = any(len(row.cells) > 1 for row in group)
    if len(line.cells) > 1:
        return in_table and pitch <= 2 * _MAX_LINE_PITCH * height and not _begins_table(group, line, following)
    if in_table:
        return _is_in_table(group, line, following)
    return pitch <= _pitch_limit(group) * height and _same_paragraph(group, line, margin=margin)


def _begins_table(group: Sequence[Line], line: Line, following: Sequence[Line]) -> bool:
    """Returns whether a line names the columns of another table, as that of an invoice below its numbers and dates."""
    rows = row_pitch(group)
    if rows is None or group[-1].bottom - line.bottom <= _APART * rows or len(line.cells) <= 2:  # noqa: PLR2004
        return False
    has_values = bool(following) and len(following[0].cells) > 1 and _DIGIT.search(following[0].text) is not None
    if not has_values or _DIGIT.search(line.text):
        return False
    known = [float(cell.rectangle[0]) for row in group for cell in row.cells]
    placed = [min(abs(float(cell.rectangle[0]) - left) for left in known) for cell in line.cells]
    return sum(gap > _SAME_LEFT for gap in placed) * 2 >= len(placed)


def _is_in_table(group: Sequence[Line], line: Line, following: Sequence[Line]) -> bool:
    """Returns whether a line with one cell is a label between two rows, or part of a row above or below it."""
    previous = group[-1]
    if following and _goes_on_below(line, following[0]):
        return previous.bottom - line.bottom <= 2 * _MAX_LINE_PITCH * (previous.top - previous.bottom)
    width = max(row.right for row in group) - min(row.left for row in group)
    if line.right - line.left >= _LABEL_SHARE * width:
        return False
    rows = row_pitch(group)
    if is_wrapped(previous, line, rows):
        return abs(previous.size - line.size) <= _SIZE_TOLERANCE * previous.size
    farthest = max(_MAX_LINE_PITCH * (previous.top - previous.bottom), _LOOSE_LABEL * (rows or 0.0))
    return previous.bottom - line.bottom <= farthest and _leads_to_row(line, following, rows, farthest)


def _leads_to_row(line: Line, following: Sequence[Line], rows: float | None, farthest: float) -> bool:
    """Returns whether a row follows; more lines of a wrapped label may come before the row's other cells."""
    above = line
    for below in following:
        if below.region != line.region or above.bottom - below.bottom > farthest:
            return False
        if len(below.cells) > 1:
            return True
        if not is_wrapped(above, below, rows):
            return False
        above = below
    return False


def _goes_on_below(line: Line, below: Line) -> bool:
    """Returns whether a label is wrapped, with its values beside its second line."""
    return (
        line.region == below.region
        and len(below.cells) > 1
        and (below.text[0].islower() or line.text.count("(") > line.text.count(")"))
        and line.right < float(below.cells[1].rectangle[0])
        and line.bottom - below.bottom <= _MAX_LINE_PITCH * (line.top - line.bottom)
    )


def _pitch_limit(group: Sequence[Line]) -> float:
    """Returns the largest line distance within a paragraph, in line heights, from its first two lines."""
    if len(group) < 2:  # noqa: PLR2004
        return _MAX_LINE_PITCH
    leading = (group[0].bottom - group[1].bottom) / max(group[0].top - group[0].bottom, 1.0)
    return min(_MAX_LINE_PITCH, leading * 1.25 + 0.05)


def _same_paragraph(group: Sequence[Line], line: Line, *, margin: float) -> bool:
    previous = group[-1]
    if abs(previous.size - line.size) > _SIZE_TOLERANCE * max(previous.size, line.size):
        return False
    if previous.bold != line.bold and (previous.bold or (line.bold and len(line.text) < _MAX_HEADING_CHARACTERS)):
        return previous.text.endswith((",", "-")) or line.text[0].islower()
    if _HYPHENED.search(previous.text):
        return True
    if _BULLET_START.match(line.text) or _NOTE_START.match(line.text):
        return False
    right = margin if len(group) < 2 else max(row.right for row in group)  # noqa: PLR2004
    if line.text[0].islower() or not _next_word_fits(previous, line, right):
        return True
    is_centred = abs(previous.left + previous.right - line.left - line.right) < previous.size
    width = right - min(row.left for row in group)
    is_label = previous.right - previous.left < _LABEL_SHARE * width and not is_centred
    return not (previous.text.endswith(_TERMINAL) or is_label or (previous.bold and not is_centred))


def _next_word_fits(previous: Line, line: Line, right: float) -> bool:
    """Returns whether a line was broken on purpose: it had room for the next line's first word."""
    piece = line.cells[0]
    word = piece.text.split(" ", 1)[0]
    share = min(len(word), _LONGEST_WORD) / len(piece.text)
    width = share * float(piece.rectangle[2] - piece.rectangle[0])
    return previous.right + width + line.size < right


def _joined(group: Sequence[Line]) -> tuple[str, FloatArray]:
    """Returns the text of a paragraph with its boxes."""
    text = ""
    boxes: list[FloatArray] = []
    for line in group:
        if text:
            kept, between = line_joint(text, line.text)
            boxes[-1] = boxes[-1][: len(boxes[-1]) - len(text) + len(kept)]
            boxes.append(_no_boxes(len(between)))
            text = kept + between
        text += line.text
        boxes.append(line.cells[0].boxes)
    return text.replace(SOFT_HYPHEN, "-"), np.concatenate(boxes)


def _heading_level(group: Sequence[Line], text: str, body_size: float, heading_sizes: Sequence[float]) -> int | None:
    if (
        not group[0].is_upright
        or len(text) > _MAX_HEADING_CHARACTERS
        or len(group) > _MAX_HEADING_LINES
        or not any(map(str.isalpha, text))
        or _STATEMENT.search(text)
    ):
        return None
    size = group[0].size
    if size >= body_size * HEADING_RATIO:
        return sum(larger > size + 0.25 for larger in heading_sizes)
    is_bold = all(line.bold for line in group) and size >= body_size * (1 - _SIZE_TOLERANCE)
    return len(heading_sizes) if is_bold and not text.endswith((".", ",", ";")) else None


def _no_boxes(count: int) -> FloatArray:
    return np.full((count, 4), np.nan, dtype=np.float32)
