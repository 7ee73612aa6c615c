"""Builds what takes documents in."""

from __future__ import annotations

from pathlib import Path

from ingest.blob_store import BlobStore
from ingest.indexing import Indexer
from ingest.sandbox import Sandbox
from ingest.worker import Worker, Workshop
from rag.catalog.catalog import Catalog
from rag.catalog.jobs import JobQueue
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder


def extracted_folder(storage: Path) -> Path:
    """Returns where the extracted texts lie, a folder a version."""
    return storage / "extracted"


def build_sandbox(settings: Settings, encoder: Encoder) -> Sandbox:
    """Returns a sandbox that chunks for the encoder; its process starts with the first file."""
    return Sandbox(settings.ingestion, tokenizer_file=encoder.tokenizer_file, max_tokens=encoder.max_tokens)


def build_worker(
    settings: Settings,
    *,
    catalog: Catalog,
    queue: JobQueue,
    blobs: BlobStore,
    sandbox: Sandbox,
    encoder: Encoder,
    index: ChunkIndex,
) -> Worker:
    """Returns a worker that is not running yet."""
    return Worker(
        Workshop(
            catalog=catalog,
            queue=queue,
            blobs=blobs,
            extracted_folder=extracted_folder(settings.storage.folder),
            sandbox=sandbox,
            indexer=Indexer(encoder=encoder, index=index, batch_size=settings.encoder.batch_size),
            index=index,
        )
    )
