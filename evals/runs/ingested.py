"""Documents in a service of their own, for as long as it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ingest.service import Service, open_service
from rag.catalog.database.records import Failure
from rag.errors import ConfigurationError
from rag.settings import Settings
from rag.types import Scope

COLLECTION = "default"
_POLL_SECONDS = 0.02


@asynccontextmanager
async def taken_in(
    files: Sequence[Path], settings: Settings, *, on_progress: Callable[[str, int, int], None]
) -> AsyncIterator[Service]:
    """Yields a service that has read the files; the settings name its folder.

    Raises:
        ConfigurationError: a file was refused.
    """
    async with open_service(settings) as service:
        scope = Scope(tenant=settings.tenant, collection=COLLECTION)
        jobs = []
        for path in files:
            with path.open("rb") as content:
                jobs.append((path, service.intake.accept(content, name=path.name, scope=scope)[1]))
        service.wake_worker()
        for number, (path, job) in enumerate(jobs, start=1):
            failure = await _finished(service, job.job_id)
            if failure is not None:
                raise ConfigurationError(f"{path.name} was refused: {failure.detail}")
            on_progress("reading", number, len(jobs))
        yield service


async def _finished(service: Service, job_id: str) -> Failure | None:
    while True:
        job = await asyncio.to_thread(service.storage.board.job, service.settings.tenant, job_id)
        if job.state.is_final:
            return job.failure
        await asyncio.sleep(_POLL_SECONDS)
