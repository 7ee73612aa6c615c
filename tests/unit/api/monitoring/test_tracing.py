import json
import sys

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.testclient import TestClient

from api.monitoring.factory import build_tracing
from api.monitoring.http_watch import HttpWatch
from api.monitoring.metrics import Metrics
from api.monitoring.tracing import Tracing
from rag.errors import ConfigurationError, IndexUnavailableError
from rag.settings import Settings, TracingSettings
from tests.support.builders.monitoring import USAGE, WRITTEN, ask, do_everything, observed
from tests.support.builders.pipeline import ASKED, SERVICE, ScriptedGenerator, question

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


class Traces:
    """Makes spans, and keeps them."""

    def __init__(self, *, content: bool = False) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracing = Tracing(SimpleSpanProcessor(self._exporter), content=content)

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        """By name; of several with one name the last."""
        return {span.name: span for span in self._exporter.get_finished_spans()}

    @property
    def text(self) -> str:
        return "\n".join(span.to_json() for span in self._exporter.get_finished_spans())


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


async def test_a_question_has_a_span_with_one_for_each_stage() -> None:
    traces = Traces()
    await ask(await observed(traces.tracing, generator=ScriptedGenerator(*WRITTEN)))
    asked = traces.spans["ask"]
    stages = {name: span for name, span in traces.spans.items() if name != "ask"}
    assert set(stages) == {
        "embeddings hash",
        "retrieval",
        "fuse",
        "rerank",
        "assess",
        "compress",
        "compose",
        "guard",
        "chat qwen",
    }
    assert {parent_of(span) for span in stages.values()} == {id_of(asked)}
    for span in stages.values():
        assert asked.start_time is not None
        assert span.start_time is not None
        assert span.end_time is not None
        assert asked.end_time is not None
        assert asked.start_time <= span.start_time <= span.end_time <= asked.end_time


async def test_the_model_is_described_by_the_genai_conventions() -> None:
    traces = Traces()
    await ask(await observed(traces.tracing, generator=ScriptedGenerator(*WRITTEN)))
    chat = traces.spans["chat qwen"]
    assert chat.kind is SpanKind.CLIENT
    assert chat.attributes is not None
    attributes = dict(chat.attributes)
    assert attributes.pop("gen_ai.response.time_to_first_chunk") >= 0  # type: ignore[operator]
    assert {name: value for name, value in attributes.items() if name.startswith("gen_ai.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "qwen",
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 200,
        "gen_ai.usage.output_tokens": 11,
        "gen_ai.usage.cache_read.input_tokens": 150,
    }
    assert attributes["citewell.endpoint"] == USAGE.endpoint
    embeddings, retrieval = traces.spans["embeddings hash"].attributes, traces.spans["retrieval"].attributes
    assert embeddings is not None
    assert retrieval is not None
    assert (embeddings["gen_ai.operation.name"], embeddings["gen_ai.request.model"]) == ("embeddings", "hash")
    assert retrieval["gen_ai.operation.name"] == "retrieval"


async def test_what_quotes_documents_is_no_model() -> None:
    traces = Traces()
    await ask(await observed(traces.tracing))
    assert traces.spans["generate"].kind is SpanKind.INTERNAL


async def test_spans_hold_no_word_of_questions_answers_or_documents() -> None:
    traces = Traces()
    await do_everything(traces.tracing)
    assert "ask" in traces.spans
    for word in ("pump", "serviced", "cheese", "manuals"):
        assert word not in traces.text.lower()


async def test_questions_and_answers_are_in_spans_where_the_settings_say_so() -> None:
    traces = Traces(content=True)
    await ask(await observed(traces.tracing, generator=ScriptedGenerator(*WRITTEN)))
    attributes = traces.spans["ask"].attributes
    assert attributes is not None
    [said] = json.loads(str(attributes["gen_ai.input.messages"]))
    assert said == {"role": "user", "parts": [{"type": "text", "content": ASKED}]}
    [answered] = json.loads(str(attributes["gen_ai.output.messages"]))
    assert answered["role"] == "assistant"
    assert SERVICE in answered["parts"][0]["content"]


async def test_an_error_marks_the_question_and_its_stage_by_a_code() -> None:
    traces = Traces()
    with pytest.raises(IndexUnavailableError):
        await ask(await observed(traces.tracing, fails=True))
    assert set(traces.spans) == {"ask", "encode", "retrieval"}
    assert traces.spans["encode"].status.status_code is StatusCode.UNSET
    for name in ("ask", "retrieval"):
        span = traces.spans[name]
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description is None
        assert (span.attributes or {})["error.type"] == "index_unavailable"


async def test_jobs_and_maintenance_have_traces_of_their_own() -> None:
    traces = Traces()
    await do_everything(traces.tracing)
    ingest = traces.spans["ingest"]
    assert parent_of(ingest) is None
    for step in ("parse", "encode", "store", "activate"):
        assert parent_of(traces.spans[step]) == id_of(ingest)
    assert {"optimize", "erase"} <= set(traces.spans)


def app_with(traces: Traces) -> TestClient:
    app = FastAPI()

    @app.get("/ask/{name}")
    async def asking(name: str) -> str:
        if name == "broken":
            raise ZeroDivisionError
        await ask(await observed(traces.tracing))
        return name

    app.add_middleware(HttpWatch, metrics=Metrics(tenant_label=False), span=traces.tracing.request_span)
    return TestClient(app)


def test_a_question_is_below_its_request_and_that_below_its_caller() -> None:
    traces = Traces()
    answer = app_with(traces).get("/ask/me", headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
    request = traces.spans["GET /ask/{name}"]
    assert request.kind is SpanKind.SERVER
    assert parent_of(request) == int(CALLER, 16)
    assert parent_of(traces.spans["ask"]) == id_of(request)
    context = traces.spans["ask"].get_span_context()
    assert context is not None
    assert context.trace_id == int(TRACE, 16)
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/ask/{name}",
        "http.response.status_code": 200,
        "citewell.request_id": answer.headers["x-request-id"],
    }


def test_requests_of_one_connection_do_not_hang_together() -> None:
    traces = Traces()
    client = app_with(traces)
    client.get("/ask/me")
    first = traces.spans["GET /ask/{name}"]
    client.get("/ask/me", headers={"traceparent": "nonsense"})
    second = traces.spans["GET /ask/{name}"]
    assert parent_of(first) is parent_of(second) is None
    assert first.get_span_context() != second.get_span_context()


def test_a_request_that_fails_is_marked() -> None:
    traces = Traces()
    app_with(traces).get("/ask/broken")
    request = traces.spans["GET /ask/{name}"]
    assert request.status.status_code is StatusCode.ERROR
    assert (request.attributes or {})["error.type"] == "500"


async def test_a_client_that_goes_away_ends_its_span() -> None:
    traces = Traces()
    events = (await observed(traces.tracing)).answer(question())
    await anext(events)
    await events.aclose()
    assert (traces.spans["ask"].attributes or {})["error.type"] == "GeneratorExit"


def test_there_are_no_traces_unless_an_endpoint_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build_tracing(Settings()) is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    tracing = build_tracing(Settings())
    assert tracing is not None
    tracing.close()


def test_an_endpoint_without_the_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "api.monitoring.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'citewell\[tracing\]'"):
        build_tracing(Settings(tracing=TracingSettings(endpoint="http://127.0.0.1:4318")))
