from rag.composition.material import Citing
from rag.composition.tables.answer_rows import cell_marks, cell_words, row_sentence, shown_rows
from rag.composition.tables.grid import grids_of
from rag.types import Span
from tests.support.builders.tables import MACHINES, table_document, table_grid, table_material

GRID = table_grid(MACHINES)


def citing() -> Citing:
    material = table_material("?", table_document(MACHINES))
    return Citing(material)


def test_a_unit_in_the_name_of_a_column_follows_the_value() -> None:
    assert cell_words(GRID, 0, 1) == "Weight 120 kg"
    assert cell_words(GRID, 0, 4) == "Coolant: yes"
    grid = table_grid([("Boat", "Length m", "Warranty months", "Deck m"), ("Tara", "7.3", "24", "teak")])
    assert [cell_words(grid, 0, at) for at in (1, 2, 3)] == ["Length 7.3 m", "Warranty 24 months", "Deck m: teak"]


def test_the_only_value_of_a_row_needs_no_name_that_says_nothing() -> None:
    grid = table_grid([("Field", "Value"), ("Warranty", "24 months")])
    assert cell_words(grid, 0, 1) == "24 months"


def test_a_row_without_a_value_says_nothing() -> None:
    assert row_sentence(GRID, 4, [4], citing()) is None


def test_cells_of_one_passage_have_one_citation_from_the_first_to_the_last() -> None:
    document = table_document(MACHINES)
    material = table_material("?", document)
    (grid,) = grids_of(material.passages[0].hit.chunk, document, document.tables)
    (mark,) = cell_marks(grid, [(1, 1), (0, 0)], Citing(material))
    first, last = grid.span(0, 0), grid.span(1, 1)
    assert first is not None
    assert last is not None
    assert mark.span == Span(start=first.start, end=last.end)


def test_a_table_of_many_columns_shows_the_named_ones_alone() -> None:
    names = ("Name", *(f"Column {at}" for at in range(20)))
    grid = table_grid([names, ("A", *map(str, range(20))), ("B", *map(str, range(20)))])
    assert shown_rows(grid, [0], [7], citing()).header == ("Name", "Column 6")
