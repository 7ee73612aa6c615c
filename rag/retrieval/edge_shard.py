"""Qdrant Edge's door: one shard in one folder, with blocking calls.

``EdgeShard`` holds Python's interpreter lock for as long as a call takes, so every call here is kept short, and the one
that cannot be short, ``optimize``, belongs into a process of its own (``edge_optimizer``). The caller serialises calls.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeVectorParams,
    FacetRequest,
    FieldCondition,
    Filter,
    IdfParams,
    KeywordIndexParams,
    Language,
    MatchAny,
    MatchValue,
    Memory,
    Point,
    QuantizationSearchParams,
    Query,
    QueryBatchRequest,
    QueryRequest,
    ScoredPoint,
    SearchParams,
    SnowballLanguage,
    SnowballParams,
    TextIndexParams,
    TextQuery,
    TokenizerType,
    TurboQuantBitSize,
    TurboQuantQuantizationConfig,
    UpdateOperation,
)

from rag.errors import FolderInUseError, IndexUnavailableError
from rag.retrieval.point_payload import (
    DOCUMENT_ID,
    KEYWORDS,
    MEDIA_TYPE,
    SCOPE,
    TEXT,
    VERSION_ID,
    point_id,
    scope_key,
    to_chunk,
    to_payload,
)
from rag.retrieval.text_analysis import TextAnalysis, TextTokenizer
from rag.types import Candidates, EncodedChunk, FloatArray, IndexQuery, Scope, ScoredChunk, SearchFilter

if TYPE_CHECKING:
    from qdrant_edge import ConditionType

BACKEND = "qdrant-edge"

INDEXING_THRESHOLD_BYTES = 10_240_000
"""A graph is built once so many bytes of vectors are without one; brute force over fewer is quick."""

_OVERSAMPLING = 2.0
_TOKENIZERS = {TextTokenizer.MULTILINGUAL: TokenizerType.Multilingual, TextTokenizer.WORD: TokenizerType.Word}
_ALL = SearchFilter()
_LOCKED = "WouldBlock"
_PANIC = "PanicException"


class Shard:
    """An open shard. Only one process can have it open."""

    def __init__(self, folder: Path, shard: EdgeShard) -> None:
        self.folder = folder
        self._shard = shard
        self._scopes = self._values(SCOPE)

    @classmethod
    def create(cls, folder: Path, *, dimensions: int, analysis: TextAnalysis) -> Shard:
        """Makes an empty shard in ``folder``, which must not hold one.

        Raises:
            IndexUnavailableError: the folder cannot be written.
        """
        with _translated(folder):
            folder.mkdir(parents=True)
            shard = EdgeShard.create(str(folder), _config(dimensions))
            shard.update(UpdateOperation.create_field_index(TEXT, _text_index(analysis)))
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
            IndexUnavailableError: it is missing or damaged.
        """
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
        points = [
            Point(point_id(scope, encoded.chunk.chunk_id), _to_list(encoded.vector), to_payload(scope, encoded.chunk))
            for encoded in chunks
        ]
        self._update(UpdateOperation.upsert_points(points))

    def delete_version(self, scope: Scope, version_id: str) -> None:
        """Removes a version's chunks."""
        self._update(UpdateOperation.delete_points_by_filter(_filter(scope, version_id=version_id)))

    def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        """Returns the best of both sides, best first."""
        narrowed = _filter(scope, query.filter)
        requests = [self._bm25_request(scope, query, narrowed)]
        if query.vector is not None:
            requests.append(_dense_request(query.vector, query.limit, narrowed))
        with _translated(self.folder):
            bm25, *dense = self._shard.query_batch(QueryBatchRequest(requests))
        return Candidates(dense=_to_scored(dense[0]) if dense else (), bm25=_to_scored(bm25))

    def count(self, scope: Scope, *, version_id: str | None) -> int:
        """Returns the number of chunks in the scope or in one of its versions."""
        with _translated(self.folder):
            return self._shard.count(CountRequest(exact=True, filter=_filter(scope, version_id=version_id)))

    def count_unindexed(self) -> int:
        """Returns how many vectors are searched by brute force."""
        with _translated(self.folder):
            info = self._shard.info()
        return info.points_count - info.indexed_vectors_count

    def optimize(self) -> bool:
        """Builds the graph; takes minutes. Returns whether anything was done."""
        with _translated(self.folder):
            return self._shard.optimize()

    def flush(self) -> None:
        """Writes everything to disk."""
        with _translated(self.folder):
            self._shard.flush()

    def close(self) -> None:
        """Writes everything to disk and lets go of the folder."""
        with _translated(self.folder):
            self._shard.close()

    def _update(self, operation: UpdateOperation) -> None:
        with _translated(self.folder):
            self._shard.update(operation)

    def _bm25_request(self, scope: Scope, query: IndexQuery, narrowed: Filter) -> QueryRequest:
        """Word statistics come from the scope alone, so that one tenant's words never weigh in another's ranking.

        Taking them over a filter doubles the cost, so a shard that has only ever held this scope is taken whole.
        """
        alone = self._scopes <= {scope_key(scope)}
        params = None if alone else SearchParams(idf=IdfParams(_filter(scope)))
        words = TextQuery(TEXT, query.text)
        return QueryRequest(limit=query.limit, query=words, filter=narrowed, with_payload=True, params=params)

    def _values(self, field: str) -> set[str]:
        with _translated(self.folder):
            hits = self._shard.facet(FacetRequest(field, limit=2, exact=True)).hits
        return {str(hit.value) for hit in hits}


def sync_log(folder: Path) -> None:
    """Waits until the shard's write-ahead log is on the disk: quicker than a flush, and threads go on meanwhile."""
    for file in (folder / "wal").iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _config(dimensions: int) -> EdgeConfig:
    return EdgeConfig(
        vectors=EdgeVectorParams(size=dimensions, distance=Distance.Cosine),
        quantization_config=TurboQuantQuantizationConfig(bits=TurboQuantBitSize.Bits4, memory=Memory.Pinned),
        optimizers=EdgeOptimizersConfig(indexing_threshold=INDEXING_THRESHOLD_BYTES // 1_024),
        payload_memory=Memory.Cached,
    )


def _text_index(analysis: TextAnalysis) -> TextIndexParams:
    return TextIndexParams(
        tokenizer=_TOKENIZERS[analysis.tokenizer],
        lowercase=True,
        stopwords=Language.English if analysis.english_stop_words else None,
        stemmer=SnowballParams(SnowballLanguage.English) if analysis.english_stemmer else None,
        scoring=True,
    )


def _dense_request(vector: FloatArray, limit: int, narrowed: Filter) -> QueryRequest:
    # Codes of four bits a dimension choose the candidates, the full vectors their order.
    params = SearchParams(quantization=QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING))
    nearest = Query.Nearest(_to_list(vector))
    return QueryRequest(limit=limit, query=nearest, filter=narrowed, with_payload=True, params=params)


def _filter(scope: Scope, search: SearchFilter = _ALL, *, version_id: str | None = None) -> Filter:
    must: list[ConditionType] = [FieldCondition(key=SCOPE, match=MatchValue(scope_key(scope)))]
    if version_id is not None:
        must.append(FieldCondition(key=VERSION_ID, match=MatchValue(version_id)))
    if search.document_ids:
        must.append(FieldCondition(key=DOCUMENT_ID, match=MatchAny(sorted(search.document_ids))))
    if search.media_types:
        must.append(FieldCondition(key=MEDIA_TYPE, match=MatchAny(sorted(search.media_types))))
    return Filter(must=must)


def _to_list(vector: FloatArray) -> list[float]:
    return cast("list[float]", vector.tolist())


def _to_scored(points: Sequence[ScoredPoint]) -> tuple[ScoredChunk, ...]:
    return tuple(ScoredChunk(chunk=to_chunk(point.payload or {}), score=point.score) for point in points)


def _unavailable(folder: Path, reason: str) -> IndexUnavailableError:
    return IndexUnavailableError(BACKEND, f"{folder}: {reason}. If it is damaged, restore it, or remove it and reindex")


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """EdgeShard raises bare ``Exception``, and a Rust panic as a ``BaseException`` whose class cannot be imported."""
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
