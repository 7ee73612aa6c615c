"""Metrics, accounts and request ids of the real service."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers.service import problem

QUESTION = "How many days of vacation do full-time employees get?"


@pytest.fixture(autouse=True)
def _documents(handbook: str) -> None:
    """Every question here is about the handbook."""


def scraped(client: httpx.Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = client.get("/metrics").raise_for_status()
    assert response.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def used(client: httpx.Client) -> int:
    sums = client.get("/v1/usage").raise_for_status().json()["sums"]
    return sum(part["requests"] for part in sums)


def test_a_question_shows_in_the_metrics_and_in_the_accounts(client: httpx.Client) -> None:
    before, used_before = scraped(client), used(client)
    client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    after = scraped(client)
    asked = ("citewell_questions_total", (("operation", "ask"), ("outcome", "answered"), ("tenant", "")))
    route = ("citewell_http_requests_total", (("method", "POST"), ("route", "/v1/ask"), ("status", "200")))
    for series in (asked, route):
        assert after[series] == before.get(series, 0) + 1
    while used(client) == used_before:  # it is written behind the answer's back
        pass
    assert used(client) == used_before + 1


def test_the_state_of_catalogue_and_caches_is_shown(client: httpx.Client) -> None:
    found = scraped(client)
    assert found["citewell_catalog_up", ()] == 1
    assert found["citewell_documents", ()] == 1
    assert found["citewell_chunks", ()] > 0
    assert found["citewell_jobs", (("state", "succeeded"),)] == 1
    assert found["citewell_jobs", (("state", "queued"),)] == 0
    assert found["citewell_oldest_waiting_job_seconds", ()] == 0
    client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    hits = sum(value for (name, _), value in scraped(client).items() if name == "citewell_cache_hits_total")
    assert hits > 0
    assert found["citewell_stage_seconds_count", (("operation", "ingest"), ("stage", "parse"))] == 1


def test_the_header_and_the_receipt_have_the_same_request_id(client: httpx.Client) -> None:
    answer = client.post("/v1/ask", json={"question": QUESTION})
    assert answer.headers["x-request-id"] == answer.json()["receipt"]["request_id"]
    assert client.get("/healthz").headers["x-request-id"]
    assert client.get("/nowhere").headers["x-request-id"]


@pytest.mark.parametrize(("by", "key"), [("tenant", "default"), ("model", "extractive")])
def test_usage_is_summed_by_what_is_asked_for(client: httpx.Client, by: str, key: str) -> None:
    client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    while not used(client):
        pass
    report = client.get("/v1/usage", params={"by": by}).raise_for_status().json()
    assert [part["key"] for part in report["sums"]] == [key]
    today = datetime.now(UTC).date()
    assert report["by"] == by
    assert (report["from"], report["to"]) == ((today - timedelta(days=29)).isoformat(), today.isoformat())


def test_a_period_without_answers_is_empty(client: httpx.Client) -> None:
    report = client.get("/v1/usage", params={"from": "2020-01-01", "to": "2020-01-31"}).raise_for_status().json()
    assert report["sums"] == []


def test_a_period_that_ends_before_it_begins_is_explained(client: httpx.Client) -> None:
    answer = client.get("/v1/usage", params={"from": "2026-02-01", "to": "2026-01-01"})
    assert problem(answer) == (422, "wrong_period")


def test_the_schema_describes_the_accounts(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    names = [parameter["name"] for parameter in schema["paths"]["/v1/usage"]["get"]["parameters"]]
    assert names == ["from", "to", "by"]
    assert "from" in schema["components"]["schemas"]["UsageReportBody"]["properties"]


def test_methods_that_a_client_makes_up_add_no_series(client: httpx.Client) -> None:
    paths = [path.replace("{", "").replace("}", "") for path in client.get("/openapi.json").json()["paths"]]
    client.request("MADEUP", "/healthz")
    scraped(client)
    before = set(scraped(client))
    for number, path in enumerate(paths):
        for method in (f"MADEUP{number}", "TRACE"):
            assert client.request(method, path).status_code == 405
    assert set(scraped(client)) == before
