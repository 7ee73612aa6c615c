from __future__ import annotations

from rag.answers import Shape
from rag.composition.summaries.planner import SummaryPlanner
from tests.support.builders.material import material_of
from tests.support.builders.tables import MACHINES, table_document, table_material
from tests.unit.rag.composition.about.test_planner import Record, Records

LEASE = """
# Boat lease
This lease is made between the yard and the tenant of a boat. More is in the annex of it.
## Rent
The rent is paid on the first day of each month. Late rent costs five euros.
## Care
The tenant washes the boat once a week. Is paint included?
"""


def test_a_document_is_summarised_by_the_first_sentences_of_its_sections_in_reading_order() -> None:
    composed = SummaryPlanner().plan(material_of("Summarise the boat lease", lease=LEASE))
    assert composed is not None
    assert composed.shape is Shape.SUMMARY
    text = " ".join(sentence.text for sentence in composed.sentences)
    assert text.startswith("This lease is made between the yard and the tenant of a boat.")
    assert "The rent is paid on the first day of each month." in text
    assert "The tenant washes the boat once a week." in text
    assert "?" not in text


def test_a_topic_is_summarised_by_its_sections() -> None:
    composed = SummaryPlanner().plan(material_of("short summary of when late rent is paid each month", lease=LEASE))
    assert composed is not None
    assert "The rent is paid on the first day of each month." in [sentence.text for sentence in composed.sentences]


def test_a_summary_has_an_end() -> None:
    section = "## Part {0}\nPart {0} says number{0} word{0} thing{0} and other{0} matters{0} of its own{0}."
    lines = "# Law\n" + "\n".join(section.format(number) for number in range(60))
    composed = SummaryPlanner().plan(material_of("summary of the law", law=lines))
    assert composed is not None
    assert sum(len(sentence.text.split()) for sentence in composed.sentences) <= 120


def test_other_questions_are_not_summarised() -> None:
    assert SummaryPlanner().plan(material_of("When is rent paid?", lease=LEASE)) is None
    assert SummaryPlanner().plan(material_of("summary of the lease")) is None


def test_a_topic_without_a_sentence_that_carries_it_is_not_summarised() -> None:
    questions = "# Boat lease\n## Rent\nWhen is the rent due? What does late rent cost? Who is to be asked?\n"
    assert SummaryPlanner().plan(material_of("short summary of when late rent is paid", lease=questions)) is None


def _said(question: str, **documents: str) -> str:
    composed = SummaryPlanner().plan(material_of(question, **documents))
    assert composed is not None
    return "".join(one.before + one.text for one in composed.sentences)


def test_clauses_and_items_stand_below_their_headings() -> None:
    lease = "# Lease\n## Rent\n1.1 The tenant pays 40 euros a month.\n## House rules\n- No fires\n- No dogs aboard\n"
    assert _said("summarise the lease", lease=lease) == (
        "Rent: The tenant pays 40 euros a month.\nHouse rules: No fires; No dogs aboard."
    )


def test_a_section_that_is_named_is_summarised_alone() -> None:
    assert (
        _said("summarise the care section of the boat lease", lease=LEASE) == "The tenant washes the boat once a week."
    )
    contract = "# Contract\n## 1. Price\nThe price is 9 euros a ton.\n## 2. Term\nThe contract ends on 3 May 2027."
    assert _said("summarise section 2 of the contract", contract=contract) == "The contract ends on 3 May 2027."


def test_a_day_chooses_the_section() -> None:
    minutes = (
        "# Minutes\n## Meeting of 4 March 2025\nThe pier stays closed.\n## Meeting of 6 May 2025\nThe pier opens again."
    )
    assert _said("summary of the meeting in May 2025", minutes=minutes) == "The pier opens again."


def test_what_says_the_whole_in_short_goes_first_and_what_carries_nothing_is_left_out() -> None:
    report = (
        "# Flood report\n## Background\nThe river rose for three days.\n"
        "## Summary\nThe flood of 9 June damaged 40 boats.\n## Thanks\nThe yard thanks all helpers of that night."
    )
    said = _said("tldr of the flood report", report=report)
    assert "The flood of 9 June damaged 40 boats." in said
    assert "Thanks" not in said


def test_a_summary_has_as_many_sentences_as_are_asked_for() -> None:
    composed = SummaryPlanner().plan(material_of("summarise the boat lease in one sentence", lease=LEASE))
    assert composed is not None
    assert len(composed.sentences) == 1


def test_sections_that_do_not_fit_are_named() -> None:
    line = "## Part {0}\n" + " ".join(["Part {0} says number{0} word{0} thing{0} other{0} matter{0}."] * 1)
    lines = "# Law\n" + "\n".join(line.format(number) for number in range(20))
    assert _said("overview of the law", law=lines).splitlines()[-1].startswith("Also covers: Part ")


def test_a_value_that_is_asked_for_in_short_is_no_summary() -> None:
    assert SummaryPlanner().plan(material_of("in short, how much is late rent?", lease=LEASE)) is None


def test_documents_are_summarised_in_the_languages_of_the_questions() -> None:
    rules = "# Hafenordnung\n## Gebühren\nEin Liegeplatz kostet 12 Euro am Tag.\n## Ruhe\nAb 22 Uhr herrscht Ruhe."
    assert (
        _said("Fasse die Regeln zu den Gebühren kurz zusammen", ordnung=rules)
        == "Ein Liegeplatz kostet 12 Euro am Tag."
    )
    leave = "# 休假制度\n## 年假\n员工每年享有10天年假。\n## 病假\n病假需提供医院证明。"
    assert _said("总结休假制度", 制度=leave) == "年假: 员工每年享有10天年假。\n病假: 病假需提供医院证明。"


def test_a_table_says_its_rows_and_columns() -> None:
    material = table_material("what is the machines file about", table_document(MACHINES))
    composed = SummaryPlanner().plan(material)
    assert composed is not None
    [sentence] = composed.sentences
    assert sentence.text.endswith("rows with these columns: Model, Weight (kg), Price (EUR), Delivery, Coolant.")
    assert sentence.marks


def test_all_documents_are_summarised_in_a_line_each() -> None:
    library = Records(Record(name="prices.md", title="Prices"), Record(name="rules.md", title="Harbour rules"))
    rules = "# Harbour rules\n## Berths\nA berth costs 30 euros.\n## Noise\nEngines are off at night."
    material = material_of("what are these documents about", rules=rules, prices="# Prices\nA crane costs 80 euros.")
    composed = SummaryPlanner(library=library).plan(material)
    assert composed is not None
    assert [sentence.text for sentence in composed.sentences] == [
        "Prices (prices.md): A crane costs 80 euros.",
        "Harbour rules (rules.md): Berths, Noise.",
    ]
