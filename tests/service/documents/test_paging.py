"""Lists have pages: how many entries, and a cursor for the next ones, which no other list takes."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.commands.shared.client import Client
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.service import problem, running_client, upload

LISTS = ["documents", "jobs", "collections", "feedback", "evals"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service without a worker that holds seven documents in three collections."""
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("many") / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
    )
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock", with_worker=False) as http:
        for number in range(7):
            name = f"{number}-{'é' * (number % 2)}.txt"
            upload(http, name, f"Words {number}.".encode(), collection=f"c{number % 3}").raise_for_status()
        yield http


def pages(client: httpx.Client, name: str, **parameters: str | int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(f"/v1/{name}", params={**parameters, **cursor}).raise_for_status().json()
        found.append(answer[name])
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}


@pytest.mark.parametrize(("name", "count"), [("documents", 7), ("jobs", 7), ("collections", 3)])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1_000])
def test_pages_hold_every_entry_once_and_no_page_is_longer(
    many: httpx.Client, name: str, count: int, limit: int
) -> None:
    whole = many.get(f"/v1/{name}").json()
    assert (len(whole[name]), whole["next_cursor"]) == (count, None)
    read = pages(many, name, limit=limit)
    assert [entry for page in read for entry in page] == whole[name]
    assert [len(page) for page in read[:-1]] == [limit] * (len(read) - 1)
    assert 1 <= len(read[-1]) <= limit


def test_filters_go_on_from_page_to_page(many: httpx.Client) -> None:
    read = pages(many, "documents", collection="c0", limit=1)
    assert [page[0]["name"] for page in read] == ["0-.txt", "3-é.txt", "6-.txt"]
    jobs = pages(many, "jobs", state="queued", collection="c1", limit=1)
    assert [page[0]["position"] for page in jobs] == [5, 2]


def test_the_command_line_reads_all_pages(many: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.commands.shared.client._ENTRIES", 2)
    assert len(list(Client(many).listed("/v1/documents"))) == 7
    assert len(list(Client(many).listed("/v1/documents", collection="c0"))) == 3


def cursor_of(many: httpx.Client, name: str, **parameters: str | int) -> str:
    return str(many.get(f"/v1/{name}", params={"limit": 1, **parameters}).json()["next_cursor"])


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "nonsense",
        "é",
        "a/b+c==",
        encoded("{}"),
        encoded('["documents"]'),
        encoded('["documents", null, "c0"]'),
        encoded('["documents", null, "c0", null]'),
        encoded('["documents", null, "c0", "a", "b"]'),
        encoded('["documents", null, "c0", 5]'),
        encoded(r'["documents", null, "c0", "\ud800"]'),
        encoded('["documents", "c1", "c1", "a"]'),
        encoded('["jobs", null, null, "2026-11-29T12:00:00+00:00", "a"]'),
    ],
)
def test_a_cursor_that_was_not_given_is_refused(many: httpx.Client, cursor: str) -> None:
    assert problem(many.get("/v1/documents", params={"cursor": cursor})) == (422, "wrong_cursor")


@pytest.mark.parametrize("name", LISTS)
def test_every_list_refuses_what_is_no_cursor_and_no_size(many: httpx.Client, name: str) -> None:
    assert problem(many.get(f"/v1/{name}", params={"cursor": "eA"})) == (422, "wrong_cursor")
    for limit in ("0", "1001", "-1", "few", ""):
        assert problem(many.get(f"/v1/{name}", params={"limit": limit})) == (422, "invalid_request")


@pytest.mark.parametrize("moment", ["yesterday", "0001-01-01T00:00:00+23:00", "2026-11-29T12:00:00"])
def test_a_time_that_is_none_breaks_nothing(many: httpx.Client, moment: str) -> None:
    answer = many.get("/v1/jobs", params={"cursor": encoded(f'["jobs", null, null, "{moment}", "a"]')})
    assert answer.status_code in {200, 422}


def test_a_cursor_belongs_to_its_list_and_its_filter(many: httpx.Client) -> None:
    cursor = cursor_of(many, "documents", collection="c0")
    assert many.get("/v1/documents", params={"collection": "c0", "cursor": cursor}).status_code == 200
    for path, parameters in (
        ("documents", {}),
        ("documents", {"collection": "c1"}),
        ("jobs", {}),
        ("jobs", {"collection": "c0"}),
    ):
        answer = many.get(f"/v1/{path}", params={**parameters, "cursor": cursor})
        assert problem(answer) == (422, "wrong_cursor")


def test_a_cursor_needs_no_quoting_in_an_address(many: httpx.Client) -> None:
    for name in ("documents", "jobs"):
        cursor = cursor_of(many, name)
        assert str(httpx.QueryParams({"cursor": cursor})) == f"cursor={cursor}"
