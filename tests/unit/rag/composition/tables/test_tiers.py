import math

import pytest

from rag.composition.tables.tiers import tier_of, tiers_holding
from tests.support.builders.tables import table_grid


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("up to 8 kg", -math.inf, 8),
        ("over 8 kg up to 15 kg", 8, 15),
        ("67 years and over", 67, math.inf),
        ("über 5 bis 10 kg", 5, 10),
        ("some (21-60)", 21, 60),
        ("901+", 901, math.inf),
    ],
)
def test_a_tier_is_read_with_its_ends(cell: str, low: float, high: float) -> None:
    tier = tier_of(cell, ".")
    assert tier is not None
    assert (tier.low, tier.high) == (low, high)


@pytest.mark.parametrize("cell", ["3 rooms", "M5 x 20", "2024", "red"])
def test_a_number_alone_is_no_tier(cell: str) -> None:
    assert tier_of(cell, ".") is None


def test_the_end_of_one_tier_is_not_in_the_next() -> None:
    grid = table_grid((("Weight", "Fee"), ("up to 8 kg", "15"), ("over 8 kg up to 15 kg", "35"), ("over 15 kg", "55")))
    assert [row for row, *_ in tiers_holding(grid, ((8.0, "kg"),))] == [0]
    assert [row for row, *_ in tiers_holding(grid, ((9.0, "kg"),))] == [1]
    assert not list(tiers_holding(grid, ((9.0, "users"),)))
