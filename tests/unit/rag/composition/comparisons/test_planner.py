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


def test_a_sentence_that_sets_both_against_each_other_stands_alone() -> None:
    lines = "# Ropes\nA sheet pulls the sail in, whereas a halyard lifts it up. A sheet is thin. A halyard is long."
    composed = ComparisonPlanner().plan(material_of("difference between a sheet and a halyard", ropes=lines))
    assert composed is not None
    assert [one.text for one in composed.sentences] == ["A sheet pulls the sail in, whereas a halyard lifts it up."]


def test_sections_of_two_documents_that_are_named_stand_side_by_side() -> None:
    composed = ComparisonPlanner().plan(
        material_of(
            "Gull vs Tern",
            gull="# Gull boat\nIt is for two. It weighs 90 kg.",
            tern="# Tern boat\nIt is for four. It weighs 140 kg.",
        )
    )
    assert composed is not None
    assert [one.text for one in composed.sentences] == [
        "Gull: It is for two. It weighs 90 kg.",
        "Tern: It is for four. It weighs 140 kg.",
    ]


def test_a_long_section_is_given_by_its_beginning() -> None:
    more = " ".join(f"It has part number {number} for a good reason." for number in range(12))
    lines = f"# Tools\n## Run\nRun works in front. {more}\n## Start\nStart works behind. {more}"
    composed = ComparisonPlanner().plan(material_of("difference between run and start", tools=lines))
    assert composed is not None
    assert composed.sentences[0].text == "Run: Run works in front."
    assert sum(len(one.text.split()) for one in composed.sentences) < 80
