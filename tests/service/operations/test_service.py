import socket
from pathlib import Path

import httpx
import pytest

from api.server import bind, serving
from rag.errors import ConfigurationError, FolderInUseError
from rag.settings import ServerSettings, Settings
from tests.support.servers.service import problem, upload, wait_for_job


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["waiting_jobs"]) == ("ready", 0)


def test_the_page_and_its_files_are_served_under_a_strict_policy(client: httpx.Client) -> None:
    page = client.get("/")
    assert "<title>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    script = client.get("/page/chat/app.js")
    assert script.headers["x-content-type-options"] == "nosniff"
    assert script.headers["content-encoding"] == "gzip"


def test_the_schema_describes_every_route_with_examples(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    assert {"/v1/documents", "/v1/ask", "/v1/search", "/v1/jobs/{job_id}", "/healthz", "/readyz"} <= set(
        schema["paths"]
    )
    assert schema["components"]["schemas"]["AskRequest"]["properties"]["question"]["examples"]


def test_another_sites_page_cannot_use_the_service(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"query": "x"}, headers={"origin": "http://evil.example"})
    assert problem(response) == (403, "cross_origin_request")
    same = client.post("/v1/search", json={"query": "x"}, headers={"origin": "http://localhost"})
    assert same.status_code == 200


def test_a_foreign_host_name_is_refused(client: httpx.Client) -> None:
    refused = client.get("/healthz", headers={"host": "evil.example"})
    assert problem(refused) == (400, "host_not_allowed")
    assert "evil.example" in refused.json()["detail"]


def test_an_unknown_path_is_a_problem_too(client: httpx.Client) -> None:
    assert problem(client.get("/v1/nothing")) == (404, "not_found")


def test_health_answers_while_a_large_document_is_taken_in_and_cancelling_ends_it(client: httpx.Client) -> None:
    words = " ".join(f"word{number} is explained in paragraph {number}." for number in range(20_000))
    job_id = upload(client, "large.txt", words.encode(), collection="large").json()["job"]["id"]
    answers: dict[str, int] = dict.fromkeys(["parsing", "indexing"], 0)
    while min(answers.values()) < 20:
        assert client.get("/healthz").status_code == 200
        job = client.get(f"/v1/jobs/{job_id}").json()
        assert job["state"] in {"queued", "running"}
        answers[job["stage"]] += 1
    client.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()
    assert wait_for_job(client, job_id)["state"] == "cancelled"


def test_a_second_service_on_the_same_folder_is_told_why_not(
    client: httpx.Client, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/healthz").status_code == 200
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "second.sock"))
        with pytest.raises(FolderInUseError, match="in use by process"), serving(settings, listener):
            pass
    assert "Application startup failed" not in caplog.text


@pytest.mark.integration
def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with bind(ServerSettings(port=0)) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(ConfigurationError, match="CITEWELL_SERVER__PORT"):
            bind(ServerSettings(port=port))
