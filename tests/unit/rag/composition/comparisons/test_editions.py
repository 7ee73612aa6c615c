from __future__ import annotations

import pytest

from rag.composition.comparisons.editions import compared_editions
from tests.support.builders.material import material_of

OLD = "# Berth rules\n## Fees\nA berth costs 10 euros a day.\n## Dogs\nUse a leash.\n## Noise\nBe quiet at night."
NEW = "# Berth rules\n## Fees\nA berth costs 12 euros a day.\n## Dogs\nUse a leash.\n## Bikes\nPush bikes."
FEES = ["Fees, 2023: A berth costs 10 euros a day.", "Fees, 2025: A berth costs 12 euros a day."]


def said(question: str) -> list[str] | None:
    found = compared_editions(material_of(question, **{"berths-2025.md": NEW, "berths-2023.md": OLD}))
    return [one.text for one in found.sentences] if found else None


def test_sentences_that_differ_stand_below_their_headings_the_older_edition_first() -> None:
    assert said("what changed between the berth rules 2023 and 2025") == [
        *FEES,
        "Noise, 2023: Be quiet at night.",
        "Noise, 2025: not stated.",
        "Bikes, 2023: not stated.",
        "Bikes, 2025: Push bikes.",
    ]


def test_a_subject_chooses_what_is_compared() -> None:
    assert said("old vs new berths: fees") == FEES


@pytest.mark.parametrize(
    "question",
    [
        "difference between berths and dogs in the new rules",
        "what changed in 2025",
        "difference between 2019 and 2023",
        "berths and dogs",
    ],
)
def test_editions_that_are_not_both_named_are_not_compared(question: str) -> None:
    assert said(question) is None
