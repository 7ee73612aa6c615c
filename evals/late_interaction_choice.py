"""Weighs late interaction against the search of today, each set with the weight chosen on the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

from evals.late_interaction import WEIGHTS, SetRun, Way
from evals.retrieval_metrics import Gain, paired_bootstrap
from evals.token_forms import FORMS, TokenForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One form in one way, by set: the weight chosen without the set, nDCG@10 with it, and the gain over today.

    ``overall`` is the gain over the questions of all sets together.
    """

    form: TokenForm
    way: Way
    weights: Mapping[str, float]
    ndcg_at_10: Mapping[str, float]
    gains: Mapping[str, Gain]
    overall: Gain


def weigh(runs: Sequence[SetRun]) -> list[Outcome]:
    """Returns the outcome of every form in every way."""
    return [_outcome(runs, form, way) for way, form in product(Way, FORMS)]


def _outcome(runs: Sequence[SetRun], form: TokenForm, way: Way) -> Outcome:
    weights = {run.dataset: _chosen_without(run, runs, form, way) for run in runs}
    scores = {run.dataset: run.with_maxsim[form, way, weights[run.dataset]] for run in runs}
    return Outcome(
        form=form,
        way=way,
        weights=weights,
        ndcg_at_10={name: fmean(each) for name, each in scores.items()},
        gains={run.dataset: paired_bootstrap(run.reranked, scores[run.dataset]) for run in runs},
        overall=paired_bootstrap(
            [score for run in runs for score in run.reranked], [score for run in runs for score in scores[run.dataset]]
        ),
    )


def _chosen_without(left_out: SetRun, runs: Sequence[SetRun], form: TokenForm, way: Way) -> float:
    def on_others(weight: float) -> float:
        return fmean([fmean(run.with_maxsim[form, way, weight]) for run in runs if run is not left_out] or [0.0])

    return max(WEIGHTS, key=on_others)
