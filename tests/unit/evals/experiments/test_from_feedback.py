import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.commands.main import app
from evals.datasets.questions import EvalQuestion, GoldPassage, read_questions
from evals.experiments.arms import compare_arms
from evals.experiments.from_feedback import NEEDS_REVIEW, accepted_from, questions_from
from evals.training.questions import AcceptedAnswer, read_feedback
from ingest.opening import CATALOG_FILE
from rag.access.principal import single_user
from rag.answers import AbstentionReason, Arm
from rag.catalog.answers import AnswerLog, AnswerRecord, Feedback, JudgedAnswer, Reason, Verdict
from rag.catalog.database.connection import Database, new_id
from tests.support.builders.answers import NOW, answer_record

UP = Feedback(verdict=Verdict.UP)


def judged(feedback: Feedback | None, *, later: int = 0, **changes: object) -> JudgedAnswer:
    given_at = None if feedback is None else NOW + timedelta(seconds=later)
    return JudgedAnswer(record=answer_record(**changes), feedback=feedback, given_at=given_at)


def down(*reasons: Reason, corrected_answer: str = "") -> Feedback:
    return Feedback(verdict=Verdict.DOWN, reasons=reasons, corrected_answer=corrected_answer)


def row(feedback: Feedback, **changes: object) -> EvalQuestion:
    answer = JudgedAnswer(record=answer_record(**changes), feedback=feedback, given_at=NOW)
    [question] = questions_from([answer])
    return question


def test_a_thumb_up_makes_the_quotes_gold_and_nothing_else() -> None:
    made = row(UP)
    assert made.gold_passages == (GoldPassage(document="pump.md", quote="every 6,000 hours"),)
    assert (made.answers, made.answerable, made.tags) == ((), True, ("feedback", "up"))


def test_a_thumb_up_on_a_refusal_says_that_there_is_no_answer() -> None:
    assert not row(UP, abstention=AbstentionReason.WEAK_SUPPORT, answer="", citations=()).answerable


def test_a_corrected_answer_is_gold_and_a_wrong_one_misleads() -> None:
    made = row(down(Reason.WRONG, corrected_answer="Every 8,000 hours."))
    assert (made.answers, made.wrong_answers) == (("Every 8,000 hours.",), ("Every 6,000 hours.",))
    assert made.gold_passages == ()
    completed = row(down(Reason.INCOMPLETE, corrected_answer="Every 6,000 hours. Or yearly."))
    assert completed.wrong_answers == ()


def test_what_is_not_in_the_documents_has_no_answer_and_the_rest_is_for_a_person() -> None:
    assert not row(down(Reason.NOT_IN_DOCUMENTS)).answerable
    assert NEEDS_REVIEW in row(down(Reason.WRONG)).tags
    assert NEEDS_REVIEW in row(UP, citations=()).tags


def test_the_last_word_on_a_question_counts_and_silence_does_not() -> None:
    said = [judged(UP, later=1), judged(down(Reason.NOT_IN_DOCUMENTS), later=2), judged(None)]
    assert [question.answerable for question in questions_from(said)] == [False]


def test_accepted_quotes_are_lines_to_train_on() -> None:
    said = [judged(UP), judged(down(Reason.WRONG), question="Why?")]
    line = AcceptedAnswer(question="How often?", document="pump.md", quote="every 6,000 hours")
    assert list(accepted_from(said)) == [line]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a service that ran an experiment."""
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path))
    database = Database.open(tmp_path / CATALOG_FILE)
    log = AnswerLog(database)
    arms = [answer_record(tenant="default", arm=arm, experiment="depth") for arm in Arm for _ in range(30)]
    log.add(arms)
    for answer in arms:
        log.judge(single_user("default"), answer.request_id, UP if answer.arm is Arm.TREATMENT else down(Reason.WRONG))
    database.close()
    return tmp_path


def test_one_command_writes_the_dataset_and_one_the_training_lines(folder: Path) -> None:
    rows, lines = folder / "rows.jsonl", folder / "lines.jsonl"
    made = CliRunner().invoke(app, ["dataset", "from-feedback", "--out", str(rows)])
    assert made.exit_code == 0, made.output
    assert len(read_questions(rows)) == 1
    made = CliRunner().invoke(app, ["dataset", "from-feedback", "--out", str(lines), "--training"])
    assert made.exit_code == 0, made.output
    assert {answer.document for answer in read_feedback(lines)} <= {"pump.md"}


def test_the_report_states_its_rule_and_says_when_to_stop(folder: Path) -> None:
    shown = CliRunner().invoke(app, ["ab", "--experiment", "depth", "--json"])
    report = json.loads(shown.output)
    assert (report["control"]["thumbs_up"], report["treatment"]["thumbs_up"]) == (0, 30)
    assert report["may_stop"]
    assert report["up"]["low"] > 0
    assert "sequential probability ratio test" in report["rule"]
    assert "Stop: it differs." in CliRunner().invoke(app, ["ab", "--experiment", "depth"]).output
    assert folder.exists()


def pair(*, slower: float, **changes: object) -> tuple[JudgedAnswer, JudgedAnswer]:
    usual: AnswerRecord = answer_record(arm=Arm.CONTROL)
    other = {"arm": Arm.TREATMENT, "shadow_of": usual.request_id, "milliseconds": usual.milliseconds + slower}
    shadow = replace(usual, request_id=new_id(), **(other | changes))  # type: ignore[arg-type]
    return tuple(JudgedAnswer(record=each, feedback=None, given_at=None) for each in (usual, shadow))  # type: ignore[return-value]


def test_shadows_are_compared_with_the_answers_they_belong_to() -> None:
    pairs = [pair(slower=5), pair(slower=5, answer="Daily."), pair(slower=5, abstention=AbstentionReason.UNSUPPORTED)]
    report = compare_arms("depth", [each for both in pairs for each in both])
    assert report.shadows is not None
    assert (report.shadows.pairs, report.shadows.same_abstention, report.shadows.different_answers) == (3, 2, 1)
    assert report.shadows.milliseconds is not None
    assert report.shadows.milliseconds.low == report.shadows.milliseconds.high == pytest.approx(5)


def test_an_experiment_without_answers_has_empty_figures() -> None:
    report = compare_arms("depth", [])
    assert (report.control.answers, report.p50_milliseconds, report.may_stop, report.shadows) == (0, None, False, None)
