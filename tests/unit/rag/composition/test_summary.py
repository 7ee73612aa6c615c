from __future__ import annotations

from rag.answers import Shape
from rag.composition.summary import SummaryPlanner
from tests.support.builders.material import material_of

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


def test_clauses_and_items_carry_a_summary() -> None:
    lease = (
        "# Lease\n## Rent\n1.1 The tenant pays 40 euros a month.\n## House rules\n- No fires on deck\n- owner: Ada\n"
    )
    composed = SummaryPlanner().plan(material_of("summarise the lease", lease=lease))
    assert composed is not None
    assert "".join(one.before + one.text for one in composed.sentences) == (
        "1.1 The tenant pays 40 euros a month. No fires on deck"
    )
