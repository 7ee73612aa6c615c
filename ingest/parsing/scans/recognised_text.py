"""Turns the output of a text recognition engine into pieces of lines on the image. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.parsing.pages.page_text import Direction, Piece, enclosing, upright
from rag.types import FloatArray

_WIDE_GAP_HEIGHTS = 1.5
_LARGE_LINE = 1.6
_DOUBTFUL_CONFIDENCE = 40.0
_SIDEWAYS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A recognised stretch of text in pixels, origin at the upper left, with a confidence from 0 to 100.

    ``line`` names the line it belongs to; ``top`` and ``bottom`` are the line's.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    line: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The words that an engine found in an image turned clockwise by ``turn`` degrees."""

    words: tuple[Word, ...]
    turn: int

    @property
    def confidence(self) -> float:
        """Mean over characters, 0 to 100; 0 without words."""
        total = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / total if total else 0.0

    @property
    def evidence(self) -> float:
        """The number of characters weighted by confidence; readings are compared by it."""
        return sum(_weight(word.text) * max(0.0, word.confidence - _DOUBTFUL_CONFIDENCE) for word in self.words)


def reading_pieces(reading: Reading, size: tuple[int, int], points_per_pixel: float) -> tuple[Piece, ...]:
    """Returns the pieces of lines; boxes are on the image as given, whose ``size`` is width and height in pixels."""
    if not reading.words:
        return ()
    usual = float(np.median([word.bottom - word.top for word in reading.words]))
    return tuple(_piece(words, reading.turn, size, points_per_pixel, usual) for words in _stretches(reading.words))


def _piece(
    words: Sequence[Word], turn: int, size: tuple[int, int], points_per_pixel: float, usual_height: float
) -> Piece:
    turned = np.concatenate([part for word in words for part in (_gap(), _character_boxes(word))][1:])
    height, width = words[0].bottom - words[0].top, words[-1].right - words[0].left
    # A stamp along the margin of an upright page: its text is doubtful, but it must not break the lines beside it.
    is_sideways = height > _SIDEWAYS * max(width, usual_height)
    direction = Direction.UP if is_sideways else Direction.RIGHT
    rectangle = upright(enclosing(turned), direction)
    return Piece(
        text=" ".join(word.text for word in words),
        boxes=_unturned(turned, size, turn) * np.float32(points_per_pixel),
        rectangle=rectangle * np.float32(points_per_pixel),
        # The height of a line depends on its letters: only a clear difference means another size.
        size=(height if height > _LARGE_LINE * usual_height and not is_sideways else usual_height) * points_per_pixel,
        direction=direction,
    )


def _stretches(words: Sequence[Word]) -> list[list[Word]]:
    stretches: list[list[Word]] = []
    for word in words:
        previous = stretches[-1][-1] if stretches else None
        near = _WIDE_GAP_HEIGHTS * (word.bottom - word.top)
        if previous is not None and previous.line == word.line and -near < word.left - previous.right < near:
            stretches[-1].append(word)
        else:
            stretches.append([word])
    return stretches


def _character_boxes(word: Word) -> FloatArray:
    """Divides a word's box among its characters, wide ones taking two shares. The origin is at the lower left."""
    shares = np.array([2.0 if unicodedata.east_asian_width(character) in "WF" else 1.0 for character in word.text])
    edges = word.left + (word.right - word.left) * np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
    boxes = np.empty((len(word.text), 4), dtype=np.float32)
    boxes[:, 0], boxes[:, 2] = edges[:-1], edges[1:]
    boxes[:, 1], boxes[:, 3] = -word.bottom, -word.top
    return boxes


def _unturned(boxes: FloatArray, size: tuple[int, int], turn: int) -> FloatArray:
    """Maps boxes of the turned image (y negative downwards) to the image as given, origin at the lower left."""
    width, height = size
    left, bottom, right, top = boxes.T
    unturned = {
        0: (left, height + bottom, right, height + top),
        90: (-top, left, -bottom, right),
        180: (width - right, -top, width - left, -bottom),
        270: (width + bottom, height - right, width + top, height - left),
    }[turn]
    return np.stack(unturned, axis=-1).astype(np.float32)


def _gap() -> FloatArray:
    return np.full((1, 4), np.nan, dtype=np.float32)


def cjk_share(reading: Reading) -> float:
    """Returns the share of characters that are Chinese or Japanese, 0 to 1."""
    text = "".join(word.text for word in reading.words)
    return sum("\u3040" <= character <= "\u9fff" for character in text) / len(text) if text else 0.0


def _weight(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
