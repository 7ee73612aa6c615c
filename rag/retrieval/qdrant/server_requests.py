"""Builds requests to a Qdrant server, and reads its responses, in the SDK's types."""

from __future__ import annotations

from typing import cast

from qdrant_client import models

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
    in_scope,
    point_id,
    query_text,
    scope_key,
    to_chunk,
    to_payload,
)
from rag.types import EncodedChunk, FloatArray, IndexQuery, Scope, ScoredChunk, SearchFilter

_OVERSAMPLING = 2.0
_ALL = SearchFilter()
WITHOUT_SENTENCES = models.PayloadSelectorExclude(exclude=[SENTENCES])
ONLY_SENTENCES = [CHUNK_ID, SENTENCES]
_TOKENIZERS = {
    TextTokenizer.MULTILINGUAL: models.TokenizerType.MULTILINGUAL,
    TextTokenizer.WORD: models.TokenizerType.WORD,
}


def bm25_request(
    scope: Scope, query: IndexQuery, narrowed: models.Filter, *, scoped_statistics: bool
) -> models.QueryRequest:
    """Returns the BM25 request; its word statistics come from the whole scope, not from ``narrowed``."""
    corpus = models.IdfCorpusParams(corpus=to_filter(scope))
    return models.QueryRequest(
        query=models.TextQuery(text=query_text(query.text)),
        using=TEXT,
        filter=narrowed,
        limit=query.limit,
        with_payload=WITHOUT_SENTENCES,
        params=models.SearchParams(idf=corpus) if scoped_statistics else None,
    )


def dense_request(vector: FloatArray, limit: int, narrowed: models.Filter) -> models.QueryRequest:
    """Returns the dense request: 4-bit codes choose the candidates, full vectors order them."""
    rescored = models.QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING)
    return models.QueryRequest(
        query=models.NearestQuery(nearest=_to_list(vector)),
        filter=narrowed,
        limit=limit,
        with_payload=WITHOUT_SENTENCES,
        params=models.SearchParams(quantization=rescored),
    )


def text_index(analysis: TextAnalysis) -> models.TextIndexParams:
    stemmer = models.SnowballParams(type=models.Snowball.SNOWBALL, language=models.SnowballLanguage.ENGLISH)
    return models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=_TOKENIZERS[analysis.tokenizer],
        lowercase=True,
        stopwords=models.Language.ENGLISH if analysis.english_stop_words else None,
        stemmer=stemmer if analysis.english_stemmer else None,
        scoring=True,
    )


def to_filter(scope: Scope, search: SearchFilter = _ALL, *, version_id: str | None = None) -> models.Filter:
    """Returns a filter that confines a call to its scope, and to ``search`` and ``version_id`` if given."""
    must: list[models.Condition] = [
        models.FieldCondition(key=SCOPE, match=models.MatchValue(value=scope_key(scope))),
    ]
    if version_id is not None:
        must.append(models.FieldCondition(key=VERSION_ID, match=models.MatchValue(value=version_id)))
    if search.document_ids is not None:
        must.append(models.FieldCondition(key=DOCUMENT_ID, match=models.MatchAny(any=sorted(search.document_ids))))
    if search.media_types:
        must.append(models.FieldCondition(key=MEDIA_TYPE, match=models.MatchAny(any=sorted(search.media_types))))
    return models.Filter(must=must)


def to_point(scope: Scope, encoded: EncodedChunk) -> models.PointStruct:
    return models.PointStruct(
        id=point_id(scope, encoded.chunk.chunk_id),
        vector=_to_list(encoded.vector),
        payload=to_payload(scope, encoded),
    )


def moved_point(record: models.Record, scope: Scope) -> models.PointStruct:
    """Returns the point of the same chunk in another scope."""
    payload = in_scope(record.payload or {}, scope)
    return models.PointStruct(
        id=point_id(scope, payload[CHUNK_ID]), vector=cast("list[float]", record.vector), payload=payload
    )


def _to_list(vector: FloatArray) -> list[float]:
    return cast("list[float]", vector.tolist())


def to_scored(response: models.QueryResponse) -> tuple[ScoredChunk, ...]:
    """Returns the chunks of a response, best first."""
    return tuple(ScoredChunk(chunk=to_chunk(point.payload or {}), score=point.score) for point in response.points)
