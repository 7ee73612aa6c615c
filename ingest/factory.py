"""Builds what takes documents in."""

from __future__ import annotations

from pathlib import Path

from ingest.housekeeping import Housekeeper
from ingest.indexing import Indexer
from ingest.ingestion import Ingestion
from ingest.purging import Purger
from ingest.sandbox import Sandbox
from ingest.storage import Engine, Storage
from ingest.worker import Worker, Workshop
from rag.factory import in_background
from rag.settings import Settings
from rag.stages import Encoder


def extracted_folder(storage: Path) -> Path:
    """Returns where the extracted texts lie, a folder a version."""
    return storage / "extracted"


def build_sandbox(settings: Settings, encoder: Encoder) -> Sandbox:
    """Returns a sandbox that chunks for the encoder; its process starts with the first file."""
    return Sandbox(settings.ingestion, tokenizer_file=encoder.tokenizer_file, max_tokens=encoder.max_tokens)


def build_worker(settings: Settings, storage: Storage, engine: Engine, sandbox: Sandbox) -> Worker:
    """Returns a worker that is not running yet."""
    folder = extracted_folder(settings.storage.folder)
    ingestion = Ingestion(
        queue=storage.queue,
        blobs=storage.blobs,
        extracted_folder=folder,
        sandbox=sandbox,
        indexer=Indexer(
            encoder=in_background(engine.encoder), index=engine.index, batch_size=settings.encoder.batch_size
        ),
        index=engine.index,
        max_attempts=settings.ingestion.max_attempts,
        min_free_bytes=settings.storage.min_free_bytes,
    )
    purger = Purger(
        storage.deletions,
        index=engine.index,
        blobs=storage.blobs,
        extracted_folder=folder,
        drop_caches=engine.pipeline.drop_caches,
    )
    housekeeper = Housekeeper(
        blobs=storage.blobs, catalog=storage.catalog, deletions=storage.deletions, keys=storage.keys
    )
    return Worker(
        Workshop(
            catalog=storage.catalog,
            queue=storage.queue,
            ingestion=ingestion,
            sandbox=sandbox,
            index=engine.index,
            purger=purger,
            housekeeper=housekeeper,
            lease_seconds=settings.ingestion.lease_seconds,
            exclusive=storage.exclusive,
        )
    )
