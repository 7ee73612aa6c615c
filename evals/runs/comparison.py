"""Compares two runs question by question. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.metrics import Gain, paired_bootstrap
from evals.runs.records import QuestionRecord, RunRecord
from evals.runs.scoring import LOWER_IS_BETTER, is_right

_SAMPLES = 2_000


class Direction(StrEnum):
    """The meaning of a difference: better or worse only if the whole interval is on one side of zero."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "no difference shown"


class Circumstance(StrEnum):
    """What may differ between two runs besides settings and versions."""

    DATASET = "Question set"
    ASKED = "Questions asked"
    COLLECTION = "Collection"
    MODEL = "Model that was tried"
    DOCUMENTS = "Documents of the collection"


class Unnamed(StrEnum):
    """What a run has that bears no name of its own."""

    NO_MODEL = "none"
    OWN_DOCUMENTS = "the documents of the question set"
    AS_THEN = "as they were then"
    CHANGED = "changed since"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDifference:
    """A metric over the ``pairs`` questions that have it in both runs; ``gain`` is after minus before."""

    metric: str
    before: float
    after: float
    gain: Gain
    pairs: int
    verdict: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question that only one of the runs answered rightly."""

    before: QuestionRecord
    after: QuestionRecord

    @property
    def is_won(self) -> bool:
        """Returns whether the later run is right."""
        return is_right(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``unpaired`` counts questions of only one run. ``same_dataset``: questions and documents are the same.

    ``circumstances``, ``settings`` and ``versions`` hold the differences as (name, before, after).
    """

    before: RunRecord
    after: RunRecord
    pairs: int
    unpaired: int
    same_dataset: bool
    differences: tuple[MetricDifference, ...]
    by_tag: dict[str, tuple[MetricDifference, ...]]
    flips: tuple[Flip, ...]
    circumstances: tuple[tuple[str, str, str], ...]
    settings: tuple[tuple[str, str, str], ...]
    versions: tuple[tuple[str, str, str], ...]


def compare(
    before: tuple[RunRecord, Sequence[QuestionRecord]], after: tuple[RunRecord, Sequence[QuestionRecord]]
) -> Comparison:
    """Compares the questions that both runs asked, and counts the others."""
    first = {record.question.id: record for record in before[1]}
    second = {record.question.id: record for record in after[1]}
    shared = [name for name in first if name in second]
    pairs = [(first[name], second[name]) for name in shared]
    tags = sorted({tag for record, _ in pairs for tag in record.question.tags})
    return Comparison(
        before=before[0],
        after=after[0],
        pairs=len(shared),
        unpaired=len(first.keys() ^ second.keys()),
        same_dataset=before[0].dataset_digest == after[0].dataset_digest,
        differences=_differences(pairs),
        by_tag={tag: _differences([pair for pair in pairs if tag in pair[0].question.tags]) for tag in tags},
        flips=tuple(Flip(before=one, after=other) for one, other in pairs if is_right(one) != is_right(other)),
        circumstances=_circumstances(before[0], after[0]),
        settings=_changed(before[0].settings, after[0].settings),
        versions=_changed(before[0].versions, after[0].versions),
    )


def _circumstances(before: RunRecord, after: RunRecord) -> tuple[tuple[str, str, str], ...]:
    """Returns what differs besides settings and versions, in plain words."""
    found: list[tuple[str, str, str]] = [
        (Circumstance.DATASET, before.dataset, after.dataset),
        (Circumstance.ASKED, str(before.asked), str(after.asked)),
        (
            Circumstance.COLLECTION,
            before.collection or Unnamed.OWN_DOCUMENTS,
            after.collection or Unnamed.OWN_DOCUMENTS,
        ),
        (Circumstance.MODEL, before.model or Unnamed.NO_MODEL, after.model or Unnamed.NO_MODEL),
    ]
    states = (before.documents_state, after.documents_state)
    if before.collection == after.collection and None not in states and states[0] != states[1]:
        found.append((Circumstance.DOCUMENTS, Unnamed.AS_THEN, Unnamed.CHANGED))
    return tuple(row for row in found if row[1] != row[2])


def _differences(pairs: Sequence[tuple[QuestionRecord, QuestionRecord]]) -> tuple[MetricDifference, ...]:
    metrics = sorted({metric for one, other in pairs for metric in one.scores.keys() & other.scores.keys()})
    return tuple(_difference(metric, pairs) for metric in metrics)


def _difference(metric: str, pairs: Sequence[tuple[QuestionRecord, QuestionRecord]]) -> MetricDifference:
    both = [(one.scores[metric], other.scores[metric]) for one, other in pairs if _have(metric, one, other)]
    before, after = [score for score, _ in both], [score for _, score in both]
    gain = paired_bootstrap(before, after, samples=_SAMPLES)
    return MetricDifference(
        metric=metric,
        before=sum(before) / len(before),
        after=sum(after) / len(after),
        gain=gain,
        pairs=len(both),
        verdict=_verdict(gain, lower_is_better=metric in LOWER_IS_BETTER),
    )


def _have(metric: str, *records: QuestionRecord) -> bool:
    return all(metric in record.scores for record in records)


def _verdict(gain: Gain, *, lower_is_better: bool) -> Direction:
    if gain.low <= 0 <= gain.high:
        return Direction.UNCLEAR
    return Direction.BETTER if (gain.mean > 0) != lower_is_better else Direction.WORSE


def _changed(before: dict[str, str], after: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    names = sorted(before.keys() | after.keys())
    pairs = ((name, before.get(name, Unnamed.DEFAULT), after.get(name, Unnamed.DEFAULT)) for name in names)
    return tuple(pair for pair in pairs if pair[1] != pair[2])
