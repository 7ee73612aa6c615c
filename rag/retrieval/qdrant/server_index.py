"""An index of dense vectors and BM25 on a Qdrant server or cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from rag.errors import ConfigurationError, IndexUnavailableError
from rag.retrieval.qdrant.payload import (
    CHUNK_ID,
    KEYWORDS,
    SCOPE,
    TEXT,
    VERSION_ID,
    TextAnalysis,
    point_id,
    scope_of_key,
    to_sentences,
)
from rag.retrieval.qdrant.server_requests import (
    ONLY_SENTENCES,
    bm25_request,
    dense_request,
    moved_point,
    text_index,
    to_filter,
    to_point,
    to_scored,
)
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, SentenceVectors

BACKEND = "qdrant"

_CHUNKS_PER_REQUEST = 200
_EVERY = 1_000_000
"""A limit above the number of versions in any index."""
_ALREADY_THERE = 409
_SDK_ERRORS = (ApiException, QdrantException, RuntimeError, ValueError)


class QdrantIndex:
    """A ``ChunkIndex`` on a Qdrant server, 1.20 or later. Closing it closes the client.

    The Qdrant collection is created on first use and holds the collections of all tenants. ``scoped_statistics`` takes
    BM25's word statistics from the scope only, so that a tenant's documents never affect another's ranking; the
    client's local mode cannot do that and needs it off.
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
        return BACKEND

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        await self._prepare()
        points = [to_point(scope, encoded) for encoded in chunks]
        with _translated():
            for start in range(0, len(points), _CHUNKS_PER_REQUEST):
                batch = points[start : start + _CHUNKS_PER_REQUEST]
                await self._client.upsert(self._collection, points=batch, wait=True)

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        await self._prepare()
        narrowed = to_filter(scope, query.filter)
        requests = [bm25_request(scope, query, narrowed, scoped_statistics=self._scoped_statistics)]
        if query.vector is not None:
            requests.append(dense_request(query.vector, query.limit, narrowed))
        with _translated():
            bm25, *dense = await self._client.query_batch_points(self._collection, requests=requests)
        return Candidates(dense=to_scored(dense[0]) if dense else (), bm25=to_scored(bm25))

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        await self._prepare()
        ids = [point_id(scope, chunk_id) for chunk_id in chunk_ids]
        with _translated():
            records = await self._client.retrieve(self._collection, ids, with_payload=ONLY_SENTENCES)
        found = {payload[CHUNK_ID]: to_sentences(payload) for record in records if (payload := record.payload)}
        return {chunk_id: sentences for chunk_id, sentences in found.items() if sentences is not None}

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        await self._prepare()
        for version_id in version_ids:
            offset = None
            while True:
                with _translated():
                    records, offset = await self._client.scroll(
                        self._collection,
                        scroll_filter=to_filter(scope, version_id=version_id),
                        limit=_CHUNKS_PER_REQUEST,
                        offset=offset,
                        with_payload=True,
                        with_vectors=True,
                    )
                    if records:
                        points = [moved_point(record, target) for record in records]
                        await self._client.upsert(self._collection, points=points, wait=True)
                if offset is None:
                    break

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        await self._prepare()
        selector = models.FilterSelector(filter=to_filter(scope, version_id=version_id))
        with _translated():
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        await self._prepare()
        narrowed = to_filter(scope, version_id=version_id)
        with _translated():
            return (await self._client.count(self._collection, count_filter=narrowed, exact=True)).count

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        await self._prepare()
        found: dict[Scope, dict[str, int]] = {}
        with _translated():
            scopes = await self._client.facet(self._collection, key=SCOPE, limit=_EVERY, exact=True)
            for scope in [scope_of_key(str(hit.value)) for hit in scopes.hits]:
                versions = await self._client.facet(
                    self._collection, key=VERSION_ID, facet_filter=to_filter(scope), limit=_EVERY, exact=True
                )
                found[scope] = {str(hit.value): hit.count for hit in versions.hits}
        return found

    async def save_copy(self, folder: Path) -> None:
        """Raises ``ConfigurationError``: a server is backed up by its own snapshots."""
        raise ConfigurationError(
            f"The index is a Qdrant server's and cannot be copied to {folder.name}. Use the server's snapshots for it, "
            "and back up the catalogue and the data folder with their own tools."
        )

    async def optimize(self) -> None:
        """Does nothing: the server optimises by itself."""

    async def erase_deleted(self) -> bool:
        """Returns False: the server's optimizer removes deleted points later."""
        return False

    async def ping(self) -> None:
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
        """Creates or checks the Qdrant collection, once. Several processes may do so at the same time."""
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
        schemas[TEXT] = text_index(self._analysis)
        for field in schemas.keys() - information.payload_schema.keys():
            await self._client.create_payload_index(
                self._collection, field_name=field, field_schema=schemas[field], wait=True
            )


async def drop_collection(*, url: str, api_key: str | None, timeout_seconds: float, collection: str) -> None:
    """Removes a Qdrant collection and all its points, if it exists.

    Raises:
        IndexUnavailableError: the server does not answer.
    """
    timeout = max(1, round(timeout_seconds))
    client = AsyncQdrantClient(url=url, api_key=api_key, timeout=timeout, check_compatibility=False)
    try:
        with _translated():
            await client.delete_collection(collection)
    finally:
        await client.close()


@contextmanager
def _translated() -> Iterator[None]:
    """Translates errors: the SDK's two families over the network, and built-in errors of its local mode."""
    try:
        yield
    except ResponseHandlingException as error:
        reason = f"{type(error.source).__name__} {error.source}".strip()
        raise IndexUnavailableError(BACKEND, reason) from error
    except _SDK_ERRORS as error:
        raise IndexUnavailableError(BACKEND, str(error)) from error
