"""Spans of requests, questions, jobs and their stages, for an OTLP collector. The only importer of ``opentelemetry``.

Names of attributes follow the semantic conventions for HTTP and for generative AI (in development, autumn 2026).
Errors are recorded by code only: their messages may hold names of documents.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from starlette.datastructures import Headers
from starlette.types import Scope

from api.monitoring.http_watch import SpanEnd, method_of
from rag.answers import Answer, Question, Usage
from rag.errors import CitewellError
from rag.guard.personal.masking import NOTHING, Policy, mask
from rag.telemetry.recorder import Observer, TimedStage, Work, WorkOutcome

_EXPORT_SECONDS = 5.0
_NANOSECONDS = 1_000_000  # in a millisecond
_SERVER_ERROR = 500
Attributes = dict[str, AttributeValue]


class Tracing(Observer):
    """Makes spans of requests and work. With ``content`` they carry questions and answers, masked, too."""

    def __init__(self, processor: SpanProcessor, *, content: bool, personal_data: Policy = NOTHING) -> None:
        service = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "citewell")}
        resource = Resource.create({**service, "service.version": version("citewell")})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("citewell")
        self._content = content
        self._personal_data = personal_data

    @classmethod
    def to_collector(cls, endpoint: str | None, *, content: bool, personal_data: Policy) -> Tracing:
        """Returns tracing that sends spans to ``endpoint``, by default to the one in ``OTEL_EXPORTER_OTLP_*``."""
        address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=_EXPORT_SECONDS))
        return cls(processor, content=content, personal_data=personal_data)

    def close(self) -> None:
        """Sends the spans that wait, within some seconds, and ends."""
        self._provider.shutdown()

    @contextmanager
    def request_span(self, scope: Scope, request_id: str) -> Iterator[SpanEnd]:
        """Opens a request's span below the one that its ``traceparent`` names; spans of its work are below it."""
        parent = TraceContextTextMapPropagator().extract(dict(Headers(scope=scope)), context=Context())
        method = method_of(scope)
        attributes: Attributes = {"http.request.method": method, "citewell.request_id": request_id}
        span = self._tracer.start_span(method, context=parent, kind=SpanKind.SERVER, attributes=attributes)
        token = context.attach(set_span_in_context(span, parent))

        def end(route: str, status: int) -> None:
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if status >= _SERVER_ERROR:
                _mark_failed(span, str(status))

        try:
            yield end
        finally:
            context.detach(token)
            span.end()

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        """Opens the span of a question or a job; the returned function adds the spans of its stages and closes it."""
        span = self._tracer.start_span(work.operation)

        def end(outcome: WorkOutcome) -> None:
            span.set_attribute("citewell.request_id", outcome.recorder.request_id)
            if outcome.answer is not None:
                span.set_attributes(_of_answer(outcome.answer))
                if self._content and work.question is not None:
                    span.set_attributes(_content(work.question, outcome.answer, self._personal_data))
            if outcome.error is not None:
                _mark_failed(span, _error_type(outcome.error))
            for stage in outcome.recorder.timeline:
                self._add_stage(stage, span, outcome)
            span.end()

        return end

    def _add_stage(self, stage: TimedStage, parent: Span, outcome: WorkOutcome) -> None:
        receipt = stage.receipt
        began = outcome.recorder.started_at_nanoseconds + round(stage.started_milliseconds * _NANOSECONDS)
        name, kind, attributes = _described(stage, outcome)
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(parent),
            kind=kind,
            start_time=began,
            attributes={
                "citewell.stage": receipt.stage,
                "citewell.count_in": receipt.count_in,
                "citewell.count_out": receipt.count_out,
                **attributes,
            },
        )
        if stage.error is not None:
            _mark_failed(span, _error_type(stage.error))
        span.end(end_time=began + round(receipt.milliseconds * _NANOSECONDS))


def _described(stage: TimedStage, outcome: WorkOutcome) -> tuple[str, SpanKind, Attributes]:
    """Returns the name, kind and attributes of a stage, by the conventions where they cover it."""
    name, answer = stage.receipt.stage, outcome.answer
    usage = answer.receipt.usage if answer is not None else None
    if name == "generate" and usage is not None:
        first_word = outcome.recorder.first_token_milliseconds
        waited = None if first_word is None else (first_word - stage.started_milliseconds) / 1_000
        return f"chat {usage.model}", SpanKind.CLIENT, _of_model(usage, waited)
    if name == "retrieve":
        return "retrieval", SpanKind.INTERNAL, {"gen_ai.operation.name": "retrieval"}
    if name == "encode" and answer is not None:
        encoder = answer.receipt.encoder
        attributes: Attributes = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": encoder}
        return f"embeddings {encoder}", SpanKind.INTERNAL, attributes
    return name, SpanKind.INTERNAL, {}


def _of_model(usage: Usage, waited_seconds: float | None) -> Attributes:
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",  # names the API, not its provider
        "gen_ai.request.model": usage.model,
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ("length",) if usage.truncated else ("stop",),
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_prompt_tokens,
    }
    if usage.endpoint is not None:
        attributes["citewell.endpoint"] = usage.endpoint
    if waited_seconds is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = waited_seconds
    return attributes


def _of_answer(answer: Answer) -> Attributes:
    attributes: Attributes = {
        "citewell.generator": answer.receipt.generator,
        "citewell.cached": answer.receipt.cached,
        "citewell.degraded": tuple(degradation.stage for degradation in answer.receipt.degraded),
    }
    if answer.abstention is not None:
        attributes["citewell.abstention"] = answer.abstention.value
    return attributes


def _content(question: Question, answer: Answer, personal_data: Policy) -> Attributes:
    said = {"gen_ai.input.messages": ("user", question.text), "gen_ai.output.messages": ("assistant", answer.text)}
    return {
        name: json.dumps(
            [{"role": role, "parts": [{"type": "text", "content": mask(text, personal_data)[0]}]}], ensure_ascii=False
        )
        for name, (role, text) in said.items()
    }


def _error_type(error: BaseException) -> str:
    return error.code if isinstance(error, CitewellError) else type(error).__name__


def _mark_failed(span: Span, error_type: str) -> None:
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", error_type)
