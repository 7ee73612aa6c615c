from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from qdrant_client import AsyncQdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from rag.errors import ConfigurationError, IndexUnavailableError
from rag.retrieval.qdrant.payload import PLAIN_WORDS
from rag.retrieval.qdrant.server_index import QdrantIndex
from rag.retrieval.qdrant.server_requests import bm25_request, to_filter
from rag.types import IndexQuery, Scope
from tests.support.builders.chunks import DIMENSIONS, chunk, encoded

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")

SCOPE = Scope(tenant="acme", collection="manuals")
APPLES = encoded(chunk("Apples cost two euros."))
QUERY = IndexQuery(text="apples", vector=None, limit=5)

Call = Callable[[QdrantIndex], Awaitable[object]]
CALLS: dict[str, Call] = {
    "upsert": lambda index: index.upsert(SCOPE, [APPLES]),
    "search": lambda index: index.search(SCOPE, QUERY),
    "delete": lambda index: index.delete_version(SCOPE, "version-1"),
    "count": lambda index: index.count(SCOPE),
    "ping": lambda index: index.ping(),
}


class FailingClient(AsyncQdrantClient):
    """Local mode until ``error`` is set; then every call the index makes raises it."""

    error: Exception | None = None

    def __getattribute__(self, name: str) -> object:
        error = object.__getattribute__(self, "error")
        if error is None or name.startswith("_") or name in {"close", "error"}:
            return object.__getattribute__(self, name)

        async def fail(*_: object, **__: object) -> None:
            raise error

        return fail


def made(client: AsyncQdrantClient, *, encoder_name: str = "encoder", dimensions: int = DIMENSIONS) -> QdrantIndex:
    return QdrantIndex(
        client,
        collection="citewell",
        dimensions=dimensions,
        encoder_name=encoder_name,
        analysis=PLAIN_WORDS,
        scoped_statistics=False,
    )


@pytest.fixture
async def client() -> AsyncIterator[FailingClient]:
    local = FailingClient(":memory:")
    yield local
    await local.close()


def sdk_errors() -> list[Exception]:
    return [
        ResponseHandlingException(httpx.ConnectError("connection refused")),
        ResponseHandlingException(httpx.ReadTimeout("timed out")),
        UnexpectedResponse(503, "Service Unavailable", b"{}", httpx.Headers()),
        UnexpectedResponse(500, "Internal Server Error", b"{}", httpx.Headers()),
        UnexpectedResponse(401, "Unauthorized", b"{}", httpx.Headers()),
        ResourceExhaustedResponse("too many requests", 1),
    ]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", sdk_errors(), ids=lambda error: f"{type(error).__name__} {error}"[:40])
async def test_every_sdk_error_becomes_index_unavailable(client: FailingClient, error: Exception, call: str) -> None:
    index = made(client)
    await index.upsert(SCOPE, [APPLES])
    client.error = error
    with pytest.raises(IndexUnavailableError, match="qdrant") as raised:
        await CALLS[call](index)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("call", CALLS)
async def test_errors_while_preparing_become_index_unavailable(client: FailingClient, call: str) -> None:
    client.error = UnexpectedResponse(503, "Service Unavailable", b"{}", httpx.Headers())
    with pytest.raises(IndexUnavailableError, match="503"):
        await CALLS[call](made(client))


async def test_preparing_is_tried_again_after_a_failure(client: FailingClient) -> None:
    index = made(client)
    client.error = UnexpectedResponse(503, "Service Unavailable", b"{}", httpx.Headers())
    with pytest.raises(IndexUnavailableError):
        await index.count(SCOPE)
    client.error = None
    assert await index.count(SCOPE) == 0


@pytest.mark.integration
async def test_refused_connection_becomes_index_unavailable(unused_tcp_port: int) -> None:
    index = QdrantIndex.connect(
        url=f"http://127.0.0.1:{unused_tcp_port}",
        api_key=None,
        timeout_seconds=1.0,
        collection="citewell",
        dimensions=DIMENSIONS,
        encoder_name="encoder",
    )
    with pytest.raises(IndexUnavailableError, match="Connect"):
        await index.ping()
    await index.close()


@pytest.mark.parametrize(("encoder_name", "dimensions"), [("another", DIMENSIONS), ("encoder", DIMENSIONS + 1)])
async def test_refuses_a_collection_of_another_encoder(
    client: FailingClient, encoder_name: str, dimensions: int
) -> None:
    await made(client).upsert(SCOPE, [APPLES])
    with pytest.raises(ConfigurationError, match=r"CITEWELL_INDEX__NAME.*reindex"):
        await made(client, encoder_name=encoder_name, dimensions=dimensions).count(SCOPE)


async def test_two_indexes_may_prepare_at_the_same_time(client: FailingClient) -> None:
    first, second = made(client), made(client)
    await asyncio.gather(first.upsert(SCOPE, [APPLES]), second.upsert(SCOPE, [APPLES]))
    assert await first.count(SCOPE) == await second.count(SCOPE) == 1


class LateClient(AsyncQdrantClient):
    """Someone else makes the collection between our look and our request."""

    async def collection_exists(self, *_: object, **__: object) -> bool:
        return False

    async def create_collection(self, *args: object, **kwargs: object) -> bool:
        await super().create_collection(*args, **kwargs)  # type: ignore[arg-type] # passed on as they came
        raise UnexpectedResponse(409, "Conflict", b"{}", httpx.Headers())


async def test_losing_the_race_for_the_collection_is_no_error() -> None:
    index = made(LateClient(":memory:"))
    await index.upsert(SCOPE, [APPLES])
    assert await index.count(SCOPE) == 1
    await index.close()


def test_word_statistics_are_asked_for_the_scope() -> None:
    request = bm25_request(SCOPE, QUERY, to_filter(SCOPE), scoped_statistics=True)
    assert request.params is not None
    assert request.params.model_dump(exclude_none=True)["idf"]["corpus"] == to_filter(SCOPE).model_dump(
        exclude_none=True
    )
