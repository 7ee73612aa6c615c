"""Builds the worker and the sandbox, which ingest documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from ingest.cleanup.expire import Expirer
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import IndexRewriter
from ingest.jobs.indexing import Indexer
from ingest.jobs.ingestion import DocumentReader, Ingestion
from ingest.jobs.worker import PARSERS, Worker
from ingest.opening import EXTRACTED_FOLDER, SNAPSHOT_PREFIX, Engine, Storage
from ingest.sandbox.pool import SandboxPool
from ingest.sandbox.sandbox import Sandbox
from rag.catalog.jobs import LEASE_SECONDS
from rag.errors import ConfigurationError
from rag.factory import build_guard, in_background, index_folder
from rag.models.calibrations import calibration_of
from rag.settings import Settings
from rag.stages import Encoder
from rag.telemetry.recorder import Observer

_MAX_ATTEMPTS = 3  # starts of a job that end with its worker, its parser or a fault of ours
_IDLE_SECONDS = 60.0
_BARE = {"unstructured": "unstructured", "rapidocr_onnxruntime": "rapidocr-onnxruntime"}
"""Modules and their packages, which are installed without their requirements: see pyproject.toml."""


def extracted_folder(storage: Path) -> Path:
    """Returns the folder of the extracted texts, which has a folder for each version."""
    return storage / EXTRACTED_FOLDER


def build_sandboxes(settings: Settings, encoder: Encoder) -> SandboxPool:
    """Returns a sandbox for each document that a worker parses at the same time; see ``build_sandbox``."""
    idle_seconds = (None, *(_IDLE_SECONDS,) * (PARSERS - 1))
    return SandboxPool([build_sandbox(settings, encoder, idle_seconds=seconds) for seconds in idle_seconds])


def build_sandbox(settings: Settings, encoder: Encoder, *, idle_seconds: float | None = None) -> Sandbox:
    """Returns a sandbox that chunks for the encoder; its process starts with the first file.

    The process ends after ``idle_seconds`` without files; None keeps it.

    Raises:
        ConfigurationError: a package that has to be installed without its requirements is missing.
    """
    missing = [name for module, name in _BARE.items() if find_spec(module) is None]
    if missing:
        raise ConfigurationError(
            f"What reads documents is not installed whole. Run 'pip install --no-deps {' '.join(missing)}': without "
            "their requirements, for what they need of those came with Citewell."
        )
    return Sandbox(
        settings.ingestion,
        tokenizer_file=encoder.tokenizer_file,
        max_tokens=encoder.max_tokens,
        chunk_tokens=calibration_of(encoder.name).chunk_tokens,
        idle_seconds=idle_seconds,
        personal_data=settings.personal_data.documents,
    )


def build_worker(
    settings: Settings,
    storage: Storage,
    engine: Engine,
    sandbox: DocumentReader,
    observers: Sequence[Observer] = (),
    *,
    drop_caches: Callable[[], None] | None = None,
) -> Worker:
    """Returns a worker that is not running yet. Each purge calls ``drop_caches``, by default those of the engine."""
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
        max_attempts=_MAX_ATTEMPTS,
        min_free_bytes=settings.storage.min_free_bytes,
        guard=build_guard(settings),
        observers=observers,
    )
    purger = Purger(
        storage.deletions,
        index=engine.index,
        blobs=storage.blobs,
        extracted_folder=folder,
        evaluations_folder=settings.storage.folder / "evals",
        drop_caches=drop_caches or engine.arms.drop_caches,
    )
    rewriter = IndexRewriter(
        storage.deletions,
        index=engine.index,
        after_seconds=settings.storage.erase_after_seconds,
        has_copies=partial(_has_copies, settings, storage),
        observers=observers,
    )
    expirer = Expirer(
        blobs=storage.blobs,
        catalog=storage.catalog,
        deletions=storage.deletions,
        keys=storage.keys,
        by_age=(
            partial(storage.usage.remove_old, days=settings.monitoring.usage_days),
            partial(storage.answers.remove_old, days=settings.feedback.keep_days),
            partial(storage.conversations.remove_old, days=settings.conversations.keep_days),
            storage.trail.anchor,
            partial(storage.trail.remove_old, days=settings.security.audit_days),
        ),
    )
    return Worker(
        catalog=storage.catalog,
        queue=storage.queue,
        ingestion=ingestion,
        sandbox=sandbox,
        index=engine.index,
        purger=purger,
        rewriter=rewriter,
        expirer=expirer,
        lease_seconds=LEASE_SECONDS,
        exclusive=storage.exclusive,
        observers=observers,
    )


def _has_copies(settings: Settings, storage: Storage) -> bool:
    """Returns whether the data folder holds another copy of the index, or of a part of it."""
    others = [index_folder(settings, number) for number in storage.indexes.left_over()]
    return any(other.exists() for other in others) or any(settings.storage.folder.glob(f"{SNAPSHOT_PREFIX}*"))
