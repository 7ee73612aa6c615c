import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.experiments.sequential import Tally, difference_interval, differs, evidence_of_difference, wilson_interval

RUNS = 400
LOOKS = 300


def stops(seed: int, control_share: float, treatment_share: float) -> bool:
    """Whether a look after every single feedback would ever have stopped."""
    draws = np.random.default_rng(seed)
    yes, total = [0, 0], [0, 0]
    for arm, drawn in zip(draws.integers(0, 2, LOOKS), draws.random(LOOKS), strict=True):
        total[arm] += 1
        yes[arm] += int(drawn < (control_share, treatment_share)[arm])
        if differs(Tally(yes=yes[0], total=total[0]), Tally(yes=yes[1], total=total[1])):
            return True
    return False


@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_without_a_difference_it_rarely_stops_although_it_looks_after_every_feedback(share: float) -> None:
    slack = 3 * math.sqrt(0.05 * 0.95 / RUNS)
    assert sum(stops(seed, share, share) for seed in range(RUNS)) / RUNS <= 0.05 + slack


def test_a_large_difference_is_found() -> None:
    assert sum(stops(seed, 0.5, 0.85) for seed in range(100)) >= 90


def test_the_evidence_is_that_of_the_formula() -> None:
    # One yes, one no: B(2,1) * B(1,2) / (1/2)^2 = (1/2 * 1/2) / (1/4) = 1.
    assert evidence_of_difference(Tally(yes=1, total=1), Tally(yes=0, total=1)) == pytest.approx(0.0)
    assert evidence_of_difference(Tally(yes=0, total=0), Tally(yes=0, total=0)) == 0.0


def test_the_interval_of_nothing_is_everything() -> None:
    nothing = Tally(yes=0, total=0)
    found = difference_interval(nothing, nothing)
    assert (found.low, found.high) == (-1.0, 1.0)
    assert (wilson_interval(nothing).low, wilson_interval(nothing).high) == (0.0, 1.0)


def test_wilsons_interval_is_that_of_the_tables() -> None:
    found = wilson_interval(Tally(yes=8, total=10))
    assert [found.low, found.high] == pytest.approx([0.4902, 0.9433], abs=1e-3)


tallies = st.integers(0, 60).flatmap(lambda n: st.integers(0, n).map(lambda yes: Tally(yes=yes, total=n)))


@pytest.mark.slow
@given(tallies, tallies)
@settings(deadline=None)
def test_the_rule_and_the_interval_say_the_same(control: Tally, treatment: Tally) -> None:
    found = difference_interval(control, treatment)
    excludes = found.low > 1e-6 or found.high < -1e-6
    evidence = evidence_of_difference(control, treatment)
    if abs(evidence - math.log(20)) > 1e-6:
        assert excludes is differs(control, treatment)
    swapped = difference_interval(treatment, control)
    assert [swapped.low, swapped.high] == pytest.approx([-found.high, -found.low], abs=1e-6)
