"""What the commands say of jobs, from bodies as the service sends them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.commands.main import app
from api.commands.shared.client import Client

ERROR = {"code": "corrupt_document", "detail": "It is torn."}
PLAIN = {
    "id": "0" * 32,
    "name": "a.txt",
    "stage": "parsing",
    "progress": 0.05,
    "position": None,
    "cancel_requested": False,
    "remaining_seconds": None,
    "error": None,
    "active_version_number": None,
    "superseded": False,
    "warnings": [],
}


def shown(monkeypatch: pytest.MonkeyPatch, jobs: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the rows that ``citewell jobs`` prints."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"jobs": [PLAIN | job for job in jobs]})

    @contextmanager
    def connect(*_: object, **__: object) -> Iterator[Client]:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.jobs.connect", connect)
    result = CliRunner().invoke(app, ["jobs"])
    assert result.exit_code == 0, result.exception
    return [line for line in result.stdout.splitlines() if "a.txt" in line]


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"state": "queued", "position": 1}, "queued, next"),
        ({"state": "queued", "position": 4}, "queued, 3 before it"),
        ({"state": "queued", "position": 1, "error": ERROR, "active_version_number": 1}, "It is torn."),
        ({"state": "running", "remaining_seconds": 61.2}, "running, parsing 5%\t0:01:01 left"),
        ({"state": "running", "remaining_seconds": 61.2, "cancel_requested": True}, "is being cancelled"),
        ({"state": "failed", "error": ERROR}, "failed\tIt is torn."),
        ({"state": "failed", "error": ERROR, "active_version_number": 2}, "It is torn. Version 2 stays in use."),
        ({"state": "succeeded", "active_version_number": 2}, "succeeded"),
    ],
)
def test_a_job_is_told_in_words(monkeypatch: pytest.MonkeyPatch, job: dict[str, Any], words: str) -> None:
    [row] = shown(monkeypatch, [job])
    assert words in row


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_a_version_stays_in_use_only_after_a_job_that_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    [row] = shown(monkeypatch, [{"state": state, "position": 1, "error": None, "active_version_number": 2}])
    assert "stays in use" not in row
