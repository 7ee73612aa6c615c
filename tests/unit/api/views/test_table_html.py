from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from api.views.marked_text import Marker
from api.views.table_html import table_html
from rag.types import Span, Table

TEXT = "Depot: East; Weight: 4\nDepot: West; Weight: 2\nDepot: South; Weight: 7"


def table(*places: list[int], rows: int, columns: int, texts: tuple[str, ...] = (), **more: object) -> Table:
    given = {"name": "", "titles": (), "header_rows": 1} | more
    return Table(
        span=Span(start=0, end=len(TEXT)),
        page=None,
        row_count=rows,
        column_count=columns,
        places=np.array(places, dtype=np.int32).reshape(-1, 7),
        texts=texts,
        **given,  # type: ignore[arg-type]
    )


def cell(row: int, column: int, words: str, *, height: int = 1, width: int = 1, header: bool = False) -> list[int]:
    start = TEXT.index(words) if words else -1
    end = start + len(words) if words else -1
    return [row, column, height, width, int(header), start, end]


DEPOTS = table(
    cell(0, 0, "Depot", header=True), cell(0, 1, "Weight", header=True),
    cell(1, 0, "East", header=True), cell(1, 1, "4"),
    cell(2, 0, "West", header=True), cell(2, 1, "2"),
    cell(3, 0, "South", header=True), cell(3, 1, "7"),
    rows=4, columns=2,
)  # fmt: skip


_STARTS = re.compile(' data-start="[0-9]+"')


def drawn(given: Table, marked: str = "", shown: Span | None = None) -> str:
    start = TEXT.index(marked)
    marker = Marker(TEXT, shown or given.span, Span(start=start, end=start + len(marked)))
    return _STARTS.sub("", table_html(given, marker, headings=("Depots of 2025",)))


def test_a_cell_below_the_names_says_where_its_text_begins() -> None:
    html = table_html(DEPOTS, Marker(TEXT, DEPOTS.span, Span(start=0, end=0)), headings=())
    starts = [int(found) for found in re.findall(r'data-start="(\d+)"', html)]
    texts = [re.match(r"\w+", TEXT[start:]) for start in starts]
    assert [each and each[0] for each in texts] == ["East", "4", "West", "2", "South", "7"]


def test_a_table_has_its_names_its_rows_and_the_cells_of_the_span_marked() -> None:
    assert drawn(DEPOTS, "West; Weight: 2") == (
        '<div class="table"><table><thead>\n<tr><th scope="col">Depot</th><th scope="col">Weight</th></tr>\n</thead>'
        '<tbody>\n<tr><th scope="row">East</th><td>4</td></tr>\n'
        '<tr><th scope="row"><mark id="mark">West</mark></th><td><mark>2</mark></td></tr>\n'
        '<tr><th scope="row">South</th><td>7</td></tr>\n</tbody></table></div>'
    )


def test_the_rows_of_a_part_come_under_the_names_of_the_columns() -> None:
    second = TEXT.index("Depot: West")
    later = drawn(DEPOTS, shown=Span(start=second, end=len(TEXT)))
    assert ">Depot<" in later
    assert ">East<" not in later
    assert ">West<" in later
    assert ">South<" in later
    first = drawn(DEPOTS, shown=Span(start=0, end=second))
    assert [word in first for word in (">East<", ">West<", ">South<")] == [True, False, False]


def test_merged_and_empty_cells_keep_every_cell_in_its_column() -> None:
    merged = table(
        cell(0, 0, "Weight", width=2, header=True),
        cell(1, 0, "East", height=2), cell(1, 1, "4"),
        [2, 2, 1, 1, 0, -1, -1],
        rows=3, columns=3, texts=("a & b",),
    )  # fmt: skip
    assert drawn(merged).partition("<thead>\n")[2] == (
        '<tr><th scope="col" colspan="2">Weight</th><td></td></tr>\n</thead><tbody>\n'
        '<tr><td rowspan="2">East</td><td>4</td><td></td></tr>\n'
        "<tr><td></td><td>a &amp; b</td></tr>\n</tbody></table></div>"
    )


def test_name_and_titles_stand_above_and_cells_know_their_address() -> None:
    named = table(
        cell(0, 0, "East"), rows=1, columns=1, header_rows=0,
        name="Sheet <1>", titles=("Depots",), sheet_rows=(7,), sheet_columns=(28,),
    )  # fmt: skip
    assert "<caption>Sheet &lt;1&gt;<br>Depots</caption>" in drawn(named)
    assert '<td title="AB7">East</td>' in drawn(named)


def test_names_and_titles_that_are_headings_are_not_repeated_and_a_title_in_the_text_is_marked() -> None:
    named = replace(DEPOTS, name="Depots of 2025", titles=("Depots of 2025", "Depot: East"))
    assert drawn(named, "Depot: East").startswith(
        '<div class="table"><table><caption><mark id="mark">Depot: East</mark></caption>'
    )


def test_a_row_above_that_reaches_into_the_part_is_shown_in_its_first_row() -> None:
    tall = table(
        cell(0, 0, "East", height=3), cell(0, 1, "4"), cell(1, 1, "2"), cell(2, 1, "7"),
        rows=3, columns=2, header_rows=0,
    )  # fmt: skip
    part = Span(start=TEXT.index("Depot: West"), end=len(TEXT))
    assert '<tr><td rowspan="2">East</td><td>2</td></tr>\n<tr><td>7</td></tr>' in drawn(tall, shown=part)


def test_a_table_of_very_many_places_is_cut_and_says_so() -> None:
    wide = table(cell(0, 0, "East"), rows=2_000, columns=1_000, header_rows=0)
    assert drawn(wide).endswith('<p class="note">1,901 more rows of this table are not shown.</p>')


def test_cells_that_repeat_a_long_text_are_cut_too() -> None:
    places = [[row, 0, 1, 1, 0, 0, len(TEXT)] for row in range(30_000)]
    repeated = table(*places, rows=30_000, columns=1, header_rows=0, titles=("x" * 30_000,))
    html = drawn(repeated)
    assert len(html) < 1_300_000
    assert "<caption>1 lines are not shown.</caption>" in html
    assert "more rows of this table are not shown" in html


def test_a_part_of_a_sheet_has_its_letters_and_numbers() -> None:
    sheet = replace(DEPOTS, sheet_rows=(3, 4, 6, 7), sheet_columns=(2, 27))
    html = drawn(sheet, "West")
    assert '<thead>\n<tr><td class="place"></td><th class="place">B</th><th class="place">AA</th></tr>' in html
    assert '<tr><th class="place">6</th><th scope="row" title="B6"><mark id="mark">West</mark></th>' in html


def test_a_date_is_not_broken_at_its_hyphens() -> None:
    dated = table([0, 0, 1, 1, 0, -1, -1], [0, 1, 1, 1, 0, -1, -1], rows=1, columns=2, texts=("2026-02-01", "a-b c"))
    assert '<td class="whole">2026-02-01</td><td>a-b c</td>' in drawn(replace(dated, header_rows=0))
