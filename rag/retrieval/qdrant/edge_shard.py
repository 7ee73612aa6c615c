"""One Qdrant Edge shard in one folder, with blocking calls.

``EdgeShard`` holds Python's interpreter lock during a call, so calls are kept short; ``optimize``, which takes minutes,
runs in a separate process (``edge_rewriter``). The caller serialises calls.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FacetRequest,
    KeywordIndexParams,
    Point,
    QueryBatchRequest,
    ScrollRequest,
    UpdateOperation,
)

from rag.errors import FolderInUseError, IndexUnavailableError
from rag.retrieval.qdrant.edge_requests import (
    ONLY_SENTENCES,
    bm25_request,
    dense_request,
    shard_config,
    text_index,
    to_filter,
    to_point,
    to_scored,
)
from rag.retrieval.qdrant.payload import (
    CHUNK_ID,
    KEYWORDS,
    SCOPE,
    TEXT,
    VERSION_ID,
    TextAnalysis,
    in_scope,
    point_id,
    scope_key,
    scope_of_key,
    to_sentences,
)
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, SentenceVectors

if TYPE_CHECKING:
    from qdrant_edge import PointId

BACKEND = "qdrant-edge"

_LOG = logging.getLogger(__name__)
_BLOCK_BYTES = 512  # of ``st_blocks``, whatever the file system's own are

_LOCKED = "WouldBlock"
_PANIC = "PanicException"
_EVERY = 10_000_000
"""A limit above the number of versions in any index."""
_POINTS_PER_CALL = 500


class Shard:
    """An open shard. Only one process can have it open."""

    def __init__(self, folder: Path, shard: EdgeShard) -> None:
        self.folder = folder
        self._shard = shard
        self._scopes = self._values(SCOPE)

    @classmethod
    def create(cls, folder: Path, *, dimensions: int, analysis: TextAnalysis) -> Shard:
        """Creates an empty shard in ``folder``, which must not exist.

        Raises:
            IndexUnavailableError: the folder cannot be written.
        """
        with _translated(folder):
            folder.mkdir(parents=True)
            shard = EdgeShard.create(str(folder), shard_config(dimensions))
            shard.update(UpdateOperation.create_field_index(TEXT, text_index(analysis)))
            for field in KEYWORDS:
                schema = KeywordIndexParams(is_tenant=field == SCOPE)
                shard.update(UpdateOperation.create_field_index(field, schema))
            shard.flush()
            return cls(folder, shard)

    @classmethod
    def load(cls, folder: Path) -> Shard:
        """Opens the shard in ``folder``.

        Raises:
            FolderInUseError: another process, or another object of this one, has it open.
            IndexUnavailableError: the shard is missing or damaged.
        """
        _warn_of_little_room(folder)
        with _translated(folder):
            shard = EdgeShard.load(str(folder))
            missing = {TEXT, *KEYWORDS} - shard.info().payload_schema.keys()
            if missing:
                shard.close()
                raise _unavailable(folder, f"its index on {', '.join(sorted(missing))} is gone")
            return cls(folder, shard)

    def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        """Stores chunks, replacing those with the same id."""
        self._scopes.add(scope_key(scope))
        points = [to_point(scope, encoded) for encoded in chunks]
        self._update(UpdateOperation.upsert_points(points))

    def copy_version(self, scope: Scope, version_id: str, target: Scope) -> None:
        """Copies the points of a version into another scope."""
        self._scopes.add(scope_key(target))
        offset = None
        while True:
            request = ScrollRequest(
                limit=_POINTS_PER_CALL,
                offset=offset,
                filter=to_filter(scope, version_id=version_id),
                with_payload=True,
                with_vector=True,
            )
            with _translated(self.folder):
                records, offset = self._shard.scroll(request)
            points = []
            for record in records:
                payload = in_scope(record.payload or {}, target)
                points.append(Point(point_id(target, payload[CHUNK_ID]), record.vector or [], payload))
            if points:
                self._update(UpdateOperation.upsert_points(points))
            if offset is None:
                return

    def delete_version(self, scope: Scope, version_id: str) -> None:
        self._update(UpdateOperation.delete_points_by_filter(to_filter(scope, version_id=version_id)))

    def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        """Returns the candidates of both sides, best first."""
        narrowed = to_filter(scope, query.filter)
        requests = [bm25_request(scope, query, narrowed, alone=self._scopes <= {scope_key(scope)})]
        if query.vector is not None:
            requests.append(dense_request(query.vector, query.limit, narrowed))
        with _translated(self.folder):
            bm25, *dense = self._shard.query_batch(QueryBatchRequest(requests))
        return Candidates(dense=to_scored(dense[0]) if dense else (), bm25=to_scored(bm25))

    def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> dict[str, SentenceVectors]:
        """Returns the stored vectors of sentences by chunk id."""
        ids: list[PointId] = [point_id(scope, chunk_id) for chunk_id in chunk_ids]
        with _translated(self.folder):
            payloads = [record.payload or {} for record in self._shard.retrieve(ids, ONLY_SENTENCES, with_vector=False)]
        found = {payload[CHUNK_ID]: to_sentences(payload) for payload in payloads}
        return {chunk_id: sentences for chunk_id, sentences in found.items() if sentences is not None}

    def count(self, scope: Scope, *, version_id: str | None) -> int:
        with _translated(self.folder):
            return self._shard.count(CountRequest(exact=True, filter=to_filter(scope, version_id=version_id)))

    def versions(self) -> dict[Scope, dict[str, int]]:
        """Returns the number of chunks by version, by scope."""
        found: dict[Scope, dict[str, int]] = {}
        with _translated(self.folder):
            scopes = self._shard.facet(FacetRequest(SCOPE, limit=_EVERY, exact=True)).hits
            for scope in [scope_of_key(str(hit.value)) for hit in scopes if hit.count]:
                request = FacetRequest(VERSION_ID, limit=_EVERY, exact=True, filter=to_filter(scope))
                found[scope] = {str(hit.value): hit.count for hit in self._shard.facet(request).hits if hit.count}
        return found

    def count_unindexed(self) -> int:
        """Returns the number of vectors outside the graph, which are searched by brute force."""
        with _translated(self.folder):
            info = self._shard.info()
        return info.points_count - info.indexed_vectors_count

    def copy_points_to(self, other: Shard) -> None:
        """Adds all points to another shard, except deleted ones, whose bytes remain in this shard's files."""
        offset = None
        while True:
            with _translated(self.folder):
                records, offset = self._shard.scroll(
                    ScrollRequest(limit=_POINTS_PER_CALL, offset=offset, with_payload=True, with_vector=True)
                )
            points = [Point(record.id, record.vector or [], record.payload) for record in records]
            other._update(UpdateOperation.upsert_points(points))
            if offset is None:
                return

    def optimize(self) -> bool:
        """Builds the graph, which takes minutes. Returns whether there was anything to do."""
        with _translated(self.folder):
            return self._shard.optimize()

    def flush(self) -> None:
        """Writes everything to disk."""
        with _translated(self.folder):
            self._shard.flush()

    def close(self) -> None:
        """Writes everything to disk and releases the folder."""
        with _translated(self.folder):
            self._shard.close()

    def _update(self, operation: UpdateOperation) -> None:
        with _translated(self.folder):
            self._shard.update(operation)

    def _values(self, field: str) -> set[str]:
        with _translated(self.folder):
            hits = self._shard.facet(FacetRequest(field, limit=2, exact=True)).hits
        return {str(hit.value) for hit in hits}


def sync_log(folder: Path) -> None:
    """Waits until the shard's write-ahead log is on disk. Faster than a flush, and holds no interpreter lock."""
    for file in (folder / "wal").iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def copy_folder(source: Path, target: Path) -> None:
    """Copies a shard's folder without the holes of its sparse files, which are most of a small shard."""
    shutil.copytree(source, target, copy_function=_copy_sparse)


def _copy_sparse(source: str, target: str) -> None:
    with Path(source).open("rb", buffering=0) as old, Path(target).open("wb", buffering=0) as new:
        size = os.fstat(old.fileno()).st_size
        new.truncate(size)
        start = 0
        while start < size:
            try:
                start = os.lseek(old.fileno(), start, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break  # only a hole is left
            end = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            os.lseek(new.fileno(), start, os.SEEK_SET)
            while start < end and (copied := os.sendfile(new.fileno(), old.fileno(), start, end - start)):
                start += copied


def _unavailable(folder: Path, reason: str) -> IndexUnavailableError:
    return IndexUnavailableError(BACKEND, f"{folder}: {reason}. If it is damaged, 'citewell reindex' builds it anew")


def _warn_of_little_room(folder: Path) -> None:
    """Says so where the disk has less room than the index may want: then the system ends the process without a word.

    The index maps large files to memory, and they take up room only where something has been written.
    """
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    wanted = sum(max(0, file.st_size - file.st_blocks * _BLOCK_BYTES) for file in files)
    if files and wanted > (free := shutil.disk_usage(folder).free):
        _LOG.warning(
            "The index may want %d MB more, and its disk has %d MB free. If the service ends without a message now, "
            "make room on the disk of %s and start it again: nothing is lost.",
            wanted // 1_048_576,
            free // 1_048_576,
            folder,
        )


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Translates errors: bare ``Exception``, and Rust panics, a ``BaseException`` whose class cannot be imported."""
    try:
        yield
    except IndexUnavailableError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        if _LOCKED in str(error):
            raise FolderInUseError(str(folder), "another process") from error
        raise _unavailable(folder, str(error)) from error
