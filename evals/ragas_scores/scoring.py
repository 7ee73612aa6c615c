"""Scores the records of a run with Ragas, for commands and for a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from evals.ragas_scores.agreement import agreement_of
from evals.ragas_scores.samples import JUDGED, PREFIX, NotComputedError, Sample, metrics_for, without_ragas
from evals.runs.records import JudgeRecord, QuestionRecord
from rag.errors import JudgeError
from rag.factory import build_encoder
from rag.settings import EncoderSettings, Settings
from rag.stages import Encoder

if TYPE_CHECKING:
    from evals.ragas_scores.judge import Judge
    from evals.ragas_scores.ragas_metrics import RagasMetrics
from evals.runs.records import RunRecord, RunState
from evals.runs.run import with_figures
from evals.runs.store import RunStore
from rag.errors import ConfigurationError

NOT_INSTALLED = "Ragas is not installed: run 'make evals', or pip install 'citewell[evals]'"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scorer:
    """Scores one record; ``without_judge`` says why a configured judge is unavailable."""

    metrics: RagasMetrics | None
    judged: bool
    english_vectors: bool
    without_judge: str = ""

    async def score(self, record: QuestionRecord) -> QuestionRecord:
        """Returns the record with a score or the reason of a failure for every metric that applies."""
        sample, kept = Sample.of(record), without_ragas(record)
        names = metrics_for(sample, judged=self.judged, english_vectors=self.english_vectors)
        values = await asyncio.gather(*(self._value(name, sample) for name in names))
        by_name = {f"{PREFIX}{name}": value for name, value in zip(names, values, strict=True)}
        scores = {name: value for name, value in by_name.items() if isinstance(value, float)}
        reasons = {name: value for name, value in by_name.items() if isinstance(value, str)}
        return kept.model_copy(update={"scores": kept.scores | scores, "not_computed": kept.not_computed | reasons})

    async def _value(self, name: str, sample: Sample) -> float | str:
        if self.metrics is None:
            return NOT_INSTALLED
        if self.without_judge and name in JUDGED:
            return self.without_judge
        try:
            return await self.metrics.score(name, sample)
        except NotComputedError as error:
            return str(error)


async def score_with_ragas(
    records: Sequence[QuestionRecord], settings: Settings, on_progress: Progress, *, encoder: Encoder | None = None
) -> tuple[list[QuestionRecord], JudgeRecord | None]:
    """Returns the records with Ragas' scores, and the judge's record; without a judge only scores that need none.

    Args:
        records: the records; earlier scores of Ragas are replaced.
        settings: name the judge.
        on_progress: called with (step, done, total).
        encoder: that of a service; None to build one.

    Raises:
        ModelError: the encoder cannot be loaded.
    """
    judge = await asyncio.to_thread(_judge_of, settings)
    try:
        return await score_records(records, settings, on_progress, encoder=encoder, judge=judge)
    finally:
        if judge is not None:
            await judge.close()


async def score_records(
    records: Sequence[QuestionRecord],
    settings: Settings,
    on_progress: Progress,
    *,
    encoder: Encoder | None,
    judge: Judge | None,
) -> tuple[list[QuestionRecord], JudgeRecord | None]:
    """Scores with a judge that is already open; otherwise like ``score_with_ragas``."""
    metrics = await asyncio.to_thread(_metrics, settings, encoder, judge)
    scorer = _Scorer(
        metrics=metrics,
        judged=settings.judge.url is not None,
        english_vectors=settings.encoder.model == EncoderSettings.model_fields["model"].default,
        without_judge=await _unavailability(judge),
    )
    slots, done = asyncio.Semaphore(settings.judge.concurrency), count(1)

    async def score(record: QuestionRecord) -> QuestionRecord:
        async with slots:
            scored = await scorer.score(record)
        on_progress("scoring with Ragas", next(done), len(records))
        return scored

    async with asyncio.TaskGroup() as tasks:
        scored = [tasks.create_task(score(record)) for record in records]
    return [task.result() for task in scored], await _judged_by(judge, scorer, settings, on_progress)


async def _judged_by(
    judge: Judge | None, scorer: _Scorer, settings: Settings, on_progress: Progress
) -> JudgeRecord | None:
    metrics = scorer.metrics
    if judge is None or metrics is None:
        return None
    if scorer.without_judge:
        return judge.record()

    async def faithfulness(sample: Sample) -> float:
        return await metrics.score("faithfulness", sample)

    agreement = await agreement_of(faithfulness, on_progress, concurrency=settings.judge.concurrency)
    return judge.record().model_copy(
        update={
            "label_agreement": agreement.label,
            "self_agreement": agreement.same,
            "labelled_items": agreement.items,
        }
    )


async def _unavailability(judge: Judge | None) -> str:
    """Returns why the judge is unavailable; empty if it is available or not configured."""
    if judge is None:
        return ""
    try:
        await judge.find_model()
    except JudgeError as error:
        return str(error)
    return ""


def _judge_of(settings: Settings) -> Judge | None:
    if settings.judge.url is None:
        return None
    from evals.ragas_scores.judge import judge_at  # noqa: PLC0415 - the openai SDK takes half a second

    return judge_at(settings.judge)


def _metrics(settings: Settings, encoder: Encoder | None, judge: Judge | None) -> RagasMetrics | None:
    """Returns the metrics; None if Ragas or one of its requirements is not installed."""
    try:
        from evals.ragas_scores.ragas_metrics import RagasMetrics  # noqa: PLC0415 - Ragas takes four seconds
    except ImportError:
        return None
    return RagasMetrics(encoder=encoder or build_encoder(settings.encoder, settings.models), judge=judge)


async def judge_run(
    run: RunRecord,
    settings: Settings,
    store: RunStore,
    *,
    on_progress: Callable[[str, int, int], None],
    encoder: Encoder | None = None,
) -> RunRecord:
    """Scores a stored run with Ragas, and stores and returns it; no question is asked again.

    Raises:
        ConfigurationError: the run is not finished.
        JudgeError: the run was judged before, and no judge is available now.
        ModelError: the encoder cannot be loaded.
    """
    if run.state is RunState.RUNNING:
        raise ConfigurationError(f"The run {run.run_id} goes on. Judge it when it has ended.")
    records = await asyncio.to_thread(store.questions, run.run_id)
    scored, judge = await score_with_ragas(records, settings, on_progress, encoder=encoder)
    if run.judge is not None and not (judge and judge.calls):
        raise JudgeError("it could not be asked, and the run keeps the figures it has")
    ended = {"finished_at": run.finished_at, "state": run.state}
    judged = with_figures(run, scored).model_copy(update={**ended, "judge": judge})
    await asyncio.to_thread(store.replace_questions, run.run_id, scored)
    await asyncio.to_thread(store.save, judged)
    return judged
