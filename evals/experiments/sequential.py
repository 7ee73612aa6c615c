"""Compares two shares sequentially: valid after every observation, with stopping at any time. Pure.

Each arm's likelihood is averaged over its own uniform prior. Divided by the largest likelihood under a hypothesis, the
product is bounded by a nonnegative martingale of mean 1 while the hypothesis holds. By Ville's inequality it ever
reaches 1/alpha with probability at most alpha (mixture sequential probability ratio test: Robbins 1970; Johari, Pekelis
& Walsh 2017; confidence sequences: Howard et al. 2021). Observations must be independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_ALPHA = 0.05
_STEPS = 60
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The number of ``yes`` among ``total`` observations."""

    yes: int
    total: int

    @property
    def share(self) -> float:
        """The share of ``yes``; NaN without observations."""
        return self.yes / self.total if self.total else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A closed interval."""

    low: float
    high: float


def wilson_interval(tally: Tally) -> Interval:
    """Returns the 95 % interval of a share (Wilson 1927), for a single look; [0, 1] without observations."""
    if not tally.total:
        return Interval(low=0.0, high=1.0)
    z, n, share = 1.959964, tally.total, tally.share
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(low=max(0.0, middle - reach), high=min(1.0, middle + reach))


def evidence_of_difference(control: Tally, treatment: Tally) -> float:
    """Returns the logarithm of the e-value against equal shares."""
    pooled = Tally(yes=control.yes + treatment.yes, total=control.total + treatment.total)
    return _mixture(control) + _mixture(treatment) - (_likelihood(pooled, pooled.share) if pooled.total else 0.0)


def differs(control: Tally, treatment: Tally, *, alpha: float = _ALPHA) -> bool:
    """Returns whether the shares differ; for equal shares this is ever True with probability at most ``alpha``."""
    return evidence_of_difference(control, treatment) >= math.log(1 / alpha)


def difference_interval(control: Tally, treatment: Tally, *, alpha: float = _ALPHA) -> Interval:
    """Returns the confidence sequence of treatment's share minus control's, valid at all looks together."""
    bound = _mixture(control) + _mixture(treatment) - math.log(1 / alpha)

    def is_in(difference: float) -> bool:
        return _profile(control, treatment, difference) > bound

    best = (treatment.share if treatment.total else 0.5) - (control.share if control.total else 0.5)
    return Interval(low=_edge(best, -1.0, is_in), high=_edge(best, 1.0, is_in))


def _edge(inside: float, outside: float, is_in: Callable[[float], bool]) -> float:
    """Bisects for the end of the set, an interval because the profile of concave functions is concave."""
    if is_in(outside):
        return outside
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_in(middle) else (inside, middle)
    return outside


def _profile(control: Tally, treatment: Tally, difference: float) -> float:
    """Returns the largest log likelihood of shares with this difference, by golden section search."""

    def likelihood(share: float) -> float:
        return _likelihood(control, share) + _likelihood(treatment, share + difference)

    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if likelihood(left) >= likelihood(right) else (left, high)
    return max(likelihood(low), likelihood(high), likelihood((low + high) / 2))


def _mixture(tally: Tally) -> float:
    """Returns the logarithm of the likelihood averaged over all shares, a beta function."""
    no = tally.total - tally.yes
    return math.lgamma(tally.yes + 1) + math.lgamma(no + 1) - math.lgamma(tally.total + 2)


def _likelihood(tally: Tally, share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    no = tally.total - tally.yes
    if (tally.yes and share <= 0.0) or (no and share >= 1.0):
        return -math.inf
    return (tally.yes * math.log(share) if tally.yes else 0.0) + (no * math.log1p(-share) if no else 0.0)
