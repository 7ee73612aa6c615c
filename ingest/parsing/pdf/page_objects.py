"""Lists what is drawn on a PDF page: texts, pictures and filled shapes, with their places and colours."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from ingest.parsing.pdf.page_characters import c_function, shown
from ingest.parsing.pdf.rulings import Rulings
from rag.types import FloatArray

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_TYPE_OF = c_function(raw.FPDFPageObj_GetType, _POINTER)
_OBJECT = c_function(raw.FPDFPage_GetObject, _POINTER, _INT, result=ctypes.c_void_p)
_FORM_OBJECT = c_function(raw.FPDFFormObj_GetObject, _POINTER, ctypes.c_ulong, result=ctypes.c_void_p)
_FORM_COUNT = c_function(raw.FPDFFormObj_CountObjects, _POINTER)
_BOUNDS_OF = c_function(raw.FPDFPageObj_GetBounds, *[_POINTER] * 5)
_MATRIX_OF = c_function(raw.FPDFPageObj_GetMatrix, _POINTER, _POINTER)
_FILL_OF = c_function(raw.FPDFPageObj_GetFillColor, *[_POINTER] * 5)
_DRAW_MODE_OF = c_function(raw.FPDFPath_GetDrawMode, _POINTER, _POINTER, _POINTER)
_RENDER_MODE_OF = c_function(raw.FPDFTextObj_GetTextRenderMode, _POINTER)
_MARKS_OF = c_function(raw.FPDFPageObj_CountMarks, _POINTER)
_MARK_OF = c_function(raw.FPDFPageObj_GetMark, _POINTER, ctypes.c_ulong, result=ctypes.c_void_p)
_MARK_NAME = c_function(raw.FPDFPageObjMark_GetName, _POINTER, _POINTER, ctypes.c_ulong, _POINTER)
_CLIP_OF = c_function(raw.FPDFPageObj_GetClipPath, _POINTER, result=ctypes.c_void_p)
_CLIP_COUNT = c_function(raw.FPDFClipPath_CountPaths, _POINTER)
_CLIP_SIZE = c_function(raw.FPDFClipPath_CountPathSegments, _POINTER, _INT)
_CLIP_PART = c_function(raw.FPDFClipPath_GetPathSegment, _POINTER, _INT, _INT, result=ctypes.c_void_p)
_POINT_OF = c_function(raw.FPDFPathSegment_GetPoint, _POINTER, _POINTER, _POINTER)
_SET_ACTIVE = c_function(raw.FPDFPageObj_SetIsActive, _POINTER, _INT)

_MAX_OBJECTS = 20_000
_MAX_SHAPES = 2_000
_MAX_DEPTH = 3
_MAX_CLIPS = 8
_OPTIONAL = "OC".encode("utf-16-le")
_OPTIONAL_BYTES = 6
_OPAQUE = 250
_MIN_SIDE = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A filled shape or a picture: its place on the page as shown, its order, and its colour (None: a picture)."""

    box: tuple[float, float, float, float]
    order: int
    colour: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageObjects:
    """The objects of a page in the order they are drawn.

    Args:
        texts: the order of each text object by its address.
        clipped: the addresses of text objects that a clipping path may cut; PDFium forgets paths that cut nothing.
        pictures: those that are drawn.
        fills: opaque filled shapes.
        path_count: how many paths there are, filled or not.
        rulings: ``(lines, 4)``, the straight lines that are drawn, thin boxes.
    """

    texts: dict[int, int]
    clipped: frozenset[int]
    pictures: tuple[Shape, ...]
    fills: tuple[Shape, ...]
    path_count: int
    rulings: FloatArray

    @property
    def picture_boxes(self) -> FloatArray:
        """``(pictures, 4)``."""
        return np.array([picture.box for picture in self.pictures], dtype=np.float32).reshape(-1, 4)


def page_objects(page: pypdfium2.PdfPage) -> PageObjects:
    """Lists the objects of a page; those beyond the 20,000th, and shapes beyond the 2,000th, are not looked at."""
    walk = _Walk()
    handle = ctypes.cast(page.raw, ctypes.c_void_p).value
    count = min(raw.FPDFPage_CountObjects(page), _MAX_OBJECTS)
    walk.add(list(map(_OBJECT, repeat(handle), range(count))))
    pictures, fills = walk.pictures, walk.fills
    boxes = shown(
        page, np.array([shape.box for shape in (*pictures, *fills)], dtype=np.float32).reshape(-1, 4)
    ).tolist()
    placed = [
        Shape(box=(box[0], box[1], box[2], box[3]), order=shape.order, colour=shape.colour)
        for shape, box in zip((*pictures, *fills), boxes, strict=True)
    ]
    return PageObjects(
        texts=walk.texts,
        clipped=frozenset(walk.clipped),
        pictures=tuple(placed[: len(pictures)]),
        fills=tuple(placed[len(pictures) :]),
        path_count=walk.path_count,
        rulings=shown(page, np.array(walk.rulings.boxes, dtype=np.float32).reshape(-1, 4)),
    )


class _Walk:
    """Collects objects, those of one list at once; those of form objects count where the form is drawn."""

    def __init__(self) -> None:
        self.texts: dict[int, int] = {}
        self.clipped: list[int] = []
        self.pictures: list[Shape] = []
        self.fills: list[Shape] = []
        self.path_count = 0
        self.rulings = Rulings()
        self._left = _MAX_OBJECTS
        self._rectangles: dict[int, tuple[tuple[float, float], tuple[float, float]] | None] = {}

    def add(
        self,
        items: Sequence[int],
        *,
        order: int | None = None,
        matrix: NDArray[np.float64] | None = None,
        depth: int = 0,
        is_clipped: bool = False,
    ) -> None:
        """Adds objects in the order they are drawn; those of a form have the form's ``order`` and clip."""
        kinds = np.fromiter(map(_TYPE_OF, items), dtype=np.int64, count=len(items))
        orders = np.arange(len(items)) if order is None else np.full(len(items), order)
        self._left -= len(items)
        for index in np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_TEXT).tolist():
            self.texts[items[index]] = int(orders[index])
            if is_clipped or self._is_clipped(items[index]):
                self.clipped.append(items[index])
        images = np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_IMAGE)
        paths = np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_PATH)
        self.path_count += len(paths)
        for index, box in zip(
            images.tolist(), _bounds([items[index] for index in images.tolist()], matrix), strict=True
        ):
            if len(self.pictures) < _MAX_SHAPES:
                self.pictures.append(Shape(box=box, order=int(orders[index]), colour=None))
        self._add_fills([items[index] for index in paths.tolist()], orders[paths], matrix)
        for index in np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_FORM).tolist() if depth < _MAX_DEPTH else ():
            count = min(_FORM_COUNT(items[index]), self._left)
            if count > 0:
                inner = list(map(_FORM_OBJECT, repeat(items[index]), range(count)))
                self.add(
                    inner,
                    order=int(orders[index]),
                    matrix=_placed(items[index], matrix),
                    depth=depth + 1,
                    is_clipped=is_clipped or self._is_clipped(items[index]),
                )

    def _add_fills(self, paths: Sequence[int], orders: NDArray[np.int64], matrix: NDArray[np.float64] | None) -> None:
        boxes = _bounds(paths, matrix)
        modes = np.zeros((len(paths), 2), dtype=np.int32)
        start, size = modes.ctypes.data, modes.nbytes
        deque(map(_DRAW_MODE_OF, paths, *(range(start + at, start + at + size, 8) for at in (0, 4))), maxlen=0)
        self.rulings.add(paths, boxes, modes, matrix)
        large = [row for row, box in enumerate(boxes) if min(box[2] - box[0], box[3] - box[1]) >= _MIN_SIDE]
        chosen = [paths[row] for row in large]
        for row, mode, colour in zip(large, modes[large, 0].tolist(), fill_colours(chosen).tolist(), strict=True):
            if mode and colour[3] >= _OPAQUE and len(self.fills) < _MAX_SHAPES:
                own = (colour[0], colour[1], colour[2])
                self.fills.append(Shape(box=boxes[row], order=int(orders[row]), colour=own))

    def _is_clipped(self, item: int) -> bool:
        """Returns whether a clipping path may cut an object: it has one that is no rectangle around it."""
        path = _CLIP_OF(item)
        count = _CLIP_COUNT(path) if path else 0
        if count <= 0:
            return False
        own = (ctypes.c_float * 4)()
        start = ctypes.addressof(own)
        _BOUNDS_OF(item, start, start + 4, start + 8, start + 12)
        left, bottom, right, top = own
        for index in range(min(count, _MAX_CLIPS)):
            first = _CLIP_PART(path, index, 0)  # objects share their paths
            if first not in self._rectangles:
                self._rectangles[first] = _rectangle(path, index)
            corners = self._rectangles[first]
            if corners is None:
                return True
            (low_x, low_y), (high_x, high_y) = corners
            if low_x > left or low_y > bottom or high_x < right or high_y < top:
                return True
        return bool(count > _MAX_CLIPS)


def _rectangle(path: int, index: int) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Returns the lower left and upper right corners of a clipping path; None if it is no upright rectangle."""
    size = _CLIP_SIZE(path, index)
    if size not in {4, 5}:
        return None
    points = (ctypes.c_float * (2 * size))()
    start = ctypes.addressof(points)
    for number in range(size):
        _POINT_OF(_CLIP_PART(path, index, number), start + 8 * number, start + 8 * number + 4)
    across, up = points[::2], points[1::2]
    low, high = (min(across), min(up)), (max(across), max(up))
    is_upright = {*across} <= {low[0], high[0]} and {*up} <= {low[1], high[1]}
    return (low, high) if is_upright else None


def _placed(form: int, matrix: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Returns where a form object is drawn."""
    values = np.zeros(6, dtype=np.float32)
    _MATRIX_OF(form, values.ctypes.data)
    a, b, c, d, e, f = values.tolist()
    own = np.array([[a, c, e], [b, d, f], [0, 0, 1]], dtype=np.float64)
    return own if matrix is None else matrix @ own


def _bounds(items: Sequence[int], matrix: NDArray[np.float64] | None) -> list[tuple[float, float, float, float]]:
    """Returns left, bottom, right and top of objects in the page's own coordinates."""
    bounds = np.zeros((len(items), 4), dtype=np.float32)
    start, size = bounds.ctypes.data, 16 * len(items)
    deque(map(_BOUNDS_OF, items, *(range(start + at, start + at + size, 16) for at in (0, 4, 8, 12))), maxlen=0)
    if matrix is not None:
        corners = np.stack([bounds[:, [0, 2, 0, 2]], bounds[:, [1, 1, 3, 3]], np.ones((len(items), 4))], axis=1)
        moved = matrix @ corners
        bounds = np.concatenate([moved[:, :2].min(axis=2), moved[:, :2].max(axis=2)], axis=1)
    return [(left, bottom, right, top) for left, bottom, right, top in bounds.tolist()]


def fill_colours(items: Sequence[int]) -> NDArray[np.int64]:
    """Returns ``(n, 4)``: red, green, blue and opacity of objects, 0 to 255; -1 where the colour is a pattern."""
    colours = np.zeros((len(items), 4), dtype=np.uint32)
    start, size = colours.ctypes.data, 16 * len(items)
    known = list(map(_FILL_OF, items, *(range(start + at, start + at + size, 16) for at in (0, 4, 8, 12))))
    return np.where(np.array(known, dtype=np.bool_)[:, None], colours.astype(np.int64), -1)


def render_modes(items: Sequence[int]) -> NDArray[np.int64]:
    """Returns the rendering mode of each text object; 3 draws nothing."""
    return np.fromiter(map(_RENDER_MODE_OF, items), dtype=np.int64, count=len(items))


def are_optional(items: Sequence[int]) -> NDArray[np.bool_]:
    """Returns for each object whether it belongs to optional content, a layer that may be switched off."""
    return np.array([_MARKS_OF(item) > 0 and _is_optional(item) for item in items], dtype=np.bool_)


def _is_optional(item: int) -> bool:
    name = ctypes.create_string_buffer(8)
    size = ctypes.c_ulong()
    for index in range(min(_MARKS_OF(item), 8)):
        mark = _MARK_OF(item, index)
        is_read = mark and _MARK_NAME(mark, ctypes.addressof(name), 8, ctypes.addressof(size))
        if is_read and size.value == _OPTIONAL_BYTES and name.raw[:4] == _OPTIONAL:
            return True
    return False


def set_drawn(items: Sequence[int], *, drawn: bool) -> None:
    """Leaves objects out of what is rendered, or takes them in again."""
    for item in items:
        _SET_ACTIVE(item, int(drawn))
