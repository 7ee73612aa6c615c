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
_SET_ACTIVE = c_function(raw.FPDFPageObj_SetIsActive, _POINTER, _INT)

_MAX_OBJECTS = 20_000
_MAX_SHAPES = 2_000
_MAX_DEPTH = 3
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
        pictures: those that are drawn.
        fills: opaque filled shapes.
        path_count: how many paths there are, filled or not.
    """

    texts: dict[int, int]
    pictures: tuple[Shape, ...]
    fills: tuple[Shape, ...]
    path_count: int

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
        pictures=tuple(placed[: len(pictures)]),
        fills=tuple(placed[len(pictures) :]),
        path_count=walk.path_count,
    )


class _Walk:
    """Collects objects, those of one list at once; those of form objects count where the form is drawn."""

    def __init__(self) -> None:
        self.texts: dict[int, int] = {}
        self.pictures: list[Shape] = []
        self.fills: list[Shape] = []
        self.path_count = 0
        self._left = _MAX_OBJECTS

    def add(
        self,
        items: Sequence[int],
        *,
        order: int | None = None,
        matrix: NDArray[np.float64] | None = None,
        depth: int = 0,
    ) -> None:
        """Adds objects in the order they are drawn; those of a form all have the form's ``order``."""
        kinds = np.fromiter(map(_TYPE_OF, items), dtype=np.int64, count=len(items))
        orders = np.arange(len(items)) if order is None else np.full(len(items), order)
        self._left -= len(items)
        for index in np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_TEXT).tolist():
            self.texts[items[index]] = int(orders[index])
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
                self.add(inner, order=int(orders[index]), matrix=_placed(items[index], matrix), depth=depth + 1)

    def _add_fills(self, paths: Sequence[int], orders: NDArray[np.int64], matrix: NDArray[np.float64] | None) -> None:
        boxes = _bounds(paths, matrix)
        large = [row for row, box in enumerate(boxes) if min(box[2] - box[0], box[3] - box[1]) >= _MIN_SIDE]
        chosen = [paths[row] for row in large]
        modes = np.zeros((len(large), 2), dtype=np.int32)
        start, size = modes.ctypes.data, modes.nbytes
        deque(map(_DRAW_MODE_OF, chosen, *(range(start + at, start + at + size, 8) for at in (0, 4))), maxlen=0)
        for row, mode, colour in zip(large, modes[:, 0].tolist(), fill_colours(chosen).tolist(), strict=True):
            if mode and colour[3] >= _OPAQUE and len(self.fills) < _MAX_SHAPES:
                own = (colour[0], colour[1], colour[2])
                self.fills.append(Shape(box=boxes[row], order=int(orders[row]), colour=own))


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
