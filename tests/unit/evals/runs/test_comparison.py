from datetime import UTC, datetime

import pytest

from evals.datasets.questions import EvalQuestion
from evals.runs.comparison import Direction, compare
from evals.runs.records import QuestionRecord, RunRecord


def run(digest: str = "0", **settings: str) -> RunRecord:
    return RunRecord(
        run_id="r",
        tenant="t",
        dataset="d",
        dataset_digest=digest,
        questions=2,
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        settings=settings,
    )


def record(name: str, *tags: str, abstention: str | None = None, **scores: float) -> QuestionRecord:
    question = EvalQuestion(id=name, question="?", tags=tags, gold_facts=(("x",),))
    return QuestionRecord(question=question, scores=scores, abstention=abstention)


def scored(name: str, metric: str, score: float) -> QuestionRecord:
    return record(name).model_copy(update={"scores": {metric: score}})


def test_means_and_gains_are_over_the_questions_that_both_have() -> None:
    before = [record("a", f1=0.0), record("b", f1=0.5), record("only before", f1=1.0)]
    after = [record("a", f1=1.0), record("b", f1=0.5), record("only after", f1=0.0)]
    found = compare((run(), before), (run(), after))
    [difference] = found.differences
    assert (difference.before, difference.after, difference.gain.mean, difference.pairs) == (0.25, 0.75, 0.5, 2)
    assert (found.pairs, found.unpaired) == (2, 2)


@pytest.mark.parametrize(
    ("metric", "before", "after", "verdict"),
    [
        ("f1", 0.2, 0.8, Direction.BETTER),
        ("f1", 0.8, 0.2, Direction.WORSE),
        ("wrong_refusal", 0.8, 0.2, Direction.BETTER),
        ("f1", 0.5, 0.5, Direction.UNCLEAR),
    ],
)
def test_a_difference_is_shown_only_by_a_whole_interval(
    metric: str, before: float, after: float, verdict: Direction
) -> None:
    names = [str(number) for number in range(8)]
    first = [scored(name, metric, before) for name in names]
    second = [scored(name, metric, after) for name in names]
    assert compare((run(), first), (run(), second)).differences[0].verdict is verdict


def test_one_question_of_many_shows_nothing() -> None:
    before = [record(str(number), f1=0.0) for number in range(20)]
    after = [record(str(number), f1=float(number == 3)) for number in range(20)]
    assert compare((run(), before), (run(), after)).differences[0].verdict is Direction.UNCLEAR


def test_tags_are_compared_by_themselves() -> None:
    before = [record("a", "table", f1=0.0), record("b", f1=1.0)]
    after = [record("a", "table", f1=1.0), record("b", f1=1.0)]
    found = compare((run(), before), (run(), after))
    assert [difference.gain.mean for difference in found.by_tag["table"]] == [1.0]


def test_flips_are_the_questions_that_one_run_alone_gets_right() -> None:
    before = [record("won", fact_recall=0.5), record("lost", fact_recall=1.0), record("same", fact_recall=1.0)]
    after = [record("won", fact_recall=1.0), record("lost", fact_recall=1.0, abstention="weak_support"), before[2]]
    flips = compare((run(), before), (run(), after)).flips
    assert [(flip.before.question.id, flip.is_won) for flip in flips] == [("won", True), ("lost", False)]


def test_what_was_set_otherwise_is_named_and_other_questions_are_noticed() -> None:
    found = compare((run("0", a="1"), []), (run("1", a="2", b="3"), []))
    assert found.settings == (("a", "1", "2"), ("b", "default", "3"))
    assert not found.same_dataset


def test_what_differs_besides_settings_is_named_in_plain_words() -> None:
    here = run().model_copy(update={"collection": "staff", "asked": 3, "documents_state": "1"})
    there = run().model_copy(update={"collection": "others", "asked": 2, "documents_state": "2", "model": "tiny"})
    found = compare((here, []), (there, [])).circumstances
    assert found == (
        ("Questions asked", "3", "2"),
        ("Collection", "staff", "others"),
        ("Model that was tried", "none", "tiny"),
    )
    own = compare((run(), []), (here, [])).circumstances
    assert ("Collection", "the documents of the question set", "staff") in own


def test_documents_that_changed_between_two_runs_of_a_collection_are_named() -> None:
    before = run().model_copy(update={"collection": "staff", "documents_state": "1"})
    after = before.model_copy(update={"documents_state": "2"})
    assert [name for name, *_ in compare((before, []), (after, [])).circumstances] == ["Documents of the collection"]
    unknown = before.model_copy(update={"documents_state": None})
    assert compare((unknown, []), (after, [])).circumstances == ()
    assert compare((before, []), (before, [])).circumstances == ()
