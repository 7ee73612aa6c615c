from __future__ import annotations

import pytest

from rag.composition.comparisons.superlatives import superlative
from tests.support.builders.material import material_of

BOATS = {
    "gull.md": "# Gull boat\nIt is for two. It weighs 90 kg. The lease ends on 3 May 2027.",
    "tern.md": "# Tern boat\nIt weighs 140 kg. The lease began on 1 May 2020 and ends on 2 June 2025.",
    "auk.md": "# Auk boat\nIt is blue.",
    "care.md": "# Care\nThe brush weighs 1 kg.",
}


def said(question: str) -> list[str] | None:
    found = superlative(material_of(question, **BOATS))
    return [one.text for one in found.sentences] if found else None


def test_what_the_documents_of_a_kind_state_is_compared_and_who_states_nothing_is_said() -> None:
    assert said("which boat is the heaviest?") == [
        "Tern boat: It weighs 140 kg.",
        "Gull boat: It weighs 90 kg.",
        "Auk boat: not stated.",
    ]
    lightest = said("which boat is the lightest?")
    assert lightest is not None
    assert lightest[0] == "Gull boat: It weighs 90 kg."


def test_days_are_compared_by_the_one_after_the_word_for_them() -> None:
    found = said("which boat has the earliest end of its lease?")
    assert found is not None
    assert found[0].startswith("Tern boat: The lease began on 1 May 2020 and ends on 2 June 2025.")


@pytest.mark.parametrize("question", ["which brush is the heaviest", "how heavy is the boat", "which boat is blue"])
def test_other_questions_are_not_compared(question: str) -> None:
    assert said(question) is None
