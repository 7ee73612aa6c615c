from rag.composition.tables.grid import grids_of, joined_grids
from rag.composition.tables.typed_columns import ColumnKind
from tests.support.builders.passages import make_hit
from tests.support.builders.tables import MACHINES, table_document, table_grid


def test_columns_have_names_and_kinds_and_rows_a_key() -> None:
    grid = table_grid(MACHINES)
    assert grid.names == MACHINES[0]
    assert grid.kinds == (
        *(ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.NUMBER),
        *(ColumnKind.DATE, ColumnKind.TRUTH),
    )
    assert (grid.key, grid.row_count, grid.text(1, 1)) == (0, 5, "180")


def test_a_cell_knows_its_place_in_the_text() -> None:
    grid = table_grid(MACHINES)
    span = grid.span(0, 2)
    assert span is not None
    assert grid.document.text[span.start : span.end] == "4,500.00"
    assert grid.row_at(span) == 0


def test_a_first_row_of_words_above_figures_names_the_columns() -> None:
    grid = table_grid([("State", "Premium"), ("Ohio", "697.73"), ("Texas", "1004.75")], header_rows=0)
    assert grid.names == ("State", "Premium")


def test_a_table_whose_columns_are_its_records_is_turned() -> None:
    grid = table_grid([("", "L-40", "L-60"), ("Oil change", "500 h", "600 h"), ("Tension", "55 N", "60 N")])
    assert grid.names == ("", "Oil change", "Tension")
    assert [grid.text(1, column) for column in range(3)] == ["L-60", "600 h", "60 N"]


def test_a_form_has_one_row_a_label() -> None:
    grid = table_grid([("Make:", "Aerostar", "Registration:", "N1"), ("Year:", "1978", "Engines:", "2")], header_rows=0)
    assert [(grid.text(row, 0), grid.text(row, 1)) for row in range(grid.row_count)] == [
        *(("Make:", "Aerostar"), ("Registration:", "N1"), ("Year:", "1978"), ("Engines:", "2"))
    ]


def test_tables_with_the_same_columns_are_joined() -> None:
    document = table_document(MACHINES)
    chunk = make_hit(document.text).chunk
    grids = grids_of(chunk, document, [*document.tables, *document.tables])
    (joined,) = joined_grids(grids)
    assert joined.row_count == 10
    assert joined.text(5, 0) == "Lathe L-40"
