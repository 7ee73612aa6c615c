import json
from collections.abc import Iterator

import httpx
import pytest

from api import job_followers
from api.caller import Caller
from api.routes import jobs as job_routes
from ingest.service import Service
from rag.catalog.database.records import JobRecord
from rag.errors import CatalogUnavailableError
from rag.settings import Settings
from tests.support.servers.service import events, problem, running_client, upload, wait_for_job

LONG = " ".join(f"Word {number} is explained in paragraph {number}." for number in range(5_000)).encode()


@pytest.fixture
def idle(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that takes nothing up."""
    folder = tmp_path_factory.mktemp("idle")
    settings = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": folder / "data"})})
    with running_client(settings, folder / "api.sock", with_worker=False) as http:
        yield http


def queue(client: httpx.Client, name: str, **form: str) -> str:
    return str(upload(client, name, f"The words of {name}.".encode(), **form).raise_for_status().json()["job"]["id"])


def test_jobs_are_listed_newest_first_and_by_state_and_collection(idle: httpx.Client) -> None:
    first, second = queue(idle, "first.txt"), queue(idle, "second.txt", collection="other")
    assert [job["id"] for job in idle.get("/v1/jobs").json()["jobs"]] == [second, first]
    assert [job["id"] for job in idle.get("/v1/jobs", params={"limit": 1}).json()["jobs"]] == [second]
    by_collection = idle.get("/v1/jobs", params={"collection": "other", "state": "queued"}).json()["jobs"]
    assert [(job["id"], job["name"], job["collection"]) for job in by_collection] == [(second, "second.txt", "other")]
    assert idle.get("/v1/jobs", params={"state": "running"}).json()["jobs"] == []
    assert problem(idle.get("/v1/jobs", params={"state": "lost"})) == (422, "invalid_request")


def test_a_waiting_job_is_cancelled_at_once_and_its_document_is_gone(idle: httpx.Client) -> None:
    job = idle.post(f"/v1/jobs/{queue(idle, 'unwanted.txt')}/cancel")
    assert (job.status_code, job.json()["state"], job.json()["error"]["code"]) == (202, "cancelled", "cancelled")
    assert problem(idle.get(f"/v1/documents/{job.json()['document_id']}")) == (404, "unknown_document")
    assert problem(idle.post(f"/v1/jobs/{job.json()['id']}/cancel")) == (409, "conflict")
    assert problem(idle.post(f"/v1/jobs/{job.json()['id']}/retry")) == (409, "conflict")


def test_a_waiting_job_says_how_many_are_before_it_wherever_it_is_shown(idle: httpx.Client) -> None:
    first, second = queue(idle, "first.txt"), queue(idle, "second.txt")
    listed = {job["id"]: job["position"] for job in idle.get("/v1/jobs").json()["jobs"]}
    assert listed == {first: 1, second: 2}
    assert idle.get(f"/v1/jobs/{second}").json()["position"] == 2
    with idle.stream("GET", f"/v1/jobs/{second}/events") as response:
        shown = (json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line.startswith("data: "))
        assert next(shown)["position"] == 2
        assert idle.post(f"/v1/jobs/{first}/cancel").json()["position"] is None
        assert next(shown)["position"] == 1
        idle.post(f"/v1/jobs/{second}/cancel")
        assert [(job["state"], job["position"]) for job in shown] == [("cancelled", None)]


def test_a_running_job_is_cancelled_by_its_worker(client: httpx.Client) -> None:
    job_id = upload(client, "long.txt", LONG, collection="cancelled").json()["job"]["id"]
    while client.get(f"/v1/jobs/{job_id}").json()["state"] == "queued":
        pass
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["state"], answer.json()["cancel_requested"]) == (202, "running", True)
    assert wait_for_job(client, job_id)["state"] == "cancelled"
    assert client.get("/v1/documents", params={"collection": "cancelled"}).json()["documents"] == []


def test_a_failed_job_can_be_tried_again(client: httpx.Client) -> None:
    failed = wait_for_job(client, upload(client, "broken.pdf", b"%PDF-1.7\nno PDF\n").json()["job"]["id"])
    assert failed["state"] == "failed"
    answer = client.post(f"/v1/jobs/{failed['id']}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["error"]) == (202, "queued", None)
    again = wait_for_job(client, failed["id"])
    assert (again["state"], again["attempts"], again["error"]) == ("failed", 1, failed["error"])


def test_a_followed_job_shows_its_progress_and_ends_with_done_once(client: httpx.Client) -> None:
    job_id = upload(client, "followed.txt", LONG[:40_000], collection="followed").json()["job"]["id"]
    response = client.get(f"/v1/jobs/{job_id}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response)
    names = [name for name, _ in found]
    assert set(names[:-1]) == {"progress"}
    assert names[-1] == "done"
    shown = [json.loads(data) for _, data in found]
    assert [job["progress"] for job in shown] == sorted(job["progress"] for job in shown)
    assert (shown[-1]["state"], shown[-1]["stage"], shown[-1]["progress"]) == ("succeeded", "done", 1.0)
    assert shown[-1] == client.get(f"/v1/jobs/{job_id}").json()


def test_a_job_that_has_ended_is_followed_to_its_end_at_once(client: httpx.Client) -> None:
    job_id = upload(client, "ended.txt", b"Some words.", collection="followed").json()["job"]["id"]
    wait_for_job(client, job_id)
    assert [name for name, _ in events(client.get(f"/v1/jobs/{job_id}/events"))] == ["done"]


def test_a_silent_job_keeps_the_stream_open_with_comments(idle: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_followers, "_HEARTBEAT_SECONDS", 0.0)
    job_id = queue(idle, "waiting.txt")
    with idle.stream("GET", f"/v1/jobs/{job_id}/events") as response:
        lines = response.iter_lines()
        assert next(lines) == "event: progress"
        assert next(line for line in lines if line.startswith(":"))
        idle.post(f"/v1/jobs/{job_id}/cancel")
        assert [line for line in lines if line.startswith("event:")] == ["event: done"]


def test_a_stream_says_so_when_the_catalogue_fails(idle: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    look = job_routes._read_job  # noqa: SLF001 - what the stream asks for each look
    looks = 0

    async def failing_look(service: Service, caller: Caller, job_id: str) -> JobRecord:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise CatalogUnavailableError("its disk was unplugged")
        return await look(service, caller, job_id)

    monkeypatch.setattr(job_routes, "_read_job", failing_look)
    found = events(idle.get(f"/v1/jobs/{queue(idle, 'cut.txt')}/events"))
    assert [name for name, _ in found] == ["progress", "error"]
    assert json.loads(found[-1][1])["code"] == "catalog_unavailable"


def test_an_unknown_job_can_be_neither_shown_nor_followed_nor_changed(idle: httpx.Client) -> None:
    gone = (404, "unknown_job")
    assert problem(idle.get("/v1/jobs/nope")) == gone
    assert problem(idle.get("/v1/jobs/nope/events")) == gone
    assert problem(idle.post("/v1/jobs/nope/cancel")) == gone
    assert problem(idle.post("/v1/jobs/nope/retry")) == gone
