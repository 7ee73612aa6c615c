"""Scores a stored run with Ragas, and stores what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from evals.ragas_scores.scoring import score_with_ragas
from evals.runs.records import RunRecord, RunState
from evals.runs.run import summed_up
from evals.runs.store import RunStore
from rag.errors import ConfigurationError, JudgeError
from rag.settings import Settings
from rag.stages import Encoder


async def judge_run(
    run: RunRecord,
    settings: Settings,
    store: RunStore,
    *,
    on_progress: Callable[[str, int, int], None],
    encoder: Encoder | None = None,
) -> RunRecord:
    """Returns the run with Ragas' figures, in place of those it had; nothing is asked again.

    Raises:
        ConfigurationError: the run goes on.
        JudgeError: there is no judge to take an earlier one's place.
        ModelError: the encoder cannot be loaded.
    """
    if run.state is RunState.RUNNING:
        raise ConfigurationError(f"The run {run.run_id} goes on. Judge it when it has ended.")
    records = await asyncio.to_thread(store.questions, run.run_id)
    scored, judge = await score_with_ragas(records, settings, on_progress, encoder=encoder)
    if run.judge is not None and not (judge and judge.calls):
        raise JudgeError("it could not be asked, and the run keeps the figures it has")
    ended = {"finished_at": run.finished_at, "state": run.state}
    judged = summed_up(run, scored).model_copy(update={**ended, "judge": judge})
    await asyncio.to_thread(store.replace_questions, run.run_id, scored)
    await asyncio.to_thread(store.save, judged)
    return judged
