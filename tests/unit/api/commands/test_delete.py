"""``citewell delete`` by name or id, with a service from a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.commands.shared.client import Client, ServiceError
from rag.errors import ConfigurationError
from rag.terminal.exit_status import ExitStatus

DOCUMENTS = [
    {"id": "d1", "name": "report.pdf", "collection": "default"},
    {"id": "d2", "name": "sales/2025/prices.xlsx", "collection": "default"},
    {"id": "d3", "name": "hr/report.pdf", "collection": "hr"},
    {"id": "d4", "name": "both.md", "collection": "default"},
    {"id": "d5", "name": "both.md", "collection": "hr"},
]
RECEIPT: dict[str, Any] = {
    "id": "r1",
    "kind": "document",
    "name": "report.pdf",
    "state": "purged",
    "versions": [],
    "index_files_erased_at": None,
}


class Service:
    """Lists the documents, each with three versions, and remembers the paths that were deleted."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, collection = request.url.path, request.url.params.get("collection")
        if request.method == "DELETE":
            self.deleted.append(path)
            return httpx.Response(202, json=RECEIPT)
        if path.endswith("/versions"):
            return httpx.Response(200, json={"versions": [{}, {}, {}]})
        found = [each for each in DOCUMENTS if collection in {None, each["collection"]}]
        return httpx.Response(200, json={"documents": found, "next_cursor": None})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    script = Service()

    @contextmanager
    def connect(*_: object) -> Iterator[Client]:
        with httpx.Client(transport=httpx.MockTransport(script), base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.delete.connect", connect)
    return script


def delete(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["delete", *arguments])


@pytest.mark.parametrize(
    ("arguments", "document_id"),
    [
        (["d3"], "d3"),
        (["report.pdf"], "d1"),
        (["report.pdf", "--collection", "hr"], "d3"),
        (["prices.xlsx"], "d2"),
        (["2025/prices.xlsx"], "d2"),
        (["both.md", "--collection", "hr"], "d5"),
    ],
)
def test_a_document_is_named_by_id_by_name_or_by_the_end_of_its_name(
    service: Service, arguments: list[str], document_id: str
) -> None:
    done = delete(*arguments, "--yes")
    assert done.exit_code == 0, done.exception
    assert service.deleted == [f"/v1/documents/{document_id}"]


@pytest.mark.parametrize(("name", "words"), [("both.md", "names 2 documents"), ("none.md", "There is no document")])
def test_what_is_unknown_or_ambiguous_deletes_nothing(service: Service, name: str, words: str) -> None:
    refused = delete(name, "--yes")
    assert isinstance(refused.exception, ConfigurationError | ServiceError)
    assert words in str(refused.exception)
    if isinstance(refused.exception, ServiceError):
        assert refused.exception.problem["code"] == "unknown_document"
    if name == "both.md":
        assert "d4  default  both.md" in str(refused.exception)
        assert "d5  hr  both.md" in str(refused.exception)
    assert service.deleted == []


def test_without_a_terminal_and_yes_nothing_is_deleted(service: Service) -> None:
    refused = delete("report.pdf")
    assert isinstance(refused.exception, ConfigurationError)
    assert "Delete report.pdf of the collection 'default' and its 3 versions?" in str(refused.exception)
    assert "--yes" in str(refused.exception)
    assert service.deleted == []


@pytest.mark.parametrize(("answer", "status"), [(True, ExitStatus.DONE), (False, ExitStatus.FAILED)])
def test_a_person_is_asked_before_a_collection_is_deleted(
    service: Service, monkeypatch: pytest.MonkeyPatch, *, answer: bool, status: ExitStatus
) -> None:
    asked: list[str] = []

    def confirmed(question: str, *, yes: bool) -> bool:
        asked.append(question)
        return answer or yes

    monkeypatch.setattr("api.commands.delete.confirmed", confirmed)
    assert delete("--collection", "hr").exit_code == status
    assert asked == ["Delete the collection 'hr' and its 2 documents?"]
    assert service.deleted == (["/v1/collections/hr"] if answer else [])


def test_the_receipt_shows_whole_dates_and_what_is_kept(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    at = "2026-11-29T17:30:05.25Z"
    version = {
        "name": "report.pdf",
        "chunks": 3,
        "original_kept_for_others": True,
        "index_files_erased_at": None,
        **dict.fromkeys(
            ("vectors_purged_at", "extracted_text_purged_at", "caches_purged_at", "original_purged_at"), at
        ),
    }
    monkeypatch.setitem(RECEIPT, "versions", [version])
    _, title, _, row = delete("d3", "--yes").stdout.splitlines()
    assert title == "Removed at (UTC)"
    time = "2026-11-29 17:30:05"
    kept = "kept: another document has the same bytes"
    assert row == f"report.pdf\t3\t{time}\t{time}\t{time}\t{kept}\tnot yet"
    assert service.deleted


def test_the_receipt_of_an_empty_collection_says_so(service: Service) -> None:
    assert delete("--collection", "hr", "--yes").stdout.endswith("\nIt held no documents.\n")
    assert service.deleted
