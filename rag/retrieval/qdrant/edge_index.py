"""An index of dense vectors and BM25 inside the service's process, stored in a folder."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from rag.errors import FolderInUseError, IndexUnavailableError
from rag.retrieval.qdrant.edge_manifest import Manifest, check_manifest, read_manifest, write_manifest
from rag.retrieval.qdrant.edge_requests import INDEXING_THRESHOLD_BYTES
from rag.retrieval.qdrant.edge_rewriter import RewriterProcess
from rag.retrieval.qdrant.edge_shard import BACKEND, Shard, copy_folder, sync_log
from rag.retrieval.qdrant.payload import TextAnalysis
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, SentenceVectors

Result = TypeVar("Result")
Write = Callable[[Shard], None]

_BYTES_PER_NUMBER = 4
_CHUNKS_PER_CALL = 50
_CHUNKS_PER_FLUSH = 10_000


class EdgeIndex:
    """A ``ChunkIndex`` on Qdrant Edge. Owns its folder: a second instance on the same folder is refused.

    One thread makes all calls to the shard, because the shard holds the interpreter lock for the length of a call.
    Writes are cut into small calls, so that searches and the event loop wait only milliseconds.
    """

    def __init__(self, folder: Path, manifest: Manifest, shard: Shard, analysis: TextAnalysis) -> None:
        self._folder = folder
        self._manifest = manifest
        self._shard = shard
        self._analysis = analysis
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=BACKEND)
        self._writing = asyncio.Lock()
        self._rewriting = asyncio.Lock()
        self._rewriter: RewriterProcess | None = None
        self._journal: list[Write] | None = None
        self._unflushed = 0
        self._closed = False

    @classmethod
    def open(
        cls, folder: Path, *, dimensions: int, encoder_name: str, analysis: TextAnalysis | None = None
    ) -> EdgeIndex:
        """Opens or creates the index in ``folder``. Blocks: an index of 100,000 chunks takes seconds.

        Raises:
            ConfigurationError: the index was made with another encoder, dimension or text analysis.
            FolderInUseError: another process has it open.
            IndexUnavailableError: it is damaged, or the folder cannot be written.
        """
        folder = folder.absolute()
        analysis = analysis or TextAnalysis()
        wanted = Manifest(encoder=encoder_name, dimensions=dimensions, analysis=analysis.describe(), generation=1)
        try:
            found = read_manifest(folder)
            if found is None:
                shard = _create(folder, wanted, analysis)
            else:
                check_manifest(folder, found, wanted)
                shard = _load(folder, found)
            _remove_other_shards(folder, shard.folder)
        except OSError as error:
            raise IndexUnavailableError(BACKEND, str(error)) from error
        return cls(folder, found or wanted, shard, analysis)

    @property
    def name(self) -> str:
        return BACKEND

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        starts = range(0, len(chunks), _CHUNKS_PER_CALL)
        batches = [tuple(chunks[start : start + _CHUNKS_PER_CALL]) for start in starts]
        writes = [partial(Shard.upsert, scope=scope, chunks=batch) for batch in batches]
        await self._apply_writes(writes, points=len(chunks))

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        return await self._call_shard(partial(Shard.search, scope=scope, query=query))

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        return await self._call_shard(partial(Shard.sentences, scope=scope, chunk_ids=chunk_ids))

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        writes = [partial(Shard.copy_version, scope=scope, version_id=each, target=target) for each in version_ids]
        await self._apply_writes(writes, points=_CHUNKS_PER_CALL * len(writes))

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        await self._apply_writes([partial(Shard.delete_version, scope=scope, version_id=version_id)], points=1)

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        return await self._call_shard(partial(Shard.count, scope=scope, version_id=version_id))

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        return await self._call_shard(Shard.versions)

    async def save_copy(self, folder: Path) -> None:
        """Copies the index. Searches continue; writes wait."""
        async with self._writing:
            await self._call_shard(Shard.flush)
            manifest = self._manifest
            target = _shard_folder(folder, manifest.generation)
            try:
                await _copy_to_completion(self._shard.folder, target)
                await asyncio.to_thread(write_manifest, folder, manifest)
            except OSError as error:
                raise IndexUnavailableError(BACKEND, f"it cannot be copied: {error}") from error

    async def optimize(self) -> None:
        """Builds the graph if too many vectors are outside it; otherwise returns at once.

        Raises:
            IndexUnavailableError: see ``erase_deleted``.
        """
        async with self._rewriting:
            unindexed = await self._call_shard(Shard.count_unindexed)
            if unindexed * self._manifest.dimensions * _BYTES_PER_NUMBER >= INDEXING_THRESHOLD_BYTES:
                await self._rewrite()

    async def erase_deleted(self) -> bool:
        """Rewrites the index without the points deleted before the call. Returns True.

        A shard only marks points as deleted. Another process copies the others to a new shard and builds its graph,
        while this one serves searches and writes. Writes made during the rewrite are repeated on the new shard before
        it takes over. Needs twice the index's size on disk in addition.

        Raises:
            IndexUnavailableError: the index was closed during the call, or the disk is full; the old shard stays.
        """
        async with self._rewriting:
            await self._rewrite()
        return True

    async def ping(self) -> None:
        await self._call_shard(Shard.count_unindexed)

    async def close(self) -> None:
        """Stops a running rewrite and releases the folder. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._rewriter is not None:
            self._rewriter.stop()
        async with self._rewriting, self._writing:
            await self._run_in_shard_thread(self._shard.close)
            self._thread.shutdown(wait=False)

    async def _call_shard(self, call: Callable[[Shard], Result]) -> Result:
        self._refuse_when_closed()
        return await self._run_in_shard_thread(lambda: call(self._shard))

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise IndexUnavailableError(BACKEND, "it has been closed")

    async def _run_in_shard_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _apply_writes(self, writes: Sequence[Write], *, points: int) -> None:
        """Makes the writes one after another and returns when they are on disk; ``points`` is their size."""
        async with self._writing:
            for write in writes:
                # Journaled first: a cancelled caller leaves the call running, and repeating a write does no harm.
                if self._journal is not None:
                    self._journal.append(write)
                await self._call_shard(write)
            self._unflushed += points
            if self._unflushed >= _CHUNKS_PER_FLUSH:
                await self._call_shard(Shard.flush)
                self._unflushed = 0
            else:
                await asyncio.to_thread(sync_log, self._shard.folder)

    async def _rewrite(self) -> None:
        manifest = replace(self._manifest, generation=self._manifest.generation + 1)
        target = _shard_folder(self._folder, manifest.generation)
        source = target.with_name(f"{target.name}-source")
        try:
            await self._copy_and_start_journal(source)
            await self._run_in_shard_thread(lambda: self._create_empty(target))
            await self._run_rewriter(source, target)
            await self._switch_to(target, manifest)
        except OSError as error:
            raise IndexUnavailableError(BACKEND, f"it cannot be written anew: {error}") from error
        finally:
            self._journal = None
            self._rewriter = None
            await self._run_in_shard_thread(self._remove_unused)
        if leftover := [path for path in self._folder.glob("shard-*") if path != self._shard.folder]:
            raise IndexUnavailableError(BACKEND, f"{leftover[0]} cannot be removed")

    async def _copy_and_start_journal(self, folder: Path) -> None:
        async with self._writing:
            await self._call_shard(Shard.flush)
            await _copy_to_completion(self._shard.folder, folder)
            self._journal = []

    def _create_empty(self, folder: Path) -> None:
        Shard.create(folder, dimensions=self._manifest.dimensions, analysis=self._analysis).close()

    async def _run_rewriter(self, source: Path, target: Path) -> None:
        rewriter = await RewriterProcess.start(source, target)
        if self._closed:
            rewriter.stop()
        self._rewriter = rewriter
        await rewriter.wait()
        self._refuse_when_closed()

    async def _switch_to(self, target: Path, manifest: Manifest) -> None:
        shards = (self._shard, await self._run_in_shard_thread(partial(Shard.load, target)))
        try:
            async with self._writing:
                for write in self._journal or ():
                    await self._run_in_shard_thread(partial(write, shards[1]))
                await self._run_in_shard_thread(partial(self._commit, shards[1], manifest))
        finally:
            await self._run_in_shard_thread(partial(self._close_unused, shards))

    def _commit(self, shard: Shard, manifest: Manifest) -> None:
        # One call in the shard's thread, so that a cancelled caller cannot interrupt it.
        shard.flush()
        write_manifest(self._folder, manifest)
        self._shard, self._manifest = shard, manifest

    def _close_unused(self, shards: tuple[Shard, ...]) -> None:
        for shard in shards:
            if shard is not self._shard:
                shard.close()

    def _remove_unused(self) -> None:
        _remove_other_shards(self._folder, self._shard.folder)


async def _copy_to_completion(source: Path, target: Path) -> None:
    """Copies a shard's folder in a thread, and waits for the thread even when cancelled."""
    # Otherwise the thread would go on to fill a folder that the caller removes.
    copying = asyncio.ensure_future(asyncio.to_thread(copy_folder, source, target))
    try:
        await asyncio.shield(copying)
    finally:
        await asyncio.wait([copying])


def _create(folder: Path, manifest: Manifest, analysis: TextAnalysis) -> Shard:
    if leftover := sorted(path.name for path in folder.glob("shard-*")):
        reason = f"{folder} holds {', '.join(leftover)} but no manifest; 'citewell reindex' builds the index anew"
        raise IndexUnavailableError(BACKEND, reason)
    shard = Shard.create(_shard_folder(folder, manifest.generation), dimensions=manifest.dimensions, analysis=analysis)
    write_manifest(folder, manifest)
    return shard


def _shard_folder(folder: Path, generation: int) -> Path:
    return folder / f"shard-{generation}"


def _load(folder: Path, manifest: Manifest) -> Shard:
    shard = Shard.load(_shard_folder(folder, manifest.generation))
    if read_manifest(folder) != manifest:
        # Its owner switched to another shard while we were opening this one.
        shard.close()
        raise FolderInUseError(str(folder), "another process")
    return shard


def _remove_other_shards(folder: Path, keep: Path) -> None:
    """Removes unfinished and unused shards."""
    for shard in folder.glob("shard-*"):
        if shard != keep:
            shutil.rmtree(shard, ignore_errors=True)
