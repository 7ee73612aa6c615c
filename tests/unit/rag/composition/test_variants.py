from __future__ import annotations

import pytest

from rag.composition.variants import variants

MODELS = [("Manual", name) for name in ("Gull S", "Gull M", "Gull Pro", "Care of the engine")]
LEAVE = [("Annual leave",), ("Sick leave",), ("Pay",)]

TWINS = [("Boats", name, part) for name in ("Auk", "Tern", "Loon") for part in ("Fuel", "Care")]


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("how heavy is the gull s", {"Gull M", "Gull Pro"}),
        ("difference between gull s and gull pro", {"Gull M"}),
        ("how heavy is the gull", set()),
        ("care of the engine", set()),
        ("days of annual leave", {"Sick leave"}),
        ("annual pay", set()),
        ("fuel of the tern", {"Auk", "Loon"}),
    ],
)
def test_sections_like_the_named_one_are_the_others(question: str, others: set[str]) -> None:
    assert {path[-1] for path in variants(question, [*MODELS, *LEAVE, *TWINS]).others} == others
