"""Measures coverage and errors of abstention by threshold, and prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from evals.studies.abstention.questions import AskedQuestion
from rag.models.calibrations import AbstentionModel
from rag.terminal.output import print_table, say

TARGETS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
_FEWEST = 20
"""Answers needed for a share of wrong ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdPoint:
    """Shares at one threshold, 0 without questions. ``wrong``: share of answers that the passages do not contain."""

    target_error: float
    threshold: float
    answered: float
    wrong: float
    answered_of_answerable: float
    refused_of_unanswerable: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionReport:
    """Coverage and accuracy of a calibration on held-out questions."""

    questions: int
    answerable: int
    auc: float
    points: tuple[ThresholdPoint, ...]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


def abstention_report(asked: Sequence[AskedQuestion], calibration: AbstentionModel) -> AbstentionReport:
    """Measures a calibration at each of ``TARGETS``."""
    confidences = [calibration.weights.probability(question.signals) for question in asked]
    points = [
        _point(asked, confidences, target_error=target, threshold=calibration.threshold(target)) for target in TARGETS
    ]
    return AbstentionReport(
        questions=len(asked),
        answerable=sum(question.answerable for question in asked),
        auc=_auc(confidences, [question.right for question in asked]),
        points=tuple(points),
    )


def thresholds_for(confidences: Sequence[float], right: Sequence[bool]) -> tuple[tuple[float, float], ...]:
    """Returns (target, lowest threshold that meets it), without targets that no threshold meets."""
    found = []
    for target in TARGETS:
        for threshold in sorted(round(confidence, 3) for confidence in confidences):
            answered = [so for confidence, so in zip(confidences, right, strict=True) if confidence >= threshold]
            if len(answered) >= _FEWEST and answered.count(False) / len(answered) <= target:
                found.append((target, threshold))
                break
    return tuple(found)


def _point(
    asked: Sequence[AskedQuestion], confidences: Sequence[float], *, target_error: float, threshold: float
) -> ThresholdPoint:
    answered = [question for question, confidence in zip(asked, confidences, strict=True) if confidence >= threshold]
    answerable = sum(question.answerable for question in asked)
    given = sum(question.answerable for question in answered)
    return ThresholdPoint(
        target_error=target_error,
        threshold=threshold,
        answered=_share(len(answered), len(asked)),
        wrong=_share(sum(not question.right for question in answered), len(answered)),
        answered_of_answerable=_share(given, answerable),
        refused_of_unanswerable=1 - _share(len(answered) - given, len(asked) - answerable),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _auc(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Returns the probability that a right question scores above a wrong one, ties half (Mann-Whitney)."""
    ups = [confidence for confidence, so in zip(confidences, right, strict=True) if so]
    downs = [confidence for confidence, so in zip(confidences, right, strict=True) if not so]
    above = sum((up > down) + (up == down) / 2 for up in ups for down in downs)
    return above / (len(ups) * len(downs)) if ups and downs else 0.0


def print_abstention(report: AbstentionReport) -> None:
    """Prints coverage and accuracy by target."""
    headings = (
        *("Target: wrong at most", "Threshold", "Answered", "Wrong of those"),
        *("Answerable: answered", "Others: refused"),
    )
    rows = []
    for point in report.points:
        shares = (point.answered, point.wrong, point.answered_of_answerable, point.refused_of_unanswerable)
        rows.append((f"{point.target_error:.0%}", f"{point.threshold:.3f}", *(f"{share:.1%}" for share in shares)))
    print_table(headings, rows)
    say(f"{report.questions} questions, {report.answerable} of them answerable; AUC {report.auc:.3f}")
