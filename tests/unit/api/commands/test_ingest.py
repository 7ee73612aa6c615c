"""What ``citewell ingest`` says of warnings, from bodies as the service sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.commands.shared.client import Client

LOSS = "3 words of comments were not read: 'Why not five'"
REMARK = "the text was recognised in an image"


def ingested(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str, warnings: list[str]) -> Result:
    job: dict[str, Any] = {
        "id": "j",
        "document_id": "d",
        "state": "succeeded",
        "error": None,
        "superseded": False,
        "chunks_done": 2,
        "active_version_number": 1,
        "warnings": warnings,
    }

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"job": job} if request.method == "POST" else job)

    @contextmanager
    def connect(*_: object) -> Iterator[Client]:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.ingest.connect", connect)
    (folder / "a.txt").write_text("words")
    return CliRunner().invoke(app, ["ingest", str(folder / "a.txt"), *options])


def test_warnings_are_listed_and_are_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = ingested(monkeypatch, tmp_path, warnings=[LOSS, REMARK])
    assert result.exit_code == 0
    assert LOSS in result.stdout
    assert REMARK in result.stdout


def test_strict_counts_a_document_as_failed_that_was_not_read_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = ingested(monkeypatch, tmp_path, "--strict", "--json", warnings=[LOSS, REMARK])
    assert result.exit_code == 1
    (outcome,) = json.loads(result.stdout)
    assert outcome["code"] == "incomplete"
    assert LOSS in outcome["error"]


def test_strict_lets_other_warnings_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ingested(monkeypatch, tmp_path, "--strict", warnings=[REMARK]).exit_code == 0
