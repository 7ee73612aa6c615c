from dataclasses import replace

import pytest

from rag.answers import Composed, Shape
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.look_up import TablePlanner
from tests.support.builders.tables import MACHINES, table_document, table_material

PLANNER = TablePlanner(TableEngine())
NOTE = "* Only with a guard.\n"
LYON = (("Month", "Electricity (kWh)"), ("January", "1000"), ("February", "1040"), ("March", "980"))
GRAZ = (("Month", "Electricity (kWh)"), ("January", "2000"), ("February", "2060"), ("March", "1900"))
PARIS = (("Month", "Visitors"), ("January", "31"), ("February", "28"))


def answer(question: str, rows: tuple[tuple[str, ...], ...] = MACHINES, *, title: str = "Machines") -> Composed | None:
    return PLANNER.plan(table_material(question, table_document(rows, title=title, note=NOTE)))


def said(composed: Composed | None) -> str:
    return "".join(sentence.before + sentence.text for sentence in composed.sentences) if composed else ""


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("weight of the L-60", "Lathe L-60: Weight 180 kg."),
        ("how heavy is the lathe l40?", "Lathe L-40: Weight 120 kg."),
        ("What does the mill cost?", "Mill M-5: Price 3,980.00 EUR."),
        ("price and weight of the M-5", "Mill M-5: Weight 95 kg; Price 3,980.00 EUR."),
        ("is coolant included with the L-60", "Lathe L-60: Coolant: yes."),
        ("when is the delivery of the L-40", "Lathe L-40: Delivery: 2024-03-01."),
    ],
)
def test_the_cell_asked_for_is_said_with_the_names_of_row_and_column(question: str, sentence: str) -> None:
    composed = answer(question)
    assert said(composed) == sentence
    assert composed is not None
    assert composed.shape is Shape.TABLE


def test_the_rows_are_shown_whole_and_each_cell_has_its_place() -> None:
    composed = answer("weight of the L-60")
    assert composed is not None
    (table,) = composed.tables
    assert table.header == MACHINES[0]
    assert [[cell.text for cell in row] for row in table.rows] == [list(MACHINES[2])]
    text = composed.passages[0].hit.chunk.text
    for cell in table.rows[0]:
        assert cell.mark is not None
        assert cell.mark.span is not None
        assert text[cell.mark.span.start : cell.mark.span.end] == cell.text


def test_a_sentence_cites_its_row_from_its_name_to_the_value() -> None:
    composed = answer("weight of the L-60")
    assert composed is not None
    (mark,) = composed.sentences[0].marks
    assert mark.span is not None
    assert composed.passages[0].quote(mark.span) == "Lathe L-60; 180"


def test_the_note_of_a_marked_cell_is_quoted() -> None:
    assert said(answer("weight of the saw s2")) == "Saw S-2*: Weight 41 kg.\n* Only with a guard."


def test_the_note_on_a_cell_of_the_row_is_quoted() -> None:
    document = table_document((("Pump", "Age"), ("P-1", "4"), ("P-2", "9")))
    noted = replace(document, text=document.text.rstrip("\n") + "; Note on Age: Ida: worn, renew it in May.\n")
    composed = PLANNER.plan(table_material("How old is the pump P-2, its age?", noted))
    assert said(composed) == "P-2: Age 9. Note on Age: Ida: worn, renew it in May."


@pytest.mark.parametrize(
    ("question", "rows", "sentence"),
    [
        (
            "Wie lang ist die Garantie?",
            (("Feld", "Wert"), ("Garantie", "24 Monate"), ("Farbe", "rot")),
            "Garantie: 24 Monate.",
        ),
        (
            "绿茶的单价",
            (("产品", "单价(元)", "库存"), ("红茶", "58", "320"), ("绿茶", "42", "510")),
            "绿茶: 单价 42 元.",
        ),
        (
            "combien d'employés à Lyon",
            (("Ville", "Nombre d'employés", "Ouverture"), ("Lyon", "42", "2011"), ("Lille", "27", "2014")),
            "Lyon: Nombre d'employés 42.",
        ),
    ],
)
def test_cells_are_found_in_several_languages(question: str, rows: tuple[tuple[str, ...], ...], sentence: str) -> None:
    assert said(answer(question, rows, title="X")) == sentence


@pytest.mark.parametrize(
    "question",
    ["how do I clean the lathe after work", "who invented the mill", "what is the weather", "hello", "weight"],
)
def test_a_question_that_names_no_row_or_no_column_is_left_to_others(question: str) -> None:
    assert answer(question) is None


def test_the_table_is_chosen_whose_heading_the_question_names() -> None:
    rows = (("Part", "CPU", "Memory"), ("TiKV", "4", "8 GB"), ("PD", "2", "4 GB"))
    more = (("Part", "CPU", "Memory"), ("TiKV", "16", "64 GB"), ("PD", "8", "16 GB"))
    documents = table_document(rows, title="Test systems"), table_document(more, title="Production")
    composed = PLANNER.plan(table_material("memory of TiKV in production", *documents))
    assert said(composed) == "TiKV: Memory 64 GB."


def test_without_a_stored_text_there_is_no_answer() -> None:
    material = table_material("weight of the L-60", table_document(MACHINES))
    assert material.texts is not None
    material.texts.clear()
    assert PLANNER.plan(material) is None


def test_what_a_table_is_about_is_left_to_its_summary() -> None:
    assert answer("what is the machines file about") is None


def energy(question: str, *tables: tuple[str, tuple[tuple[str, ...], ...]]) -> Composed | None:
    return PLANNER.plan(table_material(question, *(table_document(rows, title=title) for title, rows in tables)))


def test_tables_of_the_same_columns_answer_each_under_its_document() -> None:
    composed = energy("How much electricity in February?", ("Energy Lyon", LYON), ("Energy Graz", GRAZ))
    assert said(composed) == (
        "Energy Lyon: February: Electricity 1040 kWh.\nEnergy Graz: February: Electricity 2060 kWh."
    )
    assert composed is not None
    numbers = {passage.number: passage.hit.chunk.title for passage in composed.passages}
    cited = [numbers[mark.number] for one in composed.sentences for mark in one.marks]
    assert list(dict.fromkeys(cited)) == ["Energy Lyon", "Energy Graz"]
    assert len(composed.tables) == 2


def test_computations_are_made_for_each_document() -> None:
    composed = energy("total electricity", ("Energy Lyon", LYON), ("Energy Graz", GRAZ))
    assert said(composed) == (
        "Energy Lyon: Sum of Electricity: 3020 kWh (3 rows).\nEnergy Graz: Sum of Electricity: 5960 kWh (3 rows)."
    )


def test_the_document_that_the_question_names_answers_alone() -> None:
    composed = energy("total electricity in Graz", ("Energy_Lyon", LYON), ("Energy_Graz", GRAZ))
    assert said(composed) == "Sum of Electricity: 5960 kWh (3 rows)."


def test_copies_and_other_tables_are_not_named() -> None:
    composed = energy("How much electricity in February?", ("Lyon", LYON), ("Copy", LYON), ("Visitors", PARIS))
    assert said(composed) == "February: Electricity 1040 kWh."


def test_a_mean_per_row_is_that_of_the_rows() -> None:
    assert said(energy("average electricity per month", ("Energy Graz", GRAZ))) == (
        "Average of Electricity: 1986.67 kWh (3 rows)."
    )


STOCK = (
    ("Item", "Price", "Total"),
    ("Spade", "20.00", "40.00"),
    ("Rake", "15.10", "45.30"),
    ("Hose", "37.00", "37.00"),
)


def test_a_column_called_total_is_added_up() -> None:
    assert said(energy("What is the total of all items?", ("Stock", STOCK))) == "Sum of Total: 122.30 (3 rows)."


def test_a_total_that_the_document_states_is_not_computed() -> None:
    document = table_document(STOCK, title="Invoice", note="TOTAL GBP 146.76\n")
    assert PLANNER.plan(table_material("How much is the invoice total?", document)) is None
