from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.middleware.hosts_and_bodies import PAGE_POLICY
from evals.runs.records import RunRecord, RunState
from evals.runs.store import RunStore
from ingest.storage.folder_lock import FolderLock
from rag.settings import Settings, StorageSettings
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.service import problem, running_client, take_in

QUESTION = {
    "id": "q1",
    "question": "How many days of vacation do full-time employees get?",
    "answers": ["30 days"],
    "gold_passages": [{"document": "handbook.md", "quote": "Full-time employees get 30 days of vacation a year."}],
    "tags": ["vacation"],
}
UNANSWERABLE = {"id": "q2", "question": "Who won the chess championship of 1972?", "answerable": False}


def start(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/v1/evals", json=body)


def finished(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = start(client, **body)
    assert answer.status_code == 202, answer.text
    return wait_for_run(client, answer.json()["id"])


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"q{number}", "question": f"How many days of vacation are there in year {number}?"}
        for number in range(count)
    ]


def stored_run(settings: Settings, run_id: str, **changed: Any) -> RunRecord:
    fields = {
        "run_id": run_id,
        "tenant": settings.tenant,
        "dataset": "sample",
        "dataset_digest": "0",
        "collection": "default",
        "questions": 3,
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    run = RunRecord.model_validate(fields | changed)
    RunStore.of(settings).save(run)
    return run


@pytest.mark.usefixtures("handbook")
def test_questions_are_asked_of_a_collection_and_scored(client: httpx.Client) -> None:
    answer = start(client, questions=[QUESTION, UNANSWERABLE])
    assert answer.status_code == 202
    begun = answer.json()
    assert (begun["state"], begun["questions"], begun["asked"]) == ("running", 2, 0)
    assert answer.headers["Location"] == begun["links"]["self"]

    run = wait_for_run(client, begun["id"])

    assert (run["state"], run["asked"], run["collection"]) == ("finished", 2, "default")
    assert run["figures"]["fact_recall"]["mean"] == 1.0
    assert client.get(run["links"]["self"]).json() == run
    assert client.get("/v1/evals").json()["evaluations"][0] == run


@pytest.mark.usefixtures("handbook")
def test_what_became_of_each_question_is_paged(client: httpx.Client) -> None:
    run = finished(client, questions=[QUESTION, UNANSWERABLE])
    records = client.get(run["links"]["questions"], params={"offset": 0, "limit": 1}).json()
    assert (records["total"], len(records["questions"])) == (2, 1)
    assert "30 days" in records["questions"][0]["answer"]
    last = client.get(run["links"]["questions"], params={"offset": 1}).json()["questions"]
    assert [record["question"]["id"] for record in last] == ["q2"]


@pytest.mark.usefixtures("handbook")
def test_a_line_separator_in_a_question_splits_no_record(client: httpx.Client) -> None:
    run = finished(client, questions=[QUESTION | {"question": "How many days\u2028of vacation?"}])
    assert client.get(run["links"]["questions"]).json()["total"] == 1


@pytest.mark.usefixtures("handbook")
def test_a_dataset_that_comes_with_citewell_is_asked_and_limited(client: httpx.Client) -> None:
    run = finished(client, dataset="sample", limit=4)
    assert (run["dataset"], run["asked"]) == ("sample", 4)


@pytest.mark.usefixtures("handbook")
def test_one_run_goes_on_at_a_time_and_can_be_cancelled(client: httpx.Client) -> None:
    run_id = start(client, questions=many(900)).json()["id"]
    refused = start(client, questions=[QUESTION])
    assert problem(refused) == (409, "conflict")
    assert run_id in refused.json()["detail"]

    cancelled = client.post(f"/v1/evals/{run_id}/cancel")

    assert cancelled.status_code == 202
    assert (cancelled.json()["state"], cancelled.json()["failure"]) == ("failed", "It was cancelled.")
    assert cancelled.json()["asked"] < 900
    assert problem(client.post(f"/v1/evals/{run_id}/cancel")) == (409, "conflict")
    assert finished(client, questions=[QUESTION])["state"] == "finished"


def test_a_run_whose_service_is_gone_has_failed(client: httpx.Client, settings: Settings) -> None:
    stored_run(settings, "20260101-000000-sample-gone")
    run = client.get("/v1/evals/20260101-000000-sample-gone").json()
    assert run["state"] == "failed"
    assert "Start it again" in run["failure"]
    assert RunStore.of(settings).run("20260101-000000-sample-gone").state is RunState.FAILED


def test_a_service_that_stops_ends_its_run(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(folder=tmp_path / "data"))
    with running_client(settings, tmp_path / "api.sock") as own:
        run_id = start(own, questions=many(900)).json()["id"]
    run = RunStore.of(settings).run(run_id)
    assert (run.state, run.asked < 900) == (RunState.FAILED, True)
    assert "Start it again" in (run.failure or "")


def test_a_run_of_another_process_goes_on(client: httpx.Client, settings: Settings) -> None:
    stored_run(settings, "20260101-000000-sample-other")
    other = FolderLock(settings.storage.folder / "evals" / "running")
    other.acquire()
    try:
        assert client.get("/v1/evals/20260101-000000-sample-other").json()["state"] == "running"
        assert problem(start(client, questions=[QUESTION])) == (409, "conflict")
        assert problem(client.post("/v1/evals/20260101-000000-sample-other/cancel")) == (409, "conflict")
    finally:
        other.release()


def test_a_run_of_the_command_line_is_left_alone(client: httpx.Client, settings: Settings) -> None:
    stored_run(settings, "20260101-000000-sample-line", collection=None)
    assert client.get("/v1/evals/20260101-000000-sample-line").json()["state"] == "running"


def test_another_tenants_runs_are_not_there(client: httpx.Client, settings: Settings) -> None:
    stored_run(settings, "20260101-000000-sample-else", tenant="another")
    listed = client.get("/v1/evals").json()["evaluations"]
    assert "20260101-000000-sample-else" not in [run["id"] for run in listed]
    for path in ("", "/questions"):
        found = client.get(f"/v1/evals/20260101-000000-sample-else{path}")
        assert problem(found) == (404, "unknown_evaluation")
    no_report(client.get("/evals/20260101-000000-sample-else"))


@pytest.mark.parametrize("run_id", ["none", "2026", "..", "%2e%2e%2frun"])
def test_an_unknown_run_is_not_found(client: httpx.Client, run_id: str) -> None:
    assert client.get(f"/v1/evals/{run_id}").status_code == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "wrong_dataset")),
        ({"dataset": "sample", "questions": [QUESTION]}, (422, "wrong_dataset")),
        ({"questions": []}, (422, "wrong_dataset")),
        ({"questions": [QUESTION, {"id": "q2"}]}, (422, "wrong_dataset")),
        ({"questions": [QUESTION, QUESTION]}, (422, "wrong_dataset")),
        ({"questions": ["no object"]}, (422, "invalid_request")),
        ({"dataset": "none"}, (404, "unknown_dataset")),
        ({"dataset": "../catalog"}, (404, "unknown_dataset")),
        ({"dataset": "sample", "collection": "nowhere"}, (404, "unknown_collection")),
        ({"questions": many(1_001)}, (422, "wrong_dataset")),
    ],
)
def test_what_cannot_be_asked_is_refused(client: httpx.Client, body: dict[str, Any], expected: tuple[int, str]) -> None:
    assert problem(start(client, **body)) == expected


def test_a_wrong_question_is_named_by_its_line(client: httpx.Client) -> None:
    detail = start(client, questions=[QUESTION, {"id": "q2"}]).json()["detail"]
    assert detail == "questions, line 2: question: Field required."


def test_too_many_questions_name_the_setting(client: httpx.Client) -> None:
    detail = start(client, questions=many(1_001)).json()["detail"]
    assert "1,001" in detail
    assert "CITEWELL_LIMITS__EVALUATION_QUESTIONS" in detail


def test_a_limit_makes_many_questions_few(client: httpx.Client) -> None:
    take_in(client, "a.txt", b"There are thirty days of vacation in every year of work.", collection="few")
    assert finished(client, questions=many(1_001), limit=2, collection="few")["asked"] == 2


@pytest.mark.usefixtures("handbook")
def test_the_report_is_a_page_that_runs_nothing_of_what_it_quotes(client: httpx.Client) -> None:
    marked = QUESTION | {"question": "How many days of <script>alert(1)</script> vacation?"}
    run = finished(client, questions=[marked])
    report = client.get(run["links"]["report"])
    assert report.headers["content-type"].startswith("text/html")
    assert report.headers["content-security-policy"] == PAGE_POLICY
    assert "<script>alert" not in report.text


@pytest.mark.usefixtures("handbook")
def test_what_a_run_changed_is_json_too(client: httpx.Client) -> None:
    before, after = (finished(client, questions=[QUESTION, UNANSWERABLE]) for _ in range(2))
    path = f"{after['links']['self']}/comparison"
    compared = client.get(path, params={"against": before["id"]}).json()
    assert (compared["pairs"], compared["unpaired"], compared["flips"]) == (2, 0, [])
    assert compared["before"]["run_id"] == before["id"]
    facts = next(each for each in compared["differences"] if each["metric"] == "fact_recall")
    assert facts["gain"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert "tenant" not in compared["after"]
    assert problem(client.get(path, params={"against": "gone"})) == (404, "unknown_evaluation")


@pytest.mark.usefixtures("handbook")
def test_a_run_that_has_ended_is_deleted(client: httpx.Client, settings: Settings) -> None:
    run = finished(client, questions=[QUESTION])
    assert client.delete(run["links"]["self"]).status_code == 204
    assert problem(client.get(run["links"]["self"])) == (404, "unknown_evaluation")
    assert problem(client.delete(run["links"]["self"])) == (404, "unknown_evaluation")
    assert run["id"] not in {folder.name for folder in (settings.storage.folder / "evals").iterdir()}


def test_a_run_that_goes_on_is_not_deleted(client: httpx.Client) -> None:
    run_id = start(client, questions=many(900)).json()["id"]
    assert problem(client.delete(f"/v1/evals/{run_id}")) == (409, "conflict")
    client.post(f"/v1/evals/{run_id}/cancel")
    assert client.delete(f"/v1/evals/{run_id}").status_code == 204


@pytest.mark.usefixtures("handbook")
def test_the_report_against_an_earlier_run_shows_what_changed(client: httpx.Client) -> None:
    before = finished(client, questions=[QUESTION])
    after = finished(client, questions=[QUESTION])
    page = client.get(after["links"]["report"], params={"against": before["id"]})
    assert page.status_code == 200
    assert "The question came out as before" in page.text
    assert before["id"] in page.text
    no_report(client.get(after["links"]["report"], params={"against": "gone"}))


def no_report(page: httpx.Response) -> None:
    assert page.status_code == 404
    assert "This evaluation is not here any more" in page.text
    assert '<nav class="site-menu"' in page.text
