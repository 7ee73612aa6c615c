import json
from collections.abc import AsyncIterator

import httpx
import pytest

from evals.benchmarks.peers.drivers.library import Document
from evals.benchmarks.peers.service import RunningService
from evals.benchmarks.peers.system import SystemFailedError

DOCUMENTS = [Document(id=str(number), title="Gate", text="open") for number in range(12)]


class ScriptedService:
    """Refuses the first upload once, has a waiting job once, lists documents on two pages."""

    def __init__(self) -> None:
        self.uploads: list[str] = []
        self.requests: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path)
        if request.url.path == "/readyz":
            return httpx.Response(200, json={"waiting_jobs": int(self.requests.count("/readyz") < 2)})
        if request.url.path == "/v1/search":
            query = json.loads(request.content)["query"]
            hits = [{"source": {"name": f"{name}.txt"}} for name in (query, query, *range(100, 120))]
            return httpx.Response(200, json={"hits": hits})
        if request.method == "POST":
            if len(self.requests) == 1:
                return httpx.Response(429, headers={"retry-after": "0"})
            self.uploads.append((await request.aread()).decode())
            return httpx.Response(202, json={})
        if "cursor" in request.url.params:
            return httpx.Response(200, json={"documents": [listed("3", "failed")], "next_cursor": None})
        return httpx.Response(200, json={"documents": [listed("1", "ready"), listed("2", "ready")], "next_cursor": "x"})


def listed(name: str, state: str) -> dict[str, str]:
    return {"name": f"{name}.txt", "state": state}


@pytest.fixture
def scripted() -> ScriptedService:
    return ScriptedService()


@pytest.fixture
async def running(scripted: ScriptedService) -> AsyncIterator[RunningService]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(scripted), base_url="http://test") as http:
        yield RunningService(1, http)


async def test_every_document_is_uploaded_although_one_is_refused_first(
    running: RunningService, scripted: ScriptedService
) -> None:
    await running.add(DOCUMENTS, save=True)
    assert len(scripted.uploads) == 12
    assert all("Gate\nopen" in upload for upload in scripted.uploads)


async def test_settling_waits_for_the_last_job(running: RunningService, scripted: ScriptedService) -> None:
    await running.settle()
    assert scripted.requests == ["/readyz", "/readyz"]


async def test_ten_documents_are_found_each_once_in_the_order_of_questions(running: RunningService) -> None:
    found = await running.search(["7", "8", "9"], clients=2)
    assert [ids[0] for ids in found.ranked] == ["7", "8", "9"]
    assert all(len(ids) == len(set(ids)) == 10 for ids in found.ranked)
    assert len(found.milliseconds) == 3


async def test_only_documents_that_are_ready_are_listed(running: RunningService) -> None:
    assert await running.ids() == ["1", "2"]


async def test_a_broken_connection_is_a_failed_system() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken), base_url="http://test") as http:
        with pytest.raises(SystemFailedError, match="/v1/documents: refused"):
            await RunningService(1, http).add(DOCUMENTS, save=True)
