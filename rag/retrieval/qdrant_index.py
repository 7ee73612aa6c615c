"""Dense vectors and BM25 on a Qdrant server or cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from rag.errors import ConfigurationError, IndexUnavailableError
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

BACKEND = "qdrant"

_CHUNKS_PER_REQUEST = 200
_OVERSAMPLING = 2.0
_ALREADY_THERE = 409
_ALL = SearchFilter()
_SDK_ERRORS = (ApiException, QdrantException, RuntimeError, ValueError)
_TOKENIZERS = {
    TextTokenizer.MULTILINGUAL: models.TokenizerType.MULTILINGUAL,
    TextTokenizer.WORD: models.TokenizerType.WORD,
}


class QdrantIndex:
    """A ``ChunkIndex`` on a Qdrant server, 1.20 or later. Closing it closes the client.

    The Qdrant collection is made on first use; it holds the collections of all tenants. ``scoped_statistics`` takes
    BM25's word statistics over the scope alone, so that one tenant's words never weigh in another's ranking; only the
    client's local mode, which cannot do it, needs it off.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        *,
        collection: str,
        dimensions: int,
        encoder_name: str,
        analysis: TextAnalysis | None = None,
        scoped_statistics: bool = True,
    ) -> None:
        self._client = client
        self._collection = collection
        self._dimensions = dimensions
        self._encoder_name = encoder_name
        self._analysis = analysis or TextAnalysis()
        self._scoped_statistics = scoped_statistics
        self._preparing = asyncio.Lock()
        self._prepared = False
        self._closed = False

    @classmethod
    def connect(
        cls,
        *,
        url: str,
        api_key: str | None,
        timeout_seconds: float,
        collection: str,
        dimensions: int,
        encoder_name: str,
    ) -> QdrantIndex:
        """Returns an index on the server at ``url``. Nothing is sent before the first call."""
        timeout = max(1, round(timeout_seconds))
        client = AsyncQdrantClient(url=url, api_key=api_key, timeout=timeout, check_compatibility=False)
        return cls(client, collection=collection, dimensions=dimensions, encoder_name=encoder_name)

    @property
    def name(self) -> str:
        """The backend."""
        return BACKEND

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        """Stores chunks; see ``ChunkIndex``."""
        await self._prepare()
        points = [_to_point(scope, encoded) for encoded in chunks]
        with _translated():
            for start in range(0, len(points), _CHUNKS_PER_REQUEST):
                batch = points[start : start + _CHUNKS_PER_REQUEST]
                await self._client.upsert(self._collection, points=batch, wait=True)

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        """Searches both sides in one request; see ``ChunkIndex``."""
        await self._prepare()
        narrowed = _filter(scope, query.filter)
        requests = [self._bm25_request(scope, query, narrowed)]
        if query.vector is not None:
            requests.append(_dense_request(query.vector, query.limit, narrowed))
        with _translated():
            bm25, *dense = await self._client.query_batch_points(self._collection, requests=requests)
        return Candidates(dense=_to_scored(dense[0]) if dense else (), bm25=_to_scored(bm25))

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        """Removes a version's chunks; see ``ChunkIndex``."""
        await self._prepare()
        selector = models.FilterSelector(filter=_filter(scope, version_id=version_id))
        with _translated():
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        """Counts chunks; see ``ChunkIndex``."""
        await self._prepare()
        narrowed = _filter(scope, version_id=version_id)
        with _translated():
            return (await self._client.count(self._collection, count_filter=narrowed, exact=True)).count

    async def optimize(self) -> None:
        """Does nothing: the server optimises by itself."""

    async def ping(self) -> None:
        """Raises ``IndexUnavailableError`` when the server does not answer."""
        self._refuse_when_closed()
        with _translated():
            await self._client.collection_exists(self._collection)

    async def close(self) -> None:
        """Closes the client. Idempotent."""
        if not self._closed:
            self._closed = True
            await self._client.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise IndexUnavailableError(BACKEND, "it has been closed")

    async def _prepare(self) -> None:
        """Makes or checks the Qdrant collection, once. Several processes may do it at the same time."""
        self._refuse_when_closed()
        async with self._preparing:
            if self._prepared:
                return
            with _translated():
                if not await self._client.collection_exists(self._collection):
                    await self._create()
                information = await self._client.get_collection(self._collection)
                self._check(information)
                await self._create_payload_indexes(information)
            self._prepared = True

    async def _create(self) -> None:
        quantization = models.TurboQuantization(
            turbo=models.TurboQuantQuantizationConfig(bits=models.TurboQuantBitSize.BITS4, memory=models.Memory.PINNED)
        )
        try:
            await self._client.create_collection(
                self._collection,
                vectors_config=models.VectorParams(size=self._dimensions, distance=models.Distance.COSINE),
                quantization_config=quantization,
                metadata=self._identity(),
            )
        except UnexpectedResponse as error:
            if error.status_code != _ALREADY_THERE:
                raise

    def _identity(self) -> dict[str, Any]:
        return {"encoder": self._encoder_name, "dimensions": self._dimensions, "analysis": self._analysis.describe()}

    def _check(self, information: models.CollectionInfo) -> None:
        found = information.config.metadata
        if found != self._identity():
            raise ConfigurationError(
                f"The Qdrant collection '{self._collection}' was made with {found}; set are {self._identity()}. Set "
                "CITEWELL_ENCODER__MODEL and CITEWELL_ENCODER__BACKEND back, or set CITEWELL_INDEX__NAME to a new name "
                "and reindex all documents."
            )

    async def _create_payload_indexes(self, information: models.CollectionInfo) -> None:
        schemas: dict[str, models.KeywordIndexParams | models.TextIndexParams] = {
            field: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == SCOPE)
            for field in KEYWORDS
        }
        schemas[TEXT] = _text_index(self._analysis)
        for field in schemas.keys() - information.payload_schema.keys():
            await self._client.create_payload_index(
                self._collection, field_name=field, field_schema=schemas[field], wait=True
            )

    def _bm25_request(self, scope: Scope, query: IndexQuery, narrowed: models.Filter) -> models.QueryRequest:
        corpus = models.IdfCorpusParams(corpus=_filter(scope))
        return models.QueryRequest(
            query=models.TextQuery(text=query.text),
            using=TEXT,
            filter=narrowed,
            limit=query.limit,
            with_payload=True,
            params=models.SearchParams(idf=corpus) if self._scoped_statistics else None,
        )


def _dense_request(vector: FloatArray, limit: int, narrowed: models.Filter) -> models.QueryRequest:
    # Codes of four bits a dimension choose the candidates, the full vectors their order.
    rescored = models.QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING)
    return models.QueryRequest(
        query=models.NearestQuery(nearest=_to_list(vector)),
        filter=narrowed,
        limit=limit,
        with_payload=True,
        params=models.SearchParams(quantization=rescored),
    )


def _text_index(analysis: TextAnalysis) -> models.TextIndexParams:
    stemmer = models.SnowballParams(type=models.Snowball.SNOWBALL, language=models.SnowballLanguage.ENGLISH)
    return models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=_TOKENIZERS[analysis.tokenizer],
        lowercase=True,
        stopwords=models.Language.ENGLISH if analysis.english_stop_words else None,
        stemmer=stemmer if analysis.english_stemmer else None,
        scoring=True,
    )


def _filter(scope: Scope, search: SearchFilter = _ALL, *, version_id: str | None = None) -> models.Filter:
    must: list[models.Condition] = [
        models.FieldCondition(key=SCOPE, match=models.MatchValue(value=scope_key(scope))),
    ]
    if version_id is not None:
        must.append(models.FieldCondition(key=VERSION_ID, match=models.MatchValue(value=version_id)))
    if search.document_ids:
        must.append(models.FieldCondition(key=DOCUMENT_ID, match=models.MatchAny(any=sorted(search.document_ids))))
    if search.media_types:
        must.append(models.FieldCondition(key=MEDIA_TYPE, match=models.MatchAny(any=sorted(search.media_types))))
    return models.Filter(must=must)


def _to_point(scope: Scope, encoded: EncodedChunk) -> models.PointStruct:
    return models.PointStruct(
        id=point_id(scope, encoded.chunk.chunk_id),
        vector=_to_list(encoded.vector),
        payload=to_payload(scope, encoded.chunk),
    )


def _to_list(vector: FloatArray) -> list[float]:
    return cast("list[float]", vector.tolist())


def _to_scored(response: models.QueryResponse) -> tuple[ScoredChunk, ...]:
    return tuple(ScoredChunk(chunk=to_chunk(point.payload or {}), score=point.score) for point in response.points)


@contextmanager
def _translated() -> Iterator[None]:
    """Over the network the SDK raises its own two families; its local mode raises built-in errors."""
    try:
        yield
    except ResponseHandlingException as error:
        reason = f"{type(error.source).__name__} {error.source}".strip()
        raise IndexUnavailableError(BACKEND, reason) from error
    except _SDK_ERRORS as error:
        raise IndexUnavailableError(BACKEND, str(error)) from error
