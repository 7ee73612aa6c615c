from __future__ import annotations

import pytest

from rag.composition.definition import DefinitionPlanner, defines
from tests.support.builders.material import material_of

SHIP = (
    "# Ship terms\nEvery ballast is checked twice. Ballast is weight low in the hull. "
    "The automatic identification system (AIS) shows other ships. AIS needs power."
)


def answer_to(question: str) -> list[str] | None:
    composed = DefinitionPlanner().plan(material_of(question, ship=SHIP))
    return [sentence.text for sentence in composed.sentences] if composed else None


@pytest.mark.parametrize("question", ["what is ballast?", 'What does "ballast" mean?', "definition of ballast"])
def test_the_sentence_that_defines_a_term_stands_alone(question: str) -> None:
    assert answer_to(question) == ["Ballast is weight low in the hull."]


def test_an_abbreviation_is_defined_where_it_stands_in_brackets() -> None:
    assert answer_to("AIS stands for?") == ["The automatic identification system (AIS) shows other ships."]


@pytest.mark.parametrize("question", ["what is a keel?", "how much ballast is there", "is ballast heavy", "what is"])
def test_other_questions_are_not_answered(question: str) -> None:
    assert answer_to(question) is None


@pytest.mark.parametrize(
    ("sentence", "term", "expected"),
    [
        ("Ein Kiel ist ein Balken.", "kiel", True),
        ("Unter Ballast versteht man Gewicht.", "ballast", True),
        ("La quille est une poutre.", "quille", True),
        ("“Keel” means a beam.", "keel", True),
        ("压舱物是重物。", "压舱物", True),
        ("The keel of this ship is long.", "keel", False),
        ("Keel means:", "keel", False),
    ],
)
def test_a_definition_begins_with_its_term(sentence: str, term: str, *, expected: bool) -> None:
    assert defines(sentence, term) is expected
