"""The real service sends its traces to a collector."""

from pathlib import Path

import pytest

from rag.settings import ServerSettings, Settings, StorageSettings, TracingSettings
from tests.support.servers.service import build_ready, running_client, take_in
from tests.support.servers.trace_collector import running_collector


@pytest.mark.integration
def test_a_collector_gets_the_spans_of_requests_jobs_and_questions(tmp_path: Path) -> None:
    with running_collector() as collector:
        settings = Settings(
            storage=StorageSettings(folder=tmp_path / "data"),
            server=ServerSettings(allowed_hosts=("localhost",)),
            tracing=TracingSettings(endpoint=collector.url),
        )
        with running_client(settings, tmp_path / "api.sock") as client:
            take_in(client, "leave.txt", b"Full-time employees get 30 days of vacation a year.")
            body = {"question": "How many days of vacation do employees get?", "stream": True}
            answer = client.post("/v1/ask", json=body)
            assert "event: done" in answer.text
            client.post("/v1/maintenance/index/build", json={}).raise_for_status()
            build_ready(client)
            client.post("/v1/maintenance/index/switch").raise_for_status()
            take_in(client, "leave.txt", b"Part-time employees get 18 days of vacation a year.")
    assert collector.services == {"citewell"}
    assert {"POST /v1/documents", "POST /v1/ask", "ask", "retrieval", "ingest", "parse"} <= set(collector.spans)
    assert collector.spans["ask"].parent_span_id == collector.spans["POST /v1/ask"].span_id
    assert collector.spans["parse"].parent_span_id == collector.spans["ingest"].span_id
    assert not collector.spans["ingest"].parent_span_id  # a request restarted the worker
    assert "vacation" not in str(collector.spans)
