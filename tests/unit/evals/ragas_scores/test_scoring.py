import asyncio
import subprocess
import sys
from collections.abc import Mapping

import pytest

from evals.ragas_scores.samples import JUDGED
from evals.ragas_scores.scoring import NOT_INSTALLED, score_records, score_with_ragas
from evals.runs.records import JudgeRecord, QuestionRecord
from evals.runs.run import figures_of
from rag.settings import JudgeSettings, Settings
from tests.support.builders.run_records import answered
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder
from tests.support.servers.judge import URL, Fault, JudgeScript

pytestmark = pytest.mark.slow  # Ragas is loaded, which takes seconds

SETTINGS = Settings(judge=JudgeSettings(url=URL))

VERDICT = {"statement": "s", "reason": "r", "verdict": 1}


async def judged(
    script: JudgeScript, *records: QuestionRecord, encoder: HashEncoder | None = None
) -> tuple[list[QuestionRecord], JudgeRecord]:
    scored, record = await score_records(
        records or (answered(),), SETTINGS, lambda *_: None, encoder=encoder or HashEncoder(), judge=script.judge()
    )
    assert record is not None
    return scored, record


def ragas(values: Mapping[str, object]) -> set[str]:
    return {name.removeprefix("ragas/") for name in values if name.startswith("ragas/")}


async def test_scores_are_those_computed_by_hand() -> None:
    [record], judge = await judged(JudgeScript())
    assert not record.not_computed
    # Statements: three of four supported. Of two passages the second is of use. One sentence of two is found in them.
    assert record.scores["ragas/faithfulness"] == 0.75
    assert record.scores["ragas/context_precision"] == pytest.approx(0.5)
    assert record.scores["ragas/context_recall"] == 0.5
    assert record.scores["ragas/factual_correctness"] == 0.75  # precision and recall are three of four
    assert record.scores["ragas/answer_relevancy"] == pytest.approx(1.0)  # it guesses the very question
    assert record.scores["ragas/noise_sensitivity"] == 0.0  # the wrong statement is in no passage
    assert record.scores["ragas/semantic_similarity"] == pytest.approx(1.0)
    assert record.scores["ragas/string_similarity"] == 1.0
    # Faithfulness 2, relevancy 3, precision 2, recall 1, correctness 4, noise 2 + 2 * 2 + 1; 24 + 8 labelled, two each.
    assert judge.calls == 19 + 32 * 2
    assert (judge.model, judge.failed_calls, judge.labelled_items) == ("tiny-judge", 0, 24)
    assert (judge.prompt_tokens, judge.completion_tokens) == (83 * 100, 83 * 10)
    assert (judge.label_agreement, judge.self_agreement) == (0.5, 1.0)  # it never finds all four supported


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
async def test_what_a_judge_spoils_is_not_computed_and_the_rest_is(fault: Fault) -> None:
    script = JudgeScript(fault=fault, spoiled=frozenset({"NLIStatementOutput"}))
    [record], judge = await judged(script)
    assert set(record.not_computed) == {"ragas/faithfulness", "ragas/factual_correctness"}
    assert all("The judge failed" in reason for reason in record.not_computed.values())
    assert len(ragas(record.scores)) == 6
    assert (judge.label_agreement, judge.labelled_items) == (None, 0)
    assert judge.failed_calls == script.asked["NLIStatementOutput"] == 2 + 24
    figure = figures_of([record])["ragas/faithfulness"]
    assert (figure.count, figure.not_computed) == (0, 1)


@pytest.mark.parametrize(
    ("form", "reply", "metrics"),
    [
        ("StatementGeneratorOutput", {"statements": []}, {"faithfulness", "noise_sensitivity"}),
        ("ContextRecallOutput", {"classifications": []}, {"context_recall"}),
        ("ClaimDecompositionOutput", {"claims": []}, {"factual_correctness"}),
        ("NLIStatementOutput", {"statements": [VERDICT]}, {"faithfulness", "factual_correctness"}),
        ("StatementFaithfulnessOutput", {"statements": [VERDICT]}, {"noise_sensitivity"}),
    ],
)
async def test_a_judge_that_leaves_something_out_gives_no_score(form: str, reply: object, metrics: set[str]) -> None:
    """Ragas would divide by what there is: one verdict on four statements would be all of them."""
    script = JudgeScript()
    script.replies = {**script.replies, form: [reply]}
    [record], _ = await judged(script)
    assert ragas(record.not_computed) == metrics
    assert not ragas(record.scores) & metrics


async def test_an_encoder_that_fails_spoils_what_needs_it() -> None:
    [record], _ = await judged(JudgeScript(), encoder=FailingEncoder())
    assert set(record.not_computed) == {"ragas/answer_relevancy", "ragas/semantic_similarity"}


@pytest.mark.parametrize("fault", [Fault.TIMES_OUT, Fault.STATUS_500])
async def test_a_judge_that_is_not_there_leaves_what_needs_none(fault: Fault) -> None:
    [record], judge = await judged(JudgeScript(models_fault=fault))
    assert ragas(record.not_computed) == set(JUDGED)
    assert ragas(record.scores) == {"semantic_similarity", "string_similarity"}
    assert (judge.calls, judge.label_agreement) == (0, None)


async def test_without_a_judge_only_what_needs_none_is_scored() -> None:
    [record], judge = await score_with_ragas((answered(),), Settings(), lambda *_: None, encoder=HashEncoder())
    assert ragas(record.scores) == {"semantic_similarity", "string_similarity"}
    assert not record.not_computed
    assert judge is None


async def test_progress_is_told_for_every_record() -> None:
    told: list[tuple[str, int, int]] = []
    records = (answered(), answered(), answered())
    await score_with_ragas(records, Settings(), lambda *step: told.append(step), encoder=HashEncoder())
    assert told == [("scoring with Ragas", done, 3) for done in (1, 2, 3)]


async def test_where_ragas_is_not_installed_every_metric_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evals.ragas_scores.ragas_metrics", None)
    script = JudgeScript()
    scored, judge = await score_records(
        (answered(),), SETTINGS, lambda *_: None, encoder=HashEncoder(), judge=script.judge()
    )
    assert set(scored[0].not_computed.values()) == {NOT_INSTALLED}
    assert len(scored[0].not_computed) == 8
    assert judge is None
    assert not script.requests


async def test_a_service_keeps_its_asyncio_and_its_loop() -> None:
    """Ragas' other ways in patch both with nest_asyncio."""
    loop = asyncio.get_running_loop()
    before = asyncio.run, asyncio.Task, asyncio.Future, type(loop).run_until_complete, asyncio.get_event_loop
    await judged(JudgeScript())
    after = asyncio.run, asyncio.Task, asyncio.Future, type(loop).run_until_complete, asyncio.get_event_loop
    assert after == before
    assert not hasattr(asyncio, "_nest_patched")


_ALONE = """
import asyncio, os, sys

os.environ.pop("RAGAS_DO_NOT_TRACK", None)
seen = []


def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        seen.append((event, arguments))
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append((event, arguments))


sys.addaudithook(watch)
from evals.ragas_scores.scoring import score_records
from rag.settings import JudgeSettings
from rag.settings import Settings
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.servers.judge import URL, JudgeScript
from tests.support.builders.run_records import answered

settings = Settings(judge=JudgeSettings(url=URL))
scoring = score_records(
    (answered(),), settings, lambda *_: None, encoder=HashEncoder(), judge=JudgeScript().judge()
)
scored, judge = asyncio.run(scoring)
assert len(scored[0].scores) == 8 and judge.failed_calls == 0
from ragas._analytics import _analytics_batcher, do_not_track
assert do_not_track() and "nest_asyncio" not in sys.modules
_analytics_batcher._flush_thread.join()
print([event for event in seen if not str(event[1][0]).startswith("/dev/")])
"""


def test_nothing_reports_home_and_nothing_is_written() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-B", "-c", _ALONE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_no_command_loads_ragas_or_the_openai_sdk_at_its_start() -> None:
    code = (
        "import sys, api.server, evals.ragas_scores.scoring, evals.runs.sweep, evals.studies.public_table\n"
        "print([name for name in ('ragas', 'openai') if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
