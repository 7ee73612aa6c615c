from __future__ import annotations

from api.views.cited_cells import CitedCell, cited_cells
from rag.types import Span
from tests.unit.api.views.test_table_html import DEPOTS, TEXT


def test_the_cells_of_a_span_have_the_names_of_their_columns() -> None:
    start = TEXT.index("West")
    cells = cited_cells([DEPOTS], TEXT, Span(start=start, end=TEXT.index("2") + 1))
    assert cells == (
        CitedCell(row=2, start=start, end=start + 4, text="West", column="Depot"),
        CitedCell(row=2, start=TEXT.index("2"), end=TEXT.index("2") + 1, text="2", column="Weight"),
    )


def test_a_span_outside_of_tables_has_no_cells() -> None:
    assert cited_cells([DEPOTS], f"{TEXT} and more", Span(start=len(TEXT), end=len(TEXT) + 4)) == ()
    assert cited_cells([], TEXT, Span(start=0, end=4)) == ()
