"""List and read the tables of documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, VersionChoice, raise_missing, readable_version
from api.schemas.paging import Cursor, Limit, Pages
from api.schemas.tables import CellBody, TableBody, TableEntry, TableList
from ingest.factory import extracted_folder
from ingest.storage.extracted_text import keeps_tables, load_layouts, load_tables, load_text
from rag.errors import UnknownTableError
from rag.types import PageLayout, Span, Table

router = APIRouter(prefix="/v1/documents/{document_id}/tables", tags=["documents"])

RowNumber = Annotated[int, Query(ge=0, description="The row to begin with; the first one below the header, or later.")]
RowLimit = Annotated[int, Query(ge=1, le=1_000, description="Maximum number of rows below the header.")]
_MAX_PLACES = 20_000
"""In one answer, unless a single row has more."""


@router.get("")
def list_tables(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    version_id: VersionChoice = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> TableList:
    """Lists the tables of a version, in the order of its text."""
    document, version = readable_version(service, caller, document_id, version_id)
    pages = Pages("tables", document_id, version.version_id)
    after = pages.number(cursor)
    try:
        tables = load_tables(extracted_folder(service.settings.storage.folder) / version.version_id)
    except FileNotFoundError:
        raise_missing(service, caller, document, version, file="extracted text")
    entries = [_entry(table, number) for number, table in enumerate(tables, start=1)][after:][: limit + 1]
    shown, next_cursor = pages.cut(entries, limit, lambda entry: (str(entry.number),))
    return TableList(
        document_id=document_id, version_id=version.version_id, tables=list(shown), next_cursor=next_cursor
    )


@router.get("/{number}")
def get_table(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    number: int,
    version_id: VersionChoice = None,
    row: RowNumber = 0,
    limit: RowLimit = 100,
) -> TableBody:
    """Returns a table as a grid: its header, and rows below it, of a wide table fewer than ``limit``.

    ``number`` is its place in the list of tables, from 1. A cell that covers several rows is in the first of them that
    is returned.
    """
    document, version = readable_version(service, caller, document_id, version_id)
    folder = extracted_folder(service.settings.storage.folder) / version.version_id
    try:
        tables = load_tables(folder)
        if not 1 <= number <= len(tables):
            raise UnknownTableError(number, name=document.name, count=len(tables), kept=keeps_tables(folder))
        table, text = tables[number - 1], load_text(folder)
        first = min(max(row, table.header_rows), table.row_count)
        end = min(first + max(1, min(limit, _MAX_PLACES // table.column_count)), table.row_count)
        header, rows = (_rows(folder, table, text, each) for each in (range(table.header_rows), range(first, end)))
    except FileNotFoundError:
        raise_missing(service, caller, document, version, file="extracted text")
    return TableBody(
        **_entry(table, number).model_dump(),
        document_id=document_id,
        version_id=version.version_id,
        header=header,
        first_row=first,
        rows=rows,
        next_row=end if end < table.row_count else None,
    )


def _entry(table: Table, number: int) -> TableEntry:
    return TableEntry(
        number=number,
        name=table.name,
        titles=table.titles,
        page=table.page,
        header_rows=table.header_rows,
        row_count=table.row_count,
        column_count=table.column_count,
        start=table.span.start,
        end=table.span.end,
    )


def _rows(folder: Path, table: Table, text: str, rows: range) -> list[list[CellBody]]:
    cells = list(table.cells(text, rows))
    spans = [cell.span for cell in cells if cell.span is not None]
    around = Span(start=min(span.start for span in spans), end=max(span.end for span in spans)) if spans else None
    layouts = load_layouts(folder, around) if around is not None and table.page is not None else ()
    found: list[list[CellBody]] = [[] for _ in rows]
    for cell in cells:
        row = max(cell.row, rows.start)
        place = _layout(cell.span, layouts) if cell.span is not None else None
        body = CellBody(
            row=row,
            column=cell.column,
            row_span=cell.row + cell.row_span - row,
            column_span=cell.column_span,
            text=cell.text,
            is_header=cell.is_header,
            start=cell.span.start if cell.span else None,
            end=cell.span.end if cell.span else None,
            address=cell.address or None,
            page=place.page if place else None if layouts else table.page,
            box=_box(place, cell.span) if place and cell.span else None,
        )
        found[row - rows.start].append(body)
    return [sorted(row, key=lambda cell: cell.column) for row in found]


def _layout(span: Span, layouts: Sequence[PageLayout]) -> PageLayout | None:
    return next((each for each in layouts if each.span.start <= span.start < each.span.end), None)


def _box(layout: PageLayout, span: Span) -> tuple[float, float, float, float] | None:
    """Returns the box around the characters of a span that are on a page."""
    boxes = layout.boxes[span.start - layout.span.start : span.end - layout.span.start]
    drawn = boxes[~np.isnan(boxes).any(axis=1)]
    if not len(drawn):
        return None
    left, bottom = drawn[:, :2].min(axis=0).tolist()
    right, top = drawn[:, 2:].max(axis=0).tolist()
    return left, bottom, right, top
