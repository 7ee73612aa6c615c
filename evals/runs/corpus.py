"""Ingests a dataset's documents once, to ask questions with one configuration or several."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.datasets.dataset import Dataset
from evals.datasets.indexed_corpus import SCOPE, indexed
from ingest.opening import EXTRACTED_FOLDER
from ingest.service import Service, open_service
from ingest.storage.document_texts import StoredTexts
from rag.answering.pipeline import Pipeline
from rag.catalog.database.records import Failure
from rag.errors import ConfigurationError
from rag.factory import build_encoder, build_pipeline, build_tokenizer
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.search import Visible
from rag.settings import Settings
from rag.stages import ChunkIndex, DocumentTexts, Encoder, Library
from rag.types import Scope

COLLECTION = "default"
_POLL_SECONDS = 0.02
_CACHED_VECTORS = 100_000
Progress = Callable[[str, int, int], None]


@asynccontextmanager
async def ingested_service(
    files: Sequence[Path], settings: Settings, *, on_progress: Callable[[str, int, int], None]
) -> AsyncIterator[Service]:
    """Yields a service that has ingested the files; the settings name its folder.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """An index with the dataset's documents in ``scope``.

    ``encoder`` is that of a service; ``caching_encoder`` holds the vectors of the chunks. ``texts`` and ``library`` are
    those of ingested files.
    """

    scope: Scope
    encoder: Encoder
    caching_encoder: Encoder
    index: ChunkIndex
    visible: Visible
    texts: DocumentTexts | None = None
    library: Library | None = None

    @asynccontextmanager
    async def pipeline(self, settings: Settings) -> AsyncIterator[Pipeline]:
        """Yields a pipeline with these settings, except those of encoder, index and ingestion."""
        pipeline = build_pipeline(
            settings,
            encoder=self.encoder,
            index=self.index,
            tokenizer=build_tokenizer(self.encoder),
            visible=self.visible,
            texts=self.texts,
            library=self.library,
        )
        async with pipeline.health_checked():
            yield pipeline


@asynccontextmanager
async def open_corpus(dataset: Dataset, settings: Settings, *, on_progress: Progress) -> AsyncIterator[Corpus]:
    """Indexes chunks, or ingests files with a worker, in a temporary folder.

    Raises:
        ConfigurationError: there are no documents, or one was refused.
    """
    if dataset.chunks:
        encoder = build_encoder(settings.encoder, settings.models)
        caching_encoder = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
        async with indexed(dataset.chunks, settings, caching_encoder, on_progress=on_progress) as index:
            yield Corpus(
                scope=SCOPE,
                encoder=encoder,
                caching_encoder=caching_encoder,
                index=index,
                visible=lambda _, versions: versions,
            )
        return
    if not dataset.files:
        raise ConfigurationError(
            f"{dataset.name} comes without documents. Put it as questions.jsonl into a folder, beside documents/ or "
            "corpus.jsonl, or ask it of a collection of a running service with POST /v1/evals."
        )
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        own = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": Path(folder)})})
        async with ingested_service(dataset.files, own, on_progress=on_progress) as service:
            yield Corpus(
                scope=Scope(tenant=own.tenant, collection=COLLECTION),
                encoder=service.engine.encoder,
                caching_encoder=service.engine.encoder,
                index=service.index,
                visible=service.storage.catalog.visible_to_asker,
                texts=StoredTexts(own.storage.folder / EXTRACTED_FOLDER),
                library=service.storage.catalog,
            )
