"""Builds a new index beside the active one, compares the two, and switches without a pause."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ingest.factory import extracted_folder
from ingest.jobs.indexing import Indexer, build_chunks
from ingest.opening import Engine, Storage, open_engine
from ingest.storage.extracted_text import load_extracted
from rag.answers import Question
from rag.catalog.database.records import KeptVersion
from rag.catalog.indexes import Generation
from rag.errors import CitewellError, ConflictError, ModelNotAllowedError
from rag.factory import in_background, remove_index
from rag.models.trained import ModelKind, TrainedModels
from rag.settings import EncoderSettings, Settings, profile_encoders
from rag.types import Scope

_LOG = logging.getLogger(__name__)
_COMPARED_HITS = 8


class BuildState(StrEnum):
    """A build's state."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuestion:
    """A question for comparing two indexes, with the names of documents that answer it, if they are known."""

    text: str
    scope: Scope
    documents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDifference:
    """The difference between the first eight hits of two indexes for the same questions.

    ``overlap`` is the mean share of hits that both found. The hit rates are the share of questions for which a
    document that answers it was found; None where no question names one.
    """

    questions: int
    overlap: float
    hit_rate_now: float | None
    hit_rate_new: float | None


@dataclass(slots=True, kw_only=True)
class Build:
    """A new index and its progress. ``engine`` is set once its models are loaded."""

    generation: Generation
    state: BuildState = BuildState.BUILDING
    versions_done: int = 0
    versions_total: int = 0
    failure: str | None = None
    comparison: IndexDifference | None = None
    engine: Engine | None = None
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    task: asyncio.Task[None] | None = None


def check_allowed(model: str, settings: Settings) -> None:
    """Refuses an encoder that is not named by the settings or a profile, and is not a promoted training.

    Raises:
        ModelNotAllowedError: the encoder is refused; the error does not tell whether the model exists.
    """
    chosen = settings.encoder
    default = EncoderSettings.model_fields["model"].default
    trained = TrainedModels(settings.storage.folder).promoted(ModelKind.ENCODER).values()
    allowed = {default, chosen.model, *profile_encoders(), *chosen.allowed_models}
    if model not in allowed and Path(model).absolute() not in {folder.absolute() for folder in trained}:
        raise ModelNotAllowedError(model)


class Reindexer:
    """Builds new indexes, one at a time."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage
        self._texts = extracted_folder(settings.storage.folder)
        self.build: Build | None = None

    async def begin(self, encoder: EncoderSettings, now: Engine, questions: Sequence[ComparedQuestion]) -> Build:
        """Starts to build an index with ``encoder`` from the stored texts, to be compared with ``now``.

        Raises:
            ConflictError: another build is running or ready.
        """
        if self.build is not None and self.build.state is not BuildState.FAILED:
            raise ConflictError(
                "Another index is being built, or waits. Wait for it, or throw it away: citewell reindex --discard."
            )
        await self.discard()
        build = Build(generation=await asyncio.to_thread(self._storage.indexes.begin, encoder))
        build.task = asyncio.create_task(self._run(build, now, questions), name="reindex")
        self.build = build
        return build

    async def discard(self) -> None:
        """Stops a build and removes its index. Does nothing without one."""
        build, self.build = self.build, None
        if build is None:
            return
        if build.task is not None:
            build.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await build.task
        await build.stack.aclose()
        await remove_index(self._settings, build.generation.number)

    async def take(self) -> Build:
        """Brings a ready build up to date and returns it. Call it while no worker runs.

        Raises:
            ConflictError: none is ready.
        """
        build = self.build
        if build is None or build.engine is None or build.state is not BuildState.READY:
            raise ConflictError("No new index is ready. Build one, and wait until it is.")
        await self._catch_up(build, build.engine)
        self.build = None
        return build

    async def _run(self, build: Build, now: Engine, questions: Sequence[ComparedQuestion]) -> None:
        try:
            engine = await build.stack.enter_async_context(open_engine(self._settings, self._storage, build.generation))
            build.engine = engine
            while await self._catch_up(build, engine):
                pass
            if questions:
                build.comparison = await _compare(now, engine, questions)
            build.state = BuildState.READY
        except CitewellError as error:
            _LOG.warning("the new index cannot be built: %s", error)
            build.failure = str(error)
            build.state = BuildState.FAILED
        except Exception as error:  # noqa: BLE001 - clients that wait for the build must see that it failed
            _LOG.exception("the new index cannot be built")
            build.failure = f"{type(error).__name__}: {error}"
            build.state = BuildState.FAILED

    async def _catch_up(self, build: Build, engine: Engine) -> int:
        """Makes the new index hold exactly the active versions. Returns how many versions it changed."""
        kept = await asyncio.to_thread(self._storage.catalog.inventory)
        active = {version.version_id: version for version in kept if version.is_active}
        held = await engine.index.versions()
        counts = {version_id: count for versions in held.values() for version_id, count in versions.items()}
        missing = [version for version in active.values() if counts.get(version.version_id, 0) != version.chunk_count]
        surplus = [
            (scope, version) for scope, versions in held.items() for version in versions if version not in active
        ]
        build.versions_total = len(active)
        build.versions_done = len(active) - len(missing)
        for scope, version_id in surplus:
            await engine.index.delete_version(scope, version_id)
        for version in missing:
            await self._add(engine, version)
            build.versions_done += 1
        return len(missing) + len(surplus)

    async def _add(self, engine: Engine, version: KeptVersion) -> None:
        try:
            extracted, spans = await asyncio.to_thread(load_extracted, self._texts / version.version_id)
        except (OSError, ValueError) as error:
            raise ConflictError(
                f"The stored text of '{version.name}' cannot be read ({error}). "
                "'citewell audit-index --read-everything --repair' has the document read again."
            ) from error
        chunks = build_chunks(version, extracted, spans)
        indexer = Indexer(
            encoder=in_background(engine.encoder), index=engine.index, batch_size=self._settings.encoder.batch_size
        )
        await engine.index.delete_version(version.scope, version.version_id)
        await indexer.add(version.scope, chunks)


async def _compare(now: Engine, new: Engine, questions: Sequence[ComparedQuestion]) -> IndexDifference:
    overlaps: list[float] = []
    hits: list[tuple[bool, bool]] = []
    for question in questions:
        asked = Question(text=question.text, scope=question.scope)
        found = [(await engine.pipeline.search(asked, limit=_COMPARED_HITS)).hits for engine in (now, new)]
        passages = [{hit.chunk.chunk_id for hit in side} for side in found]
        union = passages[0] | passages[1]
        overlaps.append(len(passages[0] & passages[1]) / len(union) if union else 1.0)
        if question.documents:
            old_hit, new_hit = (any(hit.chunk.name in question.documents for hit in side) for side in found)
            hits.append((old_hit, new_hit))
    return IndexDifference(
        questions=len(questions),
        overlap=sum(overlaps) / len(overlaps),
        hit_rate_now=sum(old for old, _ in hits) / len(hits) if hits else None,
        hit_rate_new=sum(new for _, new in hits) / len(hits) if hits else None,
    )
