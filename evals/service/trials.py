"""Tries a connected model inside a service, as ``citewell models try`` does: in the background, and one at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from evals.datasets.readers.catalogue import read_dataset
from evals.runs.records import RunRecord
from evals.runs.store import RunStore
from evals.runs.trial import named_endpoint, trial_runs, try_model
from evals.service.runs import ServiceRuns
from rag.access.principal import Principal
from rag.errors import CitewellError, ConfigurationError, ConflictError
from rag.settings import EndpointSettings, Settings

QUESTION_SET = "sample"
_MOST_SECONDS = 3_600.0


class ServiceTrials:
    """Trials of models: the questions of a set that comes with its documents, quoted and then written."""

    def __init__(self, settings: Settings, runs: ServiceRuns) -> None:
        self._settings = settings
        self._runs = runs

    async def start(self, viewer: Principal, endpoint: EndpointSettings, *, questions: int) -> RunRecord:
        """Starts a trial and returns the model's run; ``beside`` names the run that quotes, which comes first.

        Raises:
            ConflictError: a run goes on, or the model's server cannot be used.
        """
        try:
            named = await named_endpoint(endpoint)
        except ConfigurationError as error:
            raise ConflictError(str(error)) from error
        dataset = (await asyncio.to_thread(read_dataset, QUESTION_SET, Path())).sample(questions)
        settings = self._settings.model_copy(update={"tenant": viewer.tenant})
        made = trial_runs(dataset, named, settings)
        quoted, written = (run.model_copy(update={"in_service": True, "started_by": viewer.user_id}) for run in made)

        def note(step: str, done: int, _: int) -> None:
            run = {"quoting": quoted, "writing": written}.get(step)
            if run is not None:
                self._runs.note(run, done)

        async def work() -> None:
            store = RunStore.of(self._settings)
            try:
                async with asyncio.timeout(_MOST_SECONDS):
                    await try_model(dataset, named, settings, store, on_progress=note, runs=(quoted, written))
            except TimeoutError as error:
                raise CitewellError("It took longer than an hour. Try a faster model, or fewer questions.") from error

        await self._runs.begin(viewer, (written, quoted), work)
        return written
