"""Response bodies of the tables of a document."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import NEXT_CURSOR, Response


class TableEntry(Response):
    """A table of a version; ``start`` and ``end`` are its offsets in the extracted text."""

    number: int = Field(description="Its place among the tables, from 1.")
    name: str = Field(description="The name of its sheet, or its caption.")
    titles: tuple[str, ...] = Field(description="The lines above the names of its columns.")
    page: int | None = Field(description="The page on which it begins, from 1.")
    header_rows: int = Field(description="How many rows at its top name the columns.")
    row_count: int
    column_count: int
    start: int
    end: int


class TableList(Response):
    """The tables of a version, in the order of its text."""

    document_id: str
    version_id: str
    tables: list[TableEntry]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class CellBody(Response):
    """A cell; ``start`` and ``end`` are the offsets of its text, null where it does not stand there in one piece."""

    row: int = Field(description="The first row that it covers, from 0. Rows at the top are those of the header.")
    column: int = Field(description="The first column that it covers, from 0.")
    row_span: int
    column_span: int
    text: str
    is_header: bool = Field(description="Whether it names a column or a row.")
    start: int | None
    end: int | None
    address: str | None = Field(description="Its place on a sheet, such as B7.")
    page: int | None = Field(description="The page on which it stands.")
    box: tuple[float, float, float, float] | None = Field(
        description="Where its text stands on the page: left, bottom, right, top in points, from the lower left."
    )


class TableBody(TableEntry):
    """A table, or some of its rows. A place that no cell covers is empty."""

    document_id: str
    version_id: str
    header: list[list[CellBody]] = Field(description="The cells that begin in each row of the header.")
    first_row: int = Field(description="The row that ``rows`` begins with; the first one below the header by default.")
    rows: list[list[CellBody]] = Field(description="The cells that begin in each row, from ``first_row`` on.")
    next_row: int | None = Field(description="Send it as `row` for the rows that follow; null at the end.")
