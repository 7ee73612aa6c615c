"""Builds requests to a Qdrant Edge shard, and reads its results, in the SDK's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    IdfParams,
    Language,
    MatchAny,
    MatchValue,
    Memory,
    PayloadSelector,
    Point,
    QuantizationSearchParams,
    Query,
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
)

from rag.retrieval.qdrant.payload import (
    CHUNK_ID,
    DOCUMENT_ID,
    MEDIA_TYPE,
    SCOPE,
    SENTENCES,
    TEXT,
    VERSION_ID,
    TextAnalysis,
    TextTokenizer,
    point_id,
    query_text,
    scope_key,
    to_chunk,
    to_payload,
)
from rag.types import EncodedChunk, FloatArray, IndexQuery, Scope, ScoredChunk, SearchFilter

if TYPE_CHECKING:
    from qdrant_edge import ConditionType

INDEXING_THRESHOLD_BYTES = 10_240_000
"""Bytes of vectors outside the graph from which the graph is extended; brute force over fewer is quick."""

_OVERSAMPLING = 2.0
_ALL = SearchFilter()
WITHOUT_SENTENCES = PayloadSelector.Exclude([SENTENCES])
ONLY_SENTENCES = PayloadSelector.Include([CHUNK_ID, SENTENCES])
_TOKENIZERS = {TextTokenizer.MULTILINGUAL: TokenizerType.Multilingual, TextTokenizer.WORD: TokenizerType.Word}


def bm25_request(scope: Scope, query: IndexQuery, narrowed: Filter, *, alone: bool) -> QueryRequest:
    """Returns the BM25 request; its word statistics come from the scope only.

    ``alone``: the shard never held another scope. Then statistics of the whole shard are used, at half the cost.
    """
    params = None if alone else SearchParams(idf=IdfParams(to_filter(scope)))
    words = TextQuery(TEXT, query_text(query.text))
    return QueryRequest(limit=query.limit, query=words, filter=narrowed, with_payload=WITHOUT_SENTENCES, params=params)


def to_point(scope: Scope, encoded: EncodedChunk) -> Point:
    return Point(point_id(scope, encoded.chunk.chunk_id), _to_list(encoded.vector), to_payload(scope, encoded))


def shard_config(dimensions: int) -> EdgeConfig:
    """Returns the storage settings, which affect the speed of a search and not its results."""
    return EdgeConfig(
        vectors=EdgeVectorParams(size=dimensions, distance=Distance.Cosine),
        quantization_config=TurboQuantQuantizationConfig(bits=TurboQuantBitSize.Bits4, memory=Memory.Pinned),
        optimizers=EdgeOptimizersConfig(indexing_threshold=INDEXING_THRESHOLD_BYTES // 1_024),
        payload_memory=Memory.Cached,
    )


def text_index(analysis: TextAnalysis) -> TextIndexParams:
    return TextIndexParams(
        tokenizer=_TOKENIZERS[analysis.tokenizer],
        lowercase=True,
        stopwords=Language.English if analysis.english_stop_words else None,
        stemmer=SnowballParams(SnowballLanguage.English) if analysis.english_stemmer else None,
        scoring=True,
    )


def dense_request(vector: FloatArray, limit: int, narrowed: Filter) -> QueryRequest:
    """Returns the dense request: 4-bit codes choose the candidates, full vectors order them."""
    params = SearchParams(quantization=QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING))
    nearest = Query.Nearest(_to_list(vector))
    return QueryRequest(limit=limit, query=nearest, filter=narrowed, with_payload=WITHOUT_SENTENCES, params=params)


def to_filter(scope: Scope, search: SearchFilter = _ALL, *, version_id: str | None = None) -> Filter:
    """Returns a filter that confines a call to its scope, and to ``search`` and ``version_id`` if given."""
    must: list[ConditionType] = [FieldCondition(key=SCOPE, match=MatchValue(scope_key(scope)))]
    if version_id is not None:
        must.append(FieldCondition(key=VERSION_ID, match=MatchValue(version_id)))
    if search.document_ids is not None:
        must.append(FieldCondition(key=DOCUMENT_ID, match=MatchAny(sorted(search.document_ids))))
    if search.media_types:
        must.append(FieldCondition(key=MEDIA_TYPE, match=MatchAny(sorted(search.media_types))))
    return Filter(must=must)


def _to_list(vector: FloatArray) -> list[float]:
    return cast("list[float]", vector.tolist())


def to_scored(points: Sequence[ScoredPoint]) -> tuple[ScoredChunk, ...]:
    """Returns chunks with their scores, best first."""
    return tuple(ScoredChunk(chunk=to_chunk(point.payload or {}), score=point.score) for point in points)
