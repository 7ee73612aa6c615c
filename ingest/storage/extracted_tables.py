"""Stores the tables of a version in one file: their cells as numbers, all else as JSON.

The file comes from the parser process, which a hostile document may control: every cell must lie in its table and in
the text, and no two cells at the same place.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format
from pydantic import BaseModel, ConfigDict, ValidationError

from rag.types import MAX_TABLE_COLUMNS, MAX_TABLE_PLACES, IntArray, Span, Table

_NAMES, _PLACES = "tables.json", "places.npy"
_MAX_SHEET_NUMBER = 1 << 30
_MAX_NAMES_BYTES = 64 * 1_048_576
_COLUMNS = 7
_ROW, _COLUMN, _ROW_SPAN, _COLUMN_SPAN, _IS_HEADER, _START, _END = range(_COLUMNS)
_TYPE = np.dtype("<i4")


class _Stored(BaseModel):
    """A table without ``places``, of which ``cells`` are its own; they follow each other in the order of the tables."""

    model_config = ConfigDict(extra="forbid", strict=True)

    start: int
    end: int
    page: int | None
    name: str
    titles: list[str]
    header_rows: int
    row_count: int
    column_count: int
    cells: int
    texts: list[str]
    sheet_rows: list[int]
    sheet_columns: list[int]


class _StoredTables(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    tables: list[_Stored]


def write_tables(path: Path, tables: Sequence[Table]) -> None:
    """Writes tables into a file.

    Raises:
        OSError: it cannot be written.
        ValueError: they are too large to be read again.
    """
    stored = [
        {
            "start": table.span.start,
            "end": table.span.end,
            "page": table.page,
            "name": table.name,
            "titles": table.titles,
            "header_rows": table.header_rows,
            "row_count": table.row_count,
            "column_count": table.column_count,
            "cells": len(table.places),
            "texts": table.texts,
            "sheet_rows": table.sheet_rows,
            "sheet_columns": table.sheet_columns,
        }
        for table in tables
    ]
    names = json.dumps({"tables": stored}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    if len(names) > _MAX_NAMES_BYTES:
        raise ValueError(f"its tables take {len(names):,} bytes, the limit is {_MAX_NAMES_BYTES:,}")
    places = np.concatenate([np.empty((0, _COLUMNS)), *(table.places for table in tables)]).astype(_TYPE)
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(_NAMES, names)
        with archive.open(_PLACES, "w", force_zip64=True) as member:
            npy_format.write_array(member, places, version=(1, 0), allow_pickle=False)


def read_tables(path: Path, length: int) -> tuple[Table, ...]:
    """Returns the tables of a version whose extracted text has ``length`` characters.

    Raises:
        OSError: the file is not there.
        ValueError: it is not what ``write_tables`` writes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_NAMES).file_size > _MAX_NAMES_BYTES:
                raise ValueError("the tables are too large")
            stored = _StoredTables.model_validate_json(archive.read(_NAMES)).tables
            _check_sizes(stored)
            places = _places(archive, sum(table.cells for table in stored))
    except ValidationError as error:
        raise ValueError(f"the tables are damaged: {error.errors()[0]['msg']}") from error
    except (KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    bounds = pairwise(accumulate((table.cells for table in stored), initial=0))
    return tuple(_table(each, places[first:last], length) for each, (first, last) in zip(stored, bounds, strict=True))


def _check_sizes(stored: Sequence[_Stored]) -> None:
    for table in stored:
        if table.row_count < 1 or table.column_count < 1 or not 0 <= table.header_rows <= table.row_count:
            raise ValueError("a table has no rows or columns")
        if not 0 <= table.cells <= table.row_count * table.column_count:
            raise ValueError("a table has more cells than places")
    places = sum(table.row_count * table.column_count for table in stored)
    if places > MAX_TABLE_PLACES or any(table.column_count > MAX_TABLE_COLUMNS for table in stored):
        raise ValueError("the tables are too large")


def _places(archive: zipfile.ZipFile, count: int) -> IntArray:
    with archive.open(_PLACES) as member:
        npy_format.read_magic(member)
        shape, fortran, dtype = npy_format.read_array_header_1_0(member)
        if shape != (count, _COLUMNS) or fortran or dtype != _TYPE:
            raise ValueError("the places of the cells do not fit the tables")
        content = member.read(count * _COLUMNS * _TYPE.itemsize)
    return np.frombuffer(content, dtype=_TYPE).reshape(count, _COLUMNS)


def _table(stored: _Stored, places: IntArray, length: int) -> Table:
    if not 0 <= stored.start <= stored.end <= length:
        raise ValueError("a table lies outside the text")
    if not _are_within(places, stored) or _overlap(places, stored):
        raise ValueError("a cell lies outside its table")
    if len(stored.texts) != np.count_nonzero(places[:, _START] < 0):
        raise ValueError("a table has not one text for each cell without a span")
    numbers = (stored.sheet_rows, stored.sheet_columns)
    is_numbered = tuple(map(len, numbers)) in {(0, 0), (stored.row_count, stored.column_count)}
    if not is_numbered or any(not 0 < number < _MAX_SHEET_NUMBER for each in numbers for number in each):
        raise ValueError("a table has not one number for each row and column")
    return Table(
        span=Span(start=stored.start, end=stored.end),
        page=stored.page,
        name=stored.name,
        titles=tuple(stored.titles),
        header_rows=stored.header_rows,
        row_count=stored.row_count,
        column_count=stored.column_count,
        places=places,
        texts=tuple(stored.texts),
        sheet_rows=tuple(stored.sheet_rows),
        sheet_columns=tuple(stored.sheet_columns),
    )


def _are_within(places: IntArray, stored: _Stored) -> bool:
    wide = places.astype(np.int64)  # no sum of two is too large
    start, end = wide[:, _START], wide[:, _END]
    is_placed = (
        (wide[:, _ROW] >= 0)
        & (wide[:, _COLUMN] >= 0)
        & (wide[:, _ROW_SPAN] >= 1)
        & (wide[:, _COLUMN_SPAN] >= 1)
        & (wide[:, _ROW] + wide[:, _ROW_SPAN] <= stored.row_count)
        & (wide[:, _COLUMN] + wide[:, _COLUMN_SPAN] <= stored.column_count)
        & np.isin(wide[:, _IS_HEADER], (0, 1))
        & (((start == -1) & (end == -1)) | ((stored.start <= start) & (start < end) & (end <= stored.end)))
    )
    return bool(is_placed.all())


def _overlap(places: IntArray, stored: _Stored) -> bool:
    """Returns whether cells lie at the same place, or are out of order."""
    first = places[:, _ROW].astype(np.int64) * stored.column_count + places[:, _COLUMN]
    if (np.diff(first) <= 0).any():
        return True
    # Each corner of a cell changes how many cells lie on the places right of it and below it.
    changes = np.zeros((stored.row_count + 1, stored.column_count + 1), dtype=np.int32)
    top, left = places[:, _ROW], places[:, _COLUMN]
    bottom, right = top + places[:, _ROW_SPAN], left + places[:, _COLUMN_SPAN]
    for row, column, change in ((top, left, 1), (bottom, right, 1), (top, right, -1), (bottom, left, -1)):
        np.add.at(changes, (row, column), change)
    return bool(changes.cumsum(axis=0).cumsum(axis=1).max() > 1)
