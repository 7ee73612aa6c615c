"""What ``citewell ask`` prints and how it ends, with answers from a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.commands.shared.client import Client
from rag.terminal.exit_status import ExitStatus

SOURCE = {"number": 1, "name": "leave.md", "page": 3, "heading_path": ["Leave", "Annual leave"], "text": "28 days."}
SENTENCE = {
    "text": "You have 28 days.",
    "supported": True,
    "citations": [{"number": 1, "page": 3}, {"number": 1, "page": 3}],
}
RECEIPT = {
    "generator": "extractive",
    "cached": False,
    "total_milliseconds": 71.9,
    "degraded": [],
    "verification": {"dropped": 2, "retried": False},
}
ANSWER = {"abstention": None, "sentences": [SENTENCE], "sources": [SOURCE], "tables": [], "receipt": RECEIPT}
NO_ANSWER = {**ANSWER, "abstention": {"message": "The documents do not say."}, "sentences": []}


def ask(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], *arguments: str) -> Result:
    events = [("sentence", sentence) for sentence in answer["sentences"]] + [("done", answer)]

    def respond(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content).get("stream"):
            text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
            return httpx.Response(200, text=text)
        return httpx.Response(200, json=answer)

    @contextmanager
    def connect(*_: object, **__: object) -> Iterator[Client]:
        with httpx.Client(transport=httpx.MockTransport(respond), base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.ask.connect", connect)
    return CliRunner().invoke(app, ["ask", "How long?", *arguments])


def test_an_answer_and_its_sources_are_on_standard_output_and_notes_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    done = ask(monkeypatch, ANSWER)
    assert done.exit_code == ExitStatus.DONE, done.exception
    assert done.stdout == "You have 28 days. [1]\n\n[1] leave.md, page 3 > Leave > Annual leave\n"
    assert done.stderr == ("Warning: Left out, because no passage supports them: 2 sentences.\nextractive, 72 ms\n")


@pytest.mark.parametrize(("pages", "shown"), [((5,), ", page 5"), ((6, None, 5, 6), ", pages 5, 6"), ((None,), "")])
def test_a_source_names_the_pages_of_the_cited_words(
    monkeypatch: pytest.MonkeyPatch, pages: tuple[int | None, ...], shown: str
) -> None:
    sentence = {**SENTENCE, "citations": [{"number": 1, "page": page} for page in pages]}
    done = ask(monkeypatch, {**ANSWER, "sentences": [sentence]})
    assert f"\n[1] leave.md{shown} > Leave" in done.stdout


def test_a_degraded_answer_has_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    degraded = [{"stage": "generate", "reason": "It was quoted."}, {"stage": "rerank", "reason": "Not reranked."}]
    done = ask(monkeypatch, {**ANSWER, "receipt": {**RECEIPT, "degraded": degraded}})
    assert "Warning: It was quoted.\n" in done.stderr
    assert "Not reranked." not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_no_answer_has_an_exit_status_of_its_own(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    done = ask(monkeypatch, NO_ANSWER, *arguments)
    assert done.exit_code == ExitStatus.NO_ANSWER
    assert "The documents do not say." in done.stdout


def test_a_long_passage_is_cut_with_an_ellipsis(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = [
        {"rank": rank, "dense": None, "bm25": None, "source": {**SOURCE, "text": text}}
        for rank, text in enumerate(("word " * 100, "A short one."), start=1)
    ]

    @contextmanager
    def connect(*_: object, **__: object) -> Iterator[Client]:
        respond = httpx.MockTransport(lambda _: httpx.Response(200, json={"hits": hits}))
        with httpx.Client(transport=respond, base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.ask.connect", connect)
    long, short = CliRunner().invoke(app, ["search", "words"]).stdout.splitlines()[1:]
    assert long.endswith("word word…")
    assert short.endswith("\tA short one.")


def test_the_rows_behind_an_answer_are_printed_as_a_table_with_their_query(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [{"text": "Saw S-2", "number": 1}, {"text": "41", "number": 1}]
    table = {"title": "Machines", "header": ["Model", "Weight"], "rows": [cells], "query": "SELECT 1"}
    done = ask(monkeypatch, {**ANSWER, "tables": [table]})
    assert "Machines\nModel\tWeight\nSaw S-2\t41\n" in done.stdout
    assert "SELECT 1" in done.stderr
