"""The load benchmark: its clients against a scripted service, its verdict on made-up figures, and all of it once."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import httpx
import pytest

from evals.benchmarks.__main__ import main
from evals.benchmarks.corpus import synthetic_documents
from evals.benchmarks.load.clients import Kind, Workload, WorkloadResult, work
from evals.benchmarks.load.health import health_table
from evals.benchmarks.load.report import Load, Phase, tables


class ScriptedService:
    """Answers uploads with ``answers`` in turn, then accepts; a job runs once, then has the ``state`` it shall have."""

    def __init__(self, *answers: httpx.Response, state: str = "succeeded") -> None:
        self._answers = list(answers)
        self._state = state
        self.uploads: list[str] = []
        self.jobs_asked = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.jobs_asked += 1
            return httpx.Response(200, json={"state": self._state if self.jobs_asked > 1 else "running"})
        if self._answers:
            return self._answers.pop(0)
        self.uploads.append(request.content.decode())
        return httpx.Response(202, json={"job": {"id": str(len(self.uploads))}})


async def upload(service: ScriptedService, *, count: int, clients: int = 2) -> WorkloadResult:
    task = Workload(kind=Kind.UPLOAD, url="http://test", clients=clients, count=count)
    async with httpx.AsyncClient(transport=httpx.MockTransport(service), base_url=task.url) as http:
        return await work(task, http, lambda: None)


async def test_clients_upload_every_document_once_and_wait_for_its_job() -> None:
    service = ScriptedService()
    outcome = await upload(service, count=5)
    assert outcome.ready == 5
    assert outcome.statuses == {202: 5, 200: 6}
    assert sum("# Report " in content for content in set(service.uploads)) == 5


async def test_a_client_comes_again_when_the_service_says_it_is_full() -> None:
    full = httpx.Response(429, headers={"retry-after": "0"})
    outcome = await upload(ScriptedService(full, full), count=1)
    assert (outcome.ready, outcome.statuses) == (1, {429: 2, 202: 1, 200: 2})


async def test_a_refused_document_and_a_failed_job_are_not_ready() -> None:
    assert (await upload(ScriptedService(httpx.Response(500)), count=3)).ready == 2
    assert (await upload(ScriptedService(state="failed"), count=2)).ready == 0


async def test_a_broken_connection_counts_as_a_server_error() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken), base_url="http://test") as http:
        outcome = await work(Workload(kind=Kind.UPLOAD, url="http://test", count=1), http, lambda: None)
    assert (outcome.ready, outcome.statuses) == (0, {599: 1})


async def test_searching_goes_on_until_it_is_ended_and_asks_nothing_twice() -> None:
    asked: list[str] = []
    enough = Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["query"])
        if len(asked) == 20:
            enough.set()
        await asyncio.sleep(0)  # as a real service, which answers later, it lets others go on
        return httpx.Response(200)

    task = Workload(kind=Kind.SEARCH, url="http://test", clients=3)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=task.url) as http:
        outcome = await work(task, http, enough.wait)
    assert len(set(asked)) == len(asked) == len(outcome.milliseconds) >= 20


def test_generated_documents_differ_and_are_the_same_each_time() -> None:
    first = list(synthetic_documents(0, 4))
    assert len({content for _, content in first}) == len({name for name, _ in first}) == 4
    assert list(synthetic_documents(2, 2)) == first[2:]


def phase(name: str, *, search_ms: float, documents: int = 0, seconds: float = 1.0) -> Phase:
    return Phase(
        name=name,
        documents=documents,
        searches=WorkloadResult(statuses={200: 2}, milliseconds=[search_ms, search_ms]),
        probes=WorkloadResult(statuses={200: 1}, milliseconds=[5.0]),
        uploads=WorkloadResult(statuses={202: documents, 429: 3}, ready=documents, seconds=seconds)
        if documents
        else WorkloadResult(),
        service_peak_mb=300.0,
        parser_peak_mb=200.0,
    )


BOTH = phase("both", search_ms=80.0, documents=10, seconds=5.0)
LOAD = Load(
    alone=phase("alone", search_ms=0.0, documents=4, seconds=1.0),
    before=phase("before", search_ms=40.0),
    both=BOTH,
    after=phase("after", search_ms=40.0),
)


def test_ratios_by_hand() -> None:
    waited, done = tables(LOAD)
    assert waited.missed == ()
    assert [row["p95_to_idle"] for row in waited.rows] == [None, None, 2.0, None]
    assert [(row["documents_per_s"], row["to_alone"]) for row in done.rows] == [
        (4.0, None),
        (None, None),
        (2.0, 0.5),
        (None, None),
    ]
    assert [row["status_429"] for row in done.rows] == [3, 0, 3, 0]


@pytest.mark.parametrize(
    ("both", "missed"),
    [
        (replace(BOTH, searches=WorkloadResult(milliseconds=[81.0])), "P95 of searches within 2 times of idle"),
        (replace(BOTH, searches=WorkloadResult()), "P95 of searches within 2 times of idle"),
        (replace(BOTH, probes=WorkloadResult(milliseconds=[100.0])), "P99 of /healthz below 100 ms"),
        (replace(BOTH, probes=WorkloadResult(milliseconds=[5.0], statuses={503: 1})), "no 5xx: there were 1"),
        (replace(BOTH, uploads=WorkloadResult(ready=9, seconds=5.0)), "every document is ready: 1 are not"),
    ],
)
def test_a_missed_target_is_named(both: Phase, missed: str) -> None:
    waited, _ = tables(replace(LOAD, both=both))
    [found] = waited.missed
    assert found.startswith(missed)
    assert f"MISSED: {missed}" in waited.to_text()


def test_health_is_compared_with_an_application_that_does_nothing() -> None:
    answers = WorkloadResult(statuses={200: 1}, milliseconds=[900.0])
    probes, empty = WorkloadResult(statuses={200: 2}, milliseconds=[20.0, 20.0]), WorkloadResult(milliseconds=[4.0])
    table = health_table(answers, probes, empty)
    assert [row["p99_ms"] for row in table.rows] == [20.0, 4.0, 5.0]
    assert table.missed == ()
    slow = WorkloadResult(statuses={200: 1, 599: 1}, milliseconds=[100.0])
    [broken, late, refused] = health_table(WorkloadResult(statuses={429: 1}), slow, empty).missed
    assert broken.startswith("every probe is answered: 1 were not")
    assert late.startswith("P99 of /healthz below 100 ms")
    assert refused.startswith("every question is answered")


@pytest.mark.slow
def test_load_is_measured_on_a_real_service(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    code = main(["--only", "load", "--uploads", "5", "--idle-seconds", "0.5", "--out", str(out)])
    report = json.loads(out.read_text())
    waited, done, health = report["load"]["tables"]
    assert (code, report["failed"]) == ((1, ["load"]) if waited["missed"] or health["missed"] else (0, []))
    assert all(row["p99_ms"] > 0 for row in health["rows"])
    assert all(row["searches"] > 0 for row in waited["rows"][1:])
    assert all(row["healthz_p99_ms"] > 0 for row in waited["rows"])
    assert all(row["status_5xx"] == row["status_other"] == 0 < row["status_2xx"] for row in done["rows"])
    assert all(row["service_peak_rss_mb"] > 0 and row["parser_peak_rss_mb"] > 0 for row in done["rows"])
    assert waited["title"] in capfd.readouterr().out
