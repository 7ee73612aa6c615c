"""Chooses the documents of a section, and ingests them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.benchmarks.sizes import Sizes
from evals.datasets.readers.catalogue import SAMPLE_FOLDER
from ingest.intake.intake import Intake
from rag.catalog.database.records import JobState
from rag.catalog.job_board import JobBoard
from rag.errors import IngestionFailedError
from rag.settings import Settings
from rag.types import Scope

COLLECTION = "benchmark"
_POLL_SECONDS = 0.05


def sample_documents(sizes: Sizes) -> list[Path]:
    """Returns the sample documents of the repository."""
    return sorted(path for path in (SAMPLE_FOLDER / "documents").iterdir() if path.is_file())[: sizes.documents]


def filings(sizes: Sizes) -> list[Path]:
    """Returns FinanceBench's annual and quarterly reports; empty if they are not on this machine."""
    return sorted((sizes.data / "financebench" / "pdfs").glob("*.pdf"))[: sizes.documents]


def with_data_folder(settings: Settings, folder: Path) -> Settings:
    """Returns the settings with another data folder."""
    return settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": folder})})


async def ingest_documents(
    files: Sequence[Path],
    *,
    scope: Scope,
    intake: Intake,
    board: JobBoard,
    wake: Callable[[], None],
    on_poll: Callable[[], None],
) -> None:
    """Queues the files and waits until all are searchable.

    Raises:
        IngestionFailedError: a file was refused.
    """
    jobs = {}
    for path in files:
        with path.open("rb") as content:
            jobs[path.name] = intake.accept(content, name=path.name, scope=scope)[1].job_id
    wake()
    for name, job_id in jobs.items():
        while (job := board.job(scope.tenant, job_id)).state is not JobState.SUCCEEDED:
            if job.state.is_final:
                raise IngestionFailedError(name, job.failure.detail if job.failure else "without a reason")
            on_poll()
            await asyncio.sleep(_POLL_SECONDS)
