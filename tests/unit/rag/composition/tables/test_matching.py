from rag.composition.tables.matching import named_columns, named_rows, own_columns, ranked_columns, shared_words
from rag.composition.tables.words import content
from tests.support.builders.tables import MACHINES, table_grid

GRID = table_grid(MACHINES)


def rows(question: str) -> set[int]:
    return {one.row for one in named_rows(GRID, content(question))}


def test_a_row_is_named_by_its_whole_name_in_any_spelling() -> None:
    assert rows("lathe l60 weight") == {1}
    assert rows("lathe L-60 weight") == {1}


def test_a_row_is_named_by_a_word_that_no_other_has() -> None:
    assert rows("how heavy is the mill") == {2}
    assert rows("weight of L-40") == {0}


def test_the_longer_of_two_names_is_meant() -> None:
    grid = table_grid([("State", "Premium"), ("York", "1.5"), ("New York", "2.5")])
    assert [one.row for one in named_rows(grid, ("new", "york"))] == [1]


def test_a_column_is_named_by_forms_of_its_words_and_not_by_those_of_the_key() -> None:
    assert set(named_columns(GRID, ("price",))) == {2}
    grid = table_grid([("Order", "Order date"), ("O-1", "2024-01-01"), ("O-2", "2024-01-02")])
    assert own_columns(grid, ("order",)) == {}
    assert set(own_columns(grid, ("order", "date"))) == {1}


def test_a_word_that_few_columns_have_counts_most() -> None:
    grid = table_grid([("State", "Insurance premium", "Insurance losses paid"), ("Ohio", "1", "2"), ("Iowa", "3", "4")])
    ranked = ranked_columns(grid, named_columns(grid, ("insur", "premium")))
    assert [column for _, column in ranked] == [1, 2]


def test_a_word_of_some_names_is_a_group() -> None:
    assert shared_words(GRID, ("lath",)) == {"lath": "lath"}
    assert shared_words(GRID, ("mill",)) == {}


def test_of_rows_named_in_two_columns_those_are_meant_that_both_name() -> None:
    rows = [
        ("Quarter", "Site", "Visitors"),
        ("Q1", "Castle", "880"),
        ("Q2", "Harbour", "1850"),
        ("Q2", "Castle", "990"),
    ]
    assert {one.row for one in named_rows(table_grid(rows), ("q2", "castl"))} == {2}
