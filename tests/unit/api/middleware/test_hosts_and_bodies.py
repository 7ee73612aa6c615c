import httpx
import pytest
from fastapi import FastAPI

from api.middleware.hosts_and_bodies import AllowedHosts
from tests.support.servers.service import problem


async def get(names: tuple[str, ...], host: str) -> httpx.Response:
    app = FastAPI()
    app.add_middleware(AllowedHosts, names=names)

    @app.get("/")
    async def index() -> str:
        return "in"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://citewell") as client:
        return await client.get("/", headers={"host": host})


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (("localhost",), "localhost"),
        (("localhost",), "LOCALHOST:8000"),
        (("Docs.Example.org",), "docs.example.org"),
        (("[::1]",), "[::1]:8000"),
        (("*.example.org",), "docs.example.org"),
        (("*",), "anything.example"),
    ],
)
async def test_a_request_under_a_name_of_the_service_comes_in(names: tuple[str, ...], host: str) -> None:
    assert (await get(names, host)).json() == "in"


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (("localhost",), "evil.example"),
        (("localhost",), "localhost.evil.example"),
        (("localhost",), "evil@localhost"),
        (("localhost",), "localhost:80:80"),
        (("localhost",), ""),
        (("*.example.org",), "example.org"),
        (("*.example.org",), "evilexample.org"),
        (("[::1]",), "::1"),
        ((), "localhost"),
    ],
)
async def test_a_request_under_another_name_is_refused_with_the_setting_that_allows_it(
    names: tuple[str, ...], host: str
) -> None:
    answer = await get(names, host)
    assert problem(answer) == (400, "host_not_allowed")
    assert "CITEWELL_SERVER__ALLOWED_HOSTS" in answer.json()["detail"]
