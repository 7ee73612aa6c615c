"""Compares the arms of an experiment by their answers in service. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.experiments.sequential import Interval, Tally, difference_interval, differs, wilson_interval
from evals.metrics import percentile
from rag.answering.cache import normalise
from rag.answers import Arm
from rag.catalog.answers import JudgedAnswer, Verdict

RULE = (
    "Stop when the share of thumbs up differs by the mixture sequential probability ratio test at 5 % (uniform "
    "priors): looked at after every feedback, it stops without a difference in 5 % of experiments at most, if "
    "feedback is independent. Stop for no other figure: the other intervals hold for one look only, unless marked."
)
_Draws = npt.NDArray[np.float64]
_SAMPLES = 1_000
_SEED = 1
_ENOUGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """The figures of one arm. Times and costs leave out answers from the cache."""

    answers: int
    cached: int
    abstentions: int
    thumbs_up: int
    thumbs: int
    up_interval: Interval
    p50_milliseconds: float | None
    p95_milliseconds: float | None
    costs: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """Pairs of an answer and its shadow: how often they agree, and the shadow's additional time and cost."""

    pairs: int
    same_abstention: int
    different_answers: int
    milliseconds: Interval | None
    cost: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsReport:
    """Differences are treatment minus control. ``up`` and ``abstained`` are confidence sequences."""

    experiment: str
    control: ArmFigures
    treatment: ArmFigures
    up: Interval
    abstained: Interval
    p50_milliseconds: Interval | None
    p95_milliseconds: Interval | None
    mean_cost: Interval | None
    may_stop: bool
    rule: str
    shadows: Shadows | None


def compare_arms(experiment: str, answers: Sequence[JudgedAnswer]) -> ArmsReport:
    """Compares the arms; an arm without answers has empty figures."""
    control, treatment = ([each for each in answers if each.record.arm is arm] for arm in Arm)
    ups = [_ups(arm) for arm in (control, treatment)]
    abstained = [Tally(yes=_abstentions(arm), total=len(arm)) for arm in (control, treatment)]
    return ArmsReport(
        experiment=experiment,
        control=_figures(control),
        treatment=_figures(treatment),
        up=difference_interval(*ups),
        abstained=difference_interval(*abstained),
        p50_milliseconds=_difference(_times(control), _times(treatment), lambda drawn: np.quantile(drawn, 0.5, axis=1)),
        p95_milliseconds=_difference(
            _times(control), _times(treatment), lambda drawn: np.quantile(drawn, 0.95, axis=1)
        ),
        mean_cost=_difference(_costs(control), _costs(treatment), lambda drawn: drawn.mean(axis=1)),
        may_stop=differs(*ups),
        rule=RULE,
        shadows=_shadows(control, treatment),
    )


def _figures(arm: Sequence[JudgedAnswer]) -> ArmFigures:
    ups, times = _ups(arm), _times(arm)
    spent: defaultdict[str, float] = defaultdict(float)
    for each in arm:
        if each.record.cost is not None:
            spent[each.record.currency or ""] += float(each.record.cost)
    return ArmFigures(
        answers=len(arm),
        cached=sum(each.record.cached for each in arm),
        abstentions=_abstentions(arm),
        thumbs_up=ups.yes,
        thumbs=ups.total,
        up_interval=wilson_interval(ups),
        p50_milliseconds=percentile(times, 0.5) if times else None,
        p95_milliseconds=percentile(times, 0.95) if times else None,
        costs=dict(spent),
    )


def _ups(arm: Sequence[JudgedAnswer]) -> Tally:
    said = [each.feedback.verdict for each in arm if each.feedback is not None]
    return Tally(yes=said.count(Verdict.UP), total=len(said))


def _abstentions(arm: Sequence[JudgedAnswer]) -> int:
    return sum(each.record.abstention is not None for each in arm)


def _times(arm: Sequence[JudgedAnswer]) -> list[float]:
    return [each.record.milliseconds for each in arm if not each.record.cached]


def _costs(arm: Sequence[JudgedAnswer]) -> list[float]:
    return [float(each.record.cost) for each in arm if each.record.cost is not None and not each.record.cached]


def _difference(
    control: Sequence[float], treatment: Sequence[float], statistic: Callable[[_Draws], _Draws]
) -> Interval | None:
    """Returns a percentile bootstrap interval (Efron & Tibshirani 1993); None with fewer than two values in an arm."""
    if min(len(control), len(treatment)) < _ENOUGH:
        return None
    draws = np.random.default_rng(_SEED)
    drawn = [
        statistic(draws.choice(np.array(values, dtype=np.float64), (_SAMPLES, len(values))))
        for values in (control, treatment)
    ]
    low, high = np.percentile(drawn[1] - drawn[0], [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def _shadows(control: Sequence[JudgedAnswer], treatment: Sequence[JudgedAnswer]) -> Shadows | None:
    seen = {each.record.request_id: each.record for each in control}
    pairs = [(seen[each.record.shadow_of], each.record) for each in treatment if each.record.shadow_of in seen]
    if not pairs:
        return None
    priced = [
        float(shadow.cost - usual.cost) for usual, shadow in pairs if shadow.cost is not None and usual.cost is not None
    ]
    return Shadows(
        pairs=len(pairs),
        same_abstention=sum((usual.abstention is None) == (shadow.abstention is None) for usual, shadow in pairs),
        different_answers=sum(normalise(usual.answer) != normalise(shadow.answer) for usual, shadow in pairs),
        milliseconds=_mean_interval([shadow.milliseconds - usual.milliseconds for usual, shadow in pairs]),
        cost=_mean_interval(priced),
    )


def _mean_interval(differences: Sequence[float]) -> Interval | None:
    return _difference([0.0] * len(differences), differences, lambda drawn: drawn.mean(axis=1))
