from __future__ import annotations

import pytest

from rag.answers import Shape
from rag.composition.comparisons.planner import ComparisonPlanner
from tests.support.builders.material import material_of

PRICES = "# Membership\n## Bronze\nBronze costs 10 euros a month.\n## Silver\nSilver costs 20 euros a month."


def test_both_sides_are_given_each_with_its_citation() -> None:
    composed = ComparisonPlanner().plan(material_of("difference between bronze and silver", prices=PRICES))
    assert composed is not None
    assert composed.shape is Shape.COMPARISON
    assert [sentence.text for sentence in composed.sentences] == [
        "Bronze: Bronze costs 10 euros a month.",
        "Silver: Silver costs 20 euros a month.",
    ]
    assert len({sentence.marks for sentence in composed.sentences}) == 2


def test_a_side_of_which_nothing_is_said_is_not_stated() -> None:
    composed = ComparisonPlanner().plan(material_of("difference between bronze and gold", prices=PRICES))
    assert composed is not None
    assert composed.sentences[-1].text == "Gold: not stated."
    assert composed.sentences[-1].marks


@pytest.mark.parametrize("question", ["difference between tin and lead", "what does bronze cost", "difference"])
def test_other_questions_are_not_compared(question: str) -> None:
    assert ComparisonPlanner().plan(material_of(question, prices=PRICES)) is None


def test_sections_of_both_sides_are_given_whole_side_by_side() -> None:
    lines = "# Tents\n## Two people\n- 3 kg\n- 200 euros\n## Four people\n- 5 kg\n- 310 euros\n## Repair\nWe sew."
    composed = ComparisonPlanner().plan(material_of("compare tents for two people vs four people", tents=lines))
    assert composed is not None
    assert composed.certain
    texts = [sentence.text for sentence in composed.sentences]
    assert texts == ["Two people: 3 kg", "200 euros", "Four people: 5 kg", "310 euros"]


def test_a_value_that_is_asked_for_chooses_the_lines_of_the_sections() -> None:
    lines = "# Roles\n## Guide\n### Needs\n- a licence\n- 30 dives\n## Guest\n### Needs\n- a ticket\n- 2 dives"
    composed = ComparisonPlanner().plan(material_of("difference between guide and guest, how many dives", roles=lines))
    assert composed is not None
    assert [sentence.text for sentence in composed.sentences] == ["Guide: 30 dives", "Guest: 2 dives"]


def test_a_sentence_is_not_given_for_both_sides() -> None:
    lines = "# Ropes\nA sheet and a halyard are ropes. A sheet pulls the sail in. A halyard lifts the sail up."
    composed = ComparisonPlanner().plan(material_of("difference between a sheet and a halyard", ropes=lines))
    assert composed is not None
    assert len({sentence.text.partition(": ")[2] for sentence in composed.sentences}) == len(composed.sentences)
