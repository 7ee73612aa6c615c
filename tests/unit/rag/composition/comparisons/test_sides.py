from __future__ import annotations

import pytest

from rag.composition.comparisons.sides import compared, sides_of


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between bronze and silver?", ("bronze", "silver")),
        ("bronze vs silver, which is cheaper", ("bronze", "silver")),
        ("compare the bronze plan with the silver plan", ("bronze plan", "silver plan")),
        ("Was ist der Unterschied zwischen Bronze und Silber?", ("Bronze", "Silber")),
        ("quelle est la différence entre le bronze et l'argent ?", ("bronze", "l'argent")),
        ("¿Cuál es la diferencia entre bronce y plata?", ("bronce", "plata")),
        ("青铜和白银有什么区别？", ("青铜", "白银")),
        ("compare the rent of the shop and the flat", ("shop", "flat")),
        ("what differs", None),
        ("difference", None),
    ],
)
def test_the_two_sides_are_named_by_the_question(question: str, sides: tuple[str, str] | None) -> None:
    assert sides_of(question) == sides


def test_what_one_side_leaves_out_is_that_of_the_other() -> None:
    sides = compared("difference between the berth rules 2023 and 2025")
    assert sides is not None
    assert [side.name for side in sides] == ["berth rules 2023", "berth rules 2025"]
    assert [side.own for side in sides] == [("2023",), ("2025",)]
    assert all(side.is_year for side in sides)
