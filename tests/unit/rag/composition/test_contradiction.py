from __future__ import annotations

from rag.composition.contradiction import ContradictionPlanner
from rag.composition.material import Material
from tests.support.builders.material import material_of


def texts(material: Material) -> list[str] | None:
    composed = ContradictionPlanner().plan(material)
    return [sentence.text for sentence in composed.sentences] if composed else None


def test_two_documents_with_different_values_are_both_given_the_newer_first() -> None:
    rules = "# Rules\nGuests may stay in the marina for {} nights."
    documents = {"rules_2021": rules.format(3), "rules_2024": rules.format(5)}
    assert texts(material_of("How many nights may guests stay in the marina?", **documents)) == [
        "The documents differ:",
        "rules_2024.md: Guests may stay in the marina for 5 nights.",
        "rules_2021.md: Guests may stay in the marina for 3 nights.",
        "rules_2024.md (2024) is newer.",
    ]


def test_without_known_years_nothing_is_said_to_be_newer() -> None:
    rules = "# Rules\nGuests may stay in the marina for {} nights."
    found = texts(material_of("How many nights may guests stay?", one=rules.format(3), two=rules.format(5)))
    assert found is not None
    assert len(found) == 3


def test_the_same_value_or_another_subject_is_no_contradiction() -> None:
    one = "# Rules\nGuests may stay in the marina for 3 nights."
    other = "# Prices\nThe crane of the yard costs 80 euros."
    assert texts(material_of("How many nights may guests stay in the marina?", a=one, b=one)) is None
    assert texts(material_of("How many nights may guests stay in the marina?", a=one, b=other)) is None


def test_each_document_is_heard_where_the_question_asks_what_they_say() -> None:
    one = "# House\nDogs may stay on the boat."
    other = "# Yard\nDogs must stay on the leash."
    assert texts(material_of("what do the documents say about dogs that stay", house=one, yard=other)) == [
        "House: Dogs may stay on the boat.",
        "Yard: Dogs must stay on the leash.",
    ]
    assert texts(material_of("may dogs stay?", house=one, yard=other)) is None


def test_two_sentences_of_one_document_are_given_where_the_question_asks_between_their_words() -> None:
    lines = "# Log\nThe log is kept for the time in days. \n# Old log\nThe log is kept for the time in weeks."
    assert texts(material_of("is the log kept in days or weeks? the docs say both", log=lines)) == [
        "The documents differ:",
        "Log: The log is kept for the time in days.",
        "Log: The log is kept for the time in weeks.",
    ]
    assert texts(material_of("is the log kept in days or weeks?", log=lines)) is None


def test_the_same_heading_below_different_ones_is_of_different_things() -> None:
    one = "# Club\n## Guide\n### Needs\nOne needs at least 30 dives in the sea."
    other = "# Club rules\n## Guest\n### Needs\nOne needs at least 2 dives in the sea."
    assert texts(material_of("how many dives in the sea does one need?", club=one, rules=other)) is None


def test_the_newest_edition_stands_before_an_older_one_that_answers_best() -> None:
    documents = {
        "rules_2021": "# Rules 2021\nMooring overnight is not permitted.",
        "rules_2024": "# Rules 2024\nMooring overnight at the quay is permitted with a pass.",
    }
    assert texts(material_of("Is mooring overnight permitted?", **documents)) == [
        "Rules 2024: Mooring overnight at the quay is permitted with a pass.",
        "Rules 2021: Mooring overnight is not permitted.",
        "Rules 2024 (2024) is newer.",
    ]
    assert texts(material_of("Was mooring overnight permitted in 2021?", **documents)) is None
