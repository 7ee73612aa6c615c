import pytest

from evals.studies.abstention.curve import abstention_report, thresholds_for
from evals.studies.abstention.questions import AskedQuestion
from rag.models.calibrations import AbstentionFeatures, AbstentionModel, AbstentionWeights

COSINE_ALONE = AbstentionWeights(intercept=0.0, cosine=1.0, cover=0.0)


def asked(cosine: float, *, answerable: bool, right: bool) -> AskedQuestion:
    signals = AbstentionFeatures(cosine=cosine, cover=0.0)
    return AskedQuestion(signals=signals, answerable=answerable, right=right)


def test_the_threshold_of_a_target_is_the_lowest_that_keeps_to_it() -> None:
    confidences = [0.9] * 30 + [0.5] * 10 + [0.2] * 20
    right = [True] * 30 + [False] * 10 + [False] * 20
    found = dict(thresholds_for(confidences, right))
    assert found[0.05] == 0.9
    assert found[0.25] == 0.5
    assert found[0.45] == 0.5
    assert dict(thresholds_for([0.9] * 10, [False] * 10)) == {}


def test_the_report_counts_by_hand() -> None:
    questions = [
        asked(4.0, answerable=True, right=True),
        asked(3.0, answerable=True, right=False),
        asked(2.0, answerable=False, right=False),
        asked(-3.0, answerable=True, right=True),
        asked(-4.0, answerable=False, right=False),
    ]
    report = abstention_report(questions, AbstentionModel(weights=COSINE_ALONE, thresholds=((0.3, 0.5),)))
    [point] = [point for point in report.points if point.target_error == 0.3]
    assert point.answered == pytest.approx(0.6)
    assert point.wrong == pytest.approx(2 / 3)
    assert point.answered_of_answerable == pytest.approx(2 / 3)
    assert point.refused_of_unanswerable == pytest.approx(0.5)
    assert report.auc == pytest.approx(4 / 6)
