from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.storage import extracted_tables
from ingest.storage.extracted_tables import read_tables, write_tables
from rag.types import Span, Table, TableCell

TEXT = "Rooms\n\nBed: Twin; Sea view: 140\nBed: King; Sea view: 165"
TABLE = Table(
    span=Span(start=7, end=len(TEXT)),
    page=2,
    name="Prices",
    titles=("Rooms",),
    header_rows=2,
    row_count=4,
    column_count=2,
    places=np.array(
        [
            [0, 0, 2, 1, 1, 7, 10],
            [0, 1, 1, 1, 1, -1, -1],
            [1, 1, 1, 1, 1, 18, 26],
            [2, 0, 1, 1, 0, 12, 16],
            [2, 1, 1, 1, 0, 28, 31],
            [3, 0, 1, 1, 0, 37, 41],
            [3, 1, 1, 1, 0, 53, 56],
        ],
        dtype=np.int32,
    ),
    texts=("A night",),
    sheet_rows=(1, 2, 3, 7),
    sheet_columns=(26, 28),
)


def damage(path: Path, *, places: object = None, **changes: object) -> None:
    """Writes the table as a parser that cannot be trusted may, with other values."""
    write_tables(path, [TABLE])
    with zipfile.ZipFile(path) as archive:
        stored: dict[str, Any] = json.loads(archive.read("tables.json"))
    stored["tables"][0] |= changes
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tables.json", json.dumps(stored))
        with archive.open("places.npy", "w") as member:
            np.lib.format.write_array(member, TABLE.places if places is None else np.array(places), version=(1, 0))


def with_place(row: int, *place: int) -> object:
    places = TABLE.places.copy()
    places[row] = place
    return places


def test_tables_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "tables.zip"
    write_tables(path, [TABLE, replace(TABLE, page=None, name="", sheet_rows=(), sheet_columns=())])
    first, second = read_tables(path, len(TEXT))
    np.testing.assert_array_equal(first.places, TABLE.places)
    assert list(first.cells(TEXT)) == list(TABLE.cells(TEXT))
    assert (first.span, first.page, first.name, first.titles) == (TABLE.span, 2, "Prices", ("Rooms",))
    assert (first.header_rows, first.row_count, first.column_count) == (2, 4, 2)
    assert (second.page, [cell.address for cell in second.cells(TEXT)]) == (None, [""] * 7)
    write_tables(path, [])
    assert read_tables(path, 0) == ()


def test_cells_have_their_text_and_their_address() -> None:
    first, second, *others = TABLE.cells(TEXT)
    assert first == TableCell(
        row=0, column=0, row_span=2, column_span=1, text="Bed", is_header=True, span=Span(start=7, end=10), address="Z1"
    )
    assert (second.text, second.span, second.address) == ("A night", None, "AB1")
    assert [cell.text for cell in others] == ["Sea view", "Twin", "140", "King", "165"]
    assert others[-1].address == "AB7"


def test_some_rows_have_the_cells_that_reach_into_them() -> None:
    cells = list(TABLE.cells(TEXT))
    assert list(TABLE.cells(TEXT, range(1, 3))) == [cells[0], *cells[2:5]]
    assert list(TABLE.cells(TEXT, range(1))) == cells[:2]
    assert list(TABLE.cells(TEXT, range(4, 9))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"end": len(TEXT) + 1},
        {"start": -1},
        {"start": 20},
        {"header_rows": 5},
        {"header_rows": -1},
        {"row_count": 3},
        {"column_count": 1},
        {"row_count": 0},
        {"row_count": 10**12},
        {"row_count": 10**6 + 1, "column_count": 2, "sheet_rows": [], "sheet_columns": []},
        {"row_count": 4, "column_count": 16_385, "sheet_rows": [], "sheet_columns": []},
        {"row_count": -4, "column_count": -2},
        {"cells": 6},
        {"cells": -1},
        {"places": with_place(0, 0, 0, 3, 1, 1, 7, 10)},
        {"places": with_place(6, 3, 1, 1, 2, 0, 53, 56)},
        {"places": with_place(6, 3, 1, 2**31 - 1, 1, 0, 53, 56)},
        {"places": with_place(6, 3, 1, 1, 1, 0, 53, 99)},
        {"places": with_place(6, 3, 1, 1, 1, 0, 2, 5)},
        {"places": with_place(6, 3, 1, 1, 1, 0, 53, 53)},
        {"places": with_place(6, 3, 1, 1, 1, 0, 53, -1)},
        {"places": with_place(6, 3, 1, 1, 1, 7, 53, 56)},
        {"places": with_place(6, 3, 1, 0, 1, 0, 53, 56)},
        {"places": with_place(6, 2, 0, 1, 1, 0, 53, 56)},
        {"places": with_place(6, 2, 1, 1, 1, 0, 53, 56)},
        {"places": with_place(6, 3, -1, 1, 1, 0, 53, 56)},
        {"places": TABLE.places.astype(np.int64)},
        {"places": TABLE.places.ravel()},
        {"texts": []},
        {"texts": ["A night", "more"]},
        {"sheet_rows": [1]},
        {"sheet_columns": []},
        {"sheet_columns": [1, 2**40]},
        {"sheet_columns": [0, 1]},
        {"name": 7},
        {"surprise": 1},
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    damage(tmp_path / "tables.zip", **changes)
    with pytest.raises(ValueError, match=r"."):
        read_tables(tmp_path / "tables.zip", len(TEXT))


@pytest.mark.parametrize(
    "places",
    [
        [[0, 0, 2, 2, 0, 7, 10], [1, 0, 1, 1, 0, 7, 10]],
        [[0, 0, 3, 2, 0, 7, 10], [1, 0, 3, 2, 0, 7, 10]],
        [[0, 1, 3, 1, 0, 7, 10], [1, 0, 1, 2, 0, 7, 10]],
    ],
)
def test_cells_that_overlap_are_refused(tmp_path: Path, places: list[list[int]]) -> None:
    damage(tmp_path / "tables.zip", places=np.array(places, dtype=np.int32), cells=2, texts=[])
    with pytest.raises(ValueError, match="outside its table"):
        read_tables(tmp_path / "tables.zip", len(TEXT))


def test_a_damaged_file_is_refused_and_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "tables.zip"
    damage(path, places=np.array([[print] * 7] * 7, dtype=object))
    with pytest.raises(ValueError, match="do not fit"):
        read_tables(path, len(TEXT))
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match="damaged"):
        read_tables(path, len(TEXT))


def test_tables_that_could_not_be_read_again_are_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extracted_tables, "_MAX_NAMES_BYTES", 100)
    with pytest.raises(ValueError, match="the limit is 100"):
        write_tables(tmp_path / "tables.zip", [TABLE])
