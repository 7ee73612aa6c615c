from __future__ import annotations

import pytest

from rag.composition.variants import others_than_named

MODELS = [("Manual", name) for name in ("Gull S", "Gull M", "Gull Pro", "Care of the engine")]
LEAVE = [("Annual leave",), ("Sick leave",), ("Pay",)]


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("how heavy is the gull s", {"Gull M", "Gull Pro"}),
        ("difference between gull s and gull pro", {"Gull M"}),
        ("how heavy is the gull", set()),
        ("care of the engine", set()),
        ("days of annual leave", {"Sick leave"}),
        ("annual pay", set()),
    ],
)
def test_sections_like_the_named_one_are_the_others(question: str, others: set[str]) -> None:
    assert {path[-1] for path in others_than_named(question, [*MODELS, *LEAVE])} == others
