"""Everything a running service holds, and how it comes up and goes down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ingest.blob_store import BlobStore
from ingest.factory import build_sandbox, build_worker
from ingest.intake import Intake
from ingest.worker import Worker
from rag.catalog.catalog import Catalog
from rag.catalog.database import Database
from rag.catalog.jobs import JobQueue
from rag.factory import build_encoder, build_index, build_pipeline, build_tokenizer
from rag.folder_lock import FolderLock
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.stages import ChunkIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts that requests and evaluations use."""

    settings: Settings
    catalog: Catalog
    queue: JobQueue
    intake: Intake
    index: ChunkIndex
    pipeline: Pipeline
    worker: Worker
    worker_task: asyncio.Task[None]
    lock: FolderLock


@asynccontextmanager
async def running_service(settings: Settings) -> AsyncIterator[Service]:
    """Opens the data folder, loads the models and starts the worker; closes all of it at the end.

    Raises:
        FolderInUseError: another process owns the data folder.
        ConfigurationError: a model or the index cannot be opened.
    """
    async with AsyncExitStack() as stack:
        lock = FolderLock(settings.storage.folder)
        lock.acquire()
        stack.callback(lock.release)
        database = Database.open(settings.storage.folder / "catalog.db")
        stack.callback(database.close)
        encoder = await asyncio.to_thread(build_encoder, settings.encoder, settings.models)
        index = await asyncio.to_thread(build_index, settings, encoder)
        stack.push_async_callback(index.close)
        catalog, queue = Catalog(database), JobQueue(database)
        blobs = BlobStore(settings.storage.folder / "blobs")
        sandbox = build_sandbox(settings, encoder)
        stack.callback(sandbox.close)
        worker = build_worker(
            settings,
            catalog=catalog,
            queue=queue,
            blobs=blobs,
            sandbox=sandbox,
            encoder=encoder,
            index=index,
        )
        worker_task = asyncio.create_task(worker.run(), name="worker")
        stack.push_async_callback(_stop, worker_task)
        pipeline = build_pipeline(
            settings,
            encoder=encoder,
            index=index,
            tokenizer=build_tokenizer(encoder),
            visible=catalog.visible,
        )
        yield Service(
            settings=settings,
            catalog=catalog,
            queue=queue,
            intake=Intake(catalog=catalog, blobs=blobs, max_bytes=settings.ingestion.max_upload_bytes),
            index=index,
            pipeline=pipeline,
            worker=worker,
            worker_task=worker_task,
            lock=lock,
        )


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
