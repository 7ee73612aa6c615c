"""Puts values of fields beside their labels, and notes and recognised pictures between the lines of a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ingest.parsing.pages.page_text import Direction, Line, Piece
from ingest.parsing.pdf.annotations import Field, Note
from rag.types import FloatArray

_RULE = re.compile(r"(?<!\s)(?:\s++|(?<![_.…]))[_.…]{3,}+\s*+$")
_MAX_LABEL_DISTANCE = 320.0
_MAX_BUTTON_DISTANCE = 24.0
_MAX_HEIGHT_ABOVE = 18.0
_SLACK = 4.0
_MIN_OVERLAP = 0.3
_USUAL_SIZE = 10.0

Box = tuple[float, float, float, float]


def with_fields(pieces: Sequence[Piece], fields: Sequence[Field]) -> tuple[Piece, ...]:
    """Returns the pieces with each field's value behind its label; a value without a label has the field's name."""
    placed = list(pieces)
    size = usual_size(pieces)
    for field in sorted(fields, key=lambda each: (-each.box[3], each.box[0])):
        if not field.value:
            continue
        index = _label_of(placed, field)
        if index is None:
            label = f"{field.name}: " if field.name and not field.is_button else f"{field.name or 'check box'}: "
            placed.append(_piece(label, field.value, field.box, size))
        else:
            placed[index] = _labelled(placed[index], field)
    return tuple(placed)


def note_line(note: Note, size: float) -> Line:
    """Returns the line of a note, with its author before it; free text stands for itself."""
    author = f" by {note.author}" if note.author else ""
    label = "" if note.is_free_text else f"Note{author}: "
    return Line(cells=(_piece(label, note.text, note.box, size),), region=0)


def inserted(lines: Sequence[Line], box: Box, added: Sequence[Line], *, region: int) -> tuple[Line, ...]:
    """Returns the lines with others put where their box is on the page, in regions of their own.

    They come before the first line below the box that is under it, otherwise at the end.

    Args:
        lines: in reading order.
        box: of the added lines.
        added: in reading order.
        region: the first free number of a region.
    """
    apart = [replace(line, region=region + line.region) for line in added]
    for index, line in enumerate(lines):
        is_under = line.left < box[2] and line.right > box[0]
        if is_under and line.is_upright and line.top <= box[3] - _MIN_OVERLAP * (box[3] - box[1]):
            return (*lines[:index], *apart, *lines[index:])
    return (*lines, *apart)


def usual_size(pieces: Sequence[Piece]) -> float:
    """Returns the median size of the pieces, in points; that of small print without any."""
    return float(np.median([piece.size for piece in pieces])) if pieces else _USUAL_SIZE


def _label_of(pieces: Sequence[Piece], field: Field) -> int | None:
    """Returns the index of the piece that is nearest to a field: before it, behind a button, or above it."""
    left, bottom, right, top = field.box
    best: tuple[float, int] | None = None
    for index, piece in enumerate(pieces):
        if piece.direction is not Direction.RIGHT:
            continue
        start, low, end, high = piece.rectangle.tolist()
        overlap = min(top, high) - max(bottom, low)
        distance: float | None = None
        if overlap >= _MIN_OVERLAP * min(top - bottom, high - low):
            if start < left and (end <= left + _SLACK or _RULE.search(piece.text)):
                distance = max(left - end, 0.0)
                if distance > _MAX_LABEL_DISTANCE:
                    continue
            if field.is_button and 0 <= start - right + _SLACK <= _MAX_BUTTON_DISTANCE + _SLACK:
                distance = (start - right) / 10
        elif not field.is_button and -_SLACK <= low - top <= _MAX_HEIGHT_ABOVE and start < right and end > left:
            distance = _MAX_LABEL_DISTANCE + low - top
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, index)
    return best[1] if best is not None else None


def _labelled(piece: Piece, field: Field) -> Piece:
    text = _RULE.sub("", piece.text)
    joint = " " if text.endswith((":", "?")) or _is_answered(text) else ": "
    boxes = [piece.boxes[: len(text)], _no_boxes(len(joint)), _spread(field.box, len(field.value))]
    return replace(
        piece,
        text=text + joint + field.value,
        boxes=np.concatenate(boxes),
        rectangle=np.array(
            [
                min(float(piece.rectangle[0]), field.box[0]),
                piece.rectangle[1],
                max(float(piece.rectangle[2]), field.box[2]),
                piece.rectangle[3],
            ],
            dtype=np.float32,
        ),
    )


def _is_answered(text: str) -> bool:
    """Returns whether a label has its first value already: two fields may share one."""
    return ": " in text


def _piece(label: str, text: str, box: Box, size: float) -> Piece:
    boxes = np.concatenate([_no_boxes(len(label)), _spread(box, len(text))])
    return Piece(text=label + text, boxes=boxes, rectangle=np.array(box, dtype=np.float32), size=size)


def _spread(box: Box, count: int) -> FloatArray:
    """Divides a box among characters side by side."""
    edges = np.linspace(box[0], box[2], count + 1, dtype=np.float32)
    boxes = np.empty((count, 4), dtype=np.float32)
    boxes[:, 0], boxes[:, 2] = edges[:-1], edges[1:]
    boxes[:, 1], boxes[:, 3] = box[1], box[3]
    return boxes


def _no_boxes(count: int) -> FloatArray:
    return np.full((count, 4), np.nan, dtype=np.float32)
