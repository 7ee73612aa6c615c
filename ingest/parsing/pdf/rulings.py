"""Collects the straight lines that are drawn on a PDF page, as strokes, thin rectangles or edges of rectangles."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

from ingest.parsing.pdf.page_characters import c_function

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_MATRIX_OF = c_function(raw.FPDFPageObj_GetMatrix, _POINTER, _POINTER)
_SEGMENT_COUNT = c_function(raw.FPDFPath_CountSegments, _POINTER)
_SEGMENT = c_function(raw.FPDFPath_GetPathSegment, _POINTER, _INT, result=ctypes.c_void_p)
_POINT_OF = c_function(raw.FPDFPathSegment_GetPoint, _POINTER, _POINTER, _POINTER)
_SEGMENT_TYPE = c_function(raw.FPDFPathSegment_GetType, _POINTER)
_IS_CLOSED = c_function(raw.FPDFPathSegment_GetClose, _POINTER)

_MAX_LINES = 4_000
_MAX_SEGMENTS = 8_000
_MIN_SEGMENTS = 3
_THIN = 4.0
_SLANT = 0.5

Box = tuple[float, float, float, float]


class Rulings:
    """The straight lines of a page; none where there are more than 4,000."""

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._segments_left = _MAX_SEGMENTS

    @property
    def boxes(self) -> list[Box]:
        """Their places, thin boxes in the page's own coordinates."""
        return self._boxes if len(self._boxes) <= _MAX_LINES else []

    def add(
        self,
        paths: Sequence[int],
        boxes: Sequence[Box],
        modes: NDArray[np.int32],
        matrix: NDArray[np.float64] | None,
    ) -> None:
        """Adds the lines among paths.

        Args:
            paths: their addresses.
            boxes: their bounds.
            modes: ``(n, 2)``, how each is filled, and whether it is stroked.
            matrix: of the form that they are in.
        """
        for path, box, (fill, stroke) in zip(paths, boxes, modes.tolist(), strict=True):
            if len(self._boxes) > _MAX_LINES:
                return
            if not fill and not stroke:
                continue
            if min(box[2] - box[0], box[3] - box[1]) < _THIN:
                self._boxes.append(box)
            elif _MIN_SEGMENTS <= (count := _SEGMENT_COUNT(path)) <= self._segments_left:
                self._boxes += self._edges(path, count, matrix, is_stroked=bool(stroke))

    def _edges(self, path: int, count: int, matrix: NDArray[np.float64] | None, *, is_stroked: bool) -> Iterator[Box]:
        """Yields the edges of a path of upright lines alone: those that are stroked, and thin filled parts."""
        parts = self._parts(path, count)
        if not parts:
            return
        values = np.zeros(6, dtype=np.float32)
        _MATRIX_OF(path, values.ctypes.data)
        a, b, c, d, e, f = values.tolist()
        own = np.array([[a, c, e], [b, d, f], [0, 0, 1]], dtype=np.float64)
        placed = own if matrix is None else matrix @ own
        for part in parts:
            points = np.column_stack([np.array(part), np.ones(len(part))]) @ placed[:2].T
            if is_stroked:
                for first, second in pairwise(points):
                    yield _around(np.stack([first, second]))
            elif float(np.ptp(points, axis=0).min()) < _THIN:
                yield _around(points)

    def _parts(self, path: int, count: int) -> list[list[tuple[float, float]]]:
        """Returns the points of each part of a path; none if a line of it is slanted or curved."""
        parts: list[list[tuple[float, float]]] = []
        point = (ctypes.c_float * 2)()
        start = ctypes.addressof(point)
        for index in range(count):
            self._segments_left -= 1
            segment = _SEGMENT(path, index)
            kind = _SEGMENT_TYPE(segment)
            _POINT_OF(segment, start, start + 4)
            place = (float(point[0]), float(point[1]))
            if kind == raw.FPDF_SEGMENT_MOVETO or not parts:
                parts.append([place])
                continue
            if kind != raw.FPDF_SEGMENT_LINETO or _is_slanted(parts[-1][-1], place):
                return []
            parts[-1].append(place)
            if _IS_CLOSED(segment):
                if _is_slanted(place, parts[-1][0]):
                    return []
                parts[-1].append(parts[-1][0])
        return parts


def _is_slanted(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return min(abs(first[0] - second[0]), abs(first[1] - second[1])) > _SLANT


def _around(points: NDArray[np.float64]) -> Box:
    left, bottom = points.min(axis=0).tolist()
    right, top = points.max(axis=0).tolist()
    return (left, bottom, right, top)
