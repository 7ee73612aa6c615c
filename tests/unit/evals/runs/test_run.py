import math

import pytest

from evals.datasets.questions import EvalQuestion
from evals.runs.records import QuestionRecord
from evals.runs.run import figures_by_tag, figures_of, milliseconds_of


def record(number: int, *tags: str, missing: str = "", error: str | None = None, **scores: float) -> QuestionRecord:
    return QuestionRecord(
        question=EvalQuestion(id=f"q{number}", question="?", tags=tags),
        scores=scores,
        not_computed={missing: "the judge hung up"} if missing else {},
        total_milliseconds=10.0 * number,
        stage_milliseconds={"rerank": float(number)},
        error=error,
    )


def test_a_figure_is_the_mean_over_the_questions_that_have_the_score() -> None:
    figure = figures_of([record(1, a=1.0), record(2, a=0.0), record(3)])["a"]
    assert (figure.mean, figure.count) == (0.5, 2)
    assert (figure.low, figure.high) == (0.0, 1.0)


def test_equal_scores_have_an_interval_without_width() -> None:
    figure = figures_of([record(number, a=0.25) for number in range(5)])["a"]
    assert (figure.low, figure.mean, figure.high) == (0.25, 0.25, 0.25)


def test_what_could_not_be_computed_is_counted_and_not_averaged() -> None:
    figures = figures_of([record(1, a=1.0), record(2, missing="a"), record(3, missing="b")])
    assert (figures["a"].mean, figures["a"].count, figures["a"].not_computed) == (1.0, 1, 1)
    assert (figures["b"].count, figures["b"].not_computed) == (0, 1)


def test_a_score_that_is_not_a_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="not_computed"):
        figures_of([record(1, a=math.nan)])


def test_tags_have_figures_of_their_own() -> None:
    by_tag = figures_by_tag([record(1, "x", a=1.0), record(2, "x", "y", a=0.0)])
    assert {tag: figures["a"].mean for tag, figures in by_tag.items()} == {"x": 0.5, "y": 0.0}


def test_times_are_those_of_questions_that_did_not_fail() -> None:
    times = milliseconds_of([*(record(number) for number in range(1, 101)), record(1000, error="gone")])
    assert (times["total"].p50, times["total"].p95, times["total"].p99) == (500.0, 950.0, 990.0)
    assert times["rerank"].p95 == 95.0
