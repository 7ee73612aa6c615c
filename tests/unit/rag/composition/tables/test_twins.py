from rag.answers import Composed
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.look_up import TablePlanner
from tests.support.builders.tables import table_document, table_material

LYON = (("Month", "Electricity (kWh)"), ("January", "1000"), ("February", "1040"), ("March", "980"))
GRAZ = (("Month", "Electricity (kWh)"), ("January", "2000"), ("February", "2060"), ("March", "1900"))
PARIS = (("Month", "Visitors"), ("January", "31"), ("February", "28"))


def answer(question: str, *tables: tuple[str, tuple[tuple[str, ...], ...]]) -> Composed | None:
    documents = [table_document(rows, title=title) for title, rows in tables]
    return TablePlanner(TableEngine()).plan(table_material(question, *documents))


def said(composed: Composed | None) -> str:
    return "".join(one.before + one.text for one in composed.sentences) if composed else ""


def test_tables_of_the_same_columns_answer_each_under_its_document() -> None:
    composed = answer("How much electricity in February?", ("Energy Lyon", LYON), ("Energy Graz", GRAZ))
    assert said(composed) == (
        "Energy Lyon: February: Electricity 1040 kWh.\nEnergy Graz: February: Electricity 2060 kWh."
    )
    assert composed is not None
    numbers = {passage.number: passage.hit.chunk.title for passage in composed.passages}
    cited = [numbers[mark.number] for one in composed.sentences for mark in one.marks]
    assert list(dict.fromkeys(cited)) == ["Energy Lyon", "Energy Graz"]
    assert len(composed.tables) == 2


def test_computations_are_made_for_each_document() -> None:
    composed = answer("total electricity", ("Energy Lyon", LYON), ("Energy Graz", GRAZ))
    assert said(composed) == (
        "Energy Lyon: Sum of Electricity: 3020 kWh (3 rows).\nEnergy Graz: Sum of Electricity: 5960 kWh (3 rows)."
    )


def test_the_document_that_the_question_names_answers_alone() -> None:
    composed = answer("total electricity in Graz", ("Energy_Lyon", LYON), ("Energy_Graz", GRAZ))
    assert said(composed) == "Sum of Electricity: 5960 kWh (3 rows)."


def test_copies_and_other_tables_are_not_named() -> None:
    composed = answer("How much electricity in February?", ("Lyon", LYON), ("Copy", LYON), ("Visitors", PARIS))
    assert said(composed) == "February: Electricity 1040 kWh."


def test_a_mean_per_row_is_that_of_the_rows() -> None:
    assert said(answer("average electricity per month", ("Energy Graz", GRAZ))) == (
        "Average of Electricity: 1986.67 kWh (3 rows)."
    )
