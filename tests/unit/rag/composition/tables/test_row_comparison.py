"""Tests that rows which a question names are compared, and that other questions are left to the other planners."""

from __future__ import annotations

import pytest

from rag.answers import Composed, Shape
from rag.composition.tables.candidates import candidates
from rag.composition.tables.question import asked_of
from rag.composition.tables.row_comparison import compared_rows
from tests.support.builders.tables import table_document, table_material

PUMPS = [
    ["Pump", "Pressure", "Weight (kg)", "Price"],
    ["P-2", "6 bar", "12", "400 EUR"],
    ["P-2 Max", "9 bar", "15", "520 EUR"],
    ["P-7", "4 bar", "8", "250 EUR"],
]


def compared(question: str) -> Composed | None:
    material = table_material(question, table_document(PUMPS))
    return compared_rows(candidates(material, asked_of(question)), material)


def test_rows_stand_side_by_side_in_the_order_of_the_question() -> None:
    found = compared("P-2 Max vs P-2")
    assert found is not None
    assert found.shape is Shape.COMPARISON
    assert [sentence.text.partition(":")[0] for sentence in found.sentences] == ["P-2 Max", "P-2"]
    assert [row[0].text for row in found.tables[0].rows] == ["P-2 Max", "P-2"]
    assert all(sentence.marks for sentence in found.sentences)


def test_columns_that_the_question_names_are_said_alone() -> None:
    found = compared("difference between the P-2 and the P-7 in pressure")
    assert found is not None
    assert [sentence.text for sentence in found.sentences] == [
        "P-2: Pressure 6 bar.",
        "P-7: Pressure 4 bar.",
        "Difference: Pressure 2 bar.",
    ]
    assert found.sentences[-1].marks


def test_by_how_much_the_numbers_differ_is_said_where_it_is_asked() -> None:
    found = compared("what is the difference between the P-2 and the P-2 Max")
    assert found is not None
    assert found.sentences[-1].text == "Difference: Pressure 3 bar; Weight 3 kg; Price 120 EUR."
    other = compared("P-2 vs P-2 Max")
    assert other is not None
    assert not any(sentence.text.startswith("Difference") for sentence in other.sentences)


def test_what_one_row_does_not_state_is_said() -> None:
    rows = [[*PUMPS[0], "Filter"], [*PUMPS[1], "steel"], [*PUMPS[2], ""], [*PUMPS[3], "paper"]]
    material = table_material("P-2 vs P-2 Max", table_document(rows))
    found = compared_rows(candidates(material, asked_of(material.question)), material)
    assert found is not None
    assert found.sentences[1].text.endswith("; Filter: not stated.")


@pytest.mark.parametrize("question", ["P-2 vs P-9", "What does the P-2 weigh?", "compare the prices", "P-2 P-7"])
def test_one_name_or_no_comparison_is_left_to_others(question: str) -> None:
    assert compared(question) is None


def test_chinese_names_need_no_spaces() -> None:
    assert compared("P-2和P-7有什么区别？") is not None
