"""Metrics of questions, jobs and requests for Prometheus. The only importer of ``prometheus_client``.

Labels come from fixed lists: no ids, no questions, and no tenants unless the settings allow them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from rag.answers import Degradation, Receipt, Verification
from rag.errors import CitewellError, RequestError
from rag.telemetry.recorder import Observer, Operation, Work, WorkOutcome

disable_created_metrics()  # type: ignore[no-untyped-call] # they double the output, and Prometheus does not use them

_MILLISECONDS = 1_000
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_BUCKETS = (0.001, 0.0025, *_BUCKETS, 300)
_TOKEN_BUCKETS = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1)
_MAINTENANCE_BUCKETS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600)
_QUESTIONS = frozenset({Operation.ASK, Operation.SEARCH})
_MAINTENANCE = frozenset({Operation.OPTIMIZE, Operation.ERASE})


class Metrics(Observer):
    """The metrics of one application, in a registry of their own."""

    def __init__(self, *, tenant_label: bool) -> None:
        self._tenant_label = tenant_label
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Info("citewell_build", "What runs here.", registry=registry)
        build.info({"version": version("citewell")})

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"citewell_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _BUCKETS) -> Histogram:
            return Histogram(f"citewell_{name}_seconds", text, labels, buckets=buckets, registry=registry)

        self._in_flight = Gauge(
            "citewell_questions_in_flight", "Questions that are being answered.", ["operation"], registry=registry
        )
        self._questions = counter("questions_total", "Questions, by how they ended.", "operation", "outcome", "tenant")
        self._question = seconds("question", "From question to the end of its answer.", "operation")
        self._stage = seconds("stage", "What each stage took.", "operation", "stage", buckets=_STAGE_BUCKETS)
        self._first = seconds("time_to_first_token", "From question to the first word of its answer.")
        self._per_token = seconds(
            "time_per_output_token", "Mean time between an answer's tokens.", "model", buckets=_TOKEN_BUCKETS
        )
        self._tokens = counter("tokens_total", "Tokens, as models count them.", "model", "token_type", "tenant")
        self._cached_tokens = counter("cached_input_tokens_total", "Input tokens from prefix caches.", "model")
        self._cost = counter("cost_total", "What models cost.", "model", "currency", "tenant")
        self._experiment = counter("experiment_answers_total", "Answers of an experiment.", "arm", "outcome")
        self._abstentions = counter("abstentions_total", "Questions without an answer.", "reason")
        self._sentences = counter("sentences_total", "Sentences, by what verification found.", "verification")
        self._degradations = counter("degradations_total", "Answers that a stage did less for.", "stage")
        self._errors = counter("errors_total", "What failed.", "operation", "code")
        self._maintenance = seconds(
            "index_maintenance", "Optimizing and erasing.", "operation", buckets=_MAINTENANCE_BUCKETS
        )
        self._requests = counter("http_requests_total", "HTTP requests.", "method", "route", "status")
        self._request = seconds("http_request", "From a request to the end of its response.", "method", "route")

    def add_collector(self, collector: Collector) -> None:
        """Adds a collector that is read at each scrape."""
        self._registry.register(collector)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Returns all metrics in the format that the Accept header asks for, and its media type. May do I/O."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def count_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an HTTP request that has ended; ``route`` is the template, not the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._request.labels(method, route).observe(seconds)

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        """Counts work that begins; the returned function counts how it ended."""
        operation = work.operation
        if operation in _QUESTIONS:
            self._in_flight.labels(operation).inc()

        def end(outcome: WorkOutcome) -> None:
            self._note_stages(operation, outcome)
            if operation in _QUESTIONS:
                self._in_flight.labels(operation).dec()
                self._note_question(work, outcome)
            if outcome.answer is not None and outcome.answer.receipt.arm is not None:
                self._experiment.labels(outcome.answer.receipt.arm, _ending(outcome)).inc()
            elif operation in _MAINTENANCE:
                self._maintenance.labels(operation).observe(outcome.milliseconds / _MILLISECONDS)

        return end

    def _note_stages(self, operation: Operation, outcome: WorkOutcome) -> None:
        for stage in outcome.recorder.stages:
            self._stage.labels(operation, stage.stage).observe(stage.milliseconds / _MILLISECONDS)
        for stage_name in {degradation.stage for degradation in _degraded(outcome)}:
            self._degradations.labels(stage_name).inc()
        if outcome.error is not None and not _is_abandoned(outcome.error):
            code = outcome.error.code if isinstance(outcome.error, CitewellError) else "internal_error"
            self._errors.labels(operation, code).inc()

    def _note_question(self, work: Work, outcome: WorkOutcome) -> None:
        tenant = (work.tenant or "") if self._tenant_label else ""
        self._questions.labels(work.operation, _ending(outcome), tenant).inc()
        self._question.labels(work.operation).observe(outcome.milliseconds / _MILLISECONDS)
        if outcome.answer is None:
            return
        if outcome.answer.abstention is not None:
            self._abstentions.labels(outcome.answer.abstention.value).inc()
        for kind in fields(Verification):
            self._sentences.labels(kind.name).inc(getattr(outcome.answer.receipt.verification, kind.name))
        self._note_writing(outcome.answer.receipt, outcome.writing_milliseconds, tenant)

    def _note_writing(self, receipt: Receipt, writing_milliseconds: float, tenant: str) -> None:
        if receipt.first_token_milliseconds is not None:
            self._first.observe(receipt.first_token_milliseconds / _MILLISECONDS)
        usage = receipt.usage
        if usage is None:
            return
        self._tokens.labels(usage.model, "input", tenant).inc(usage.prompt_tokens)
        self._tokens.labels(usage.model, "output", tenant).inc(usage.completion_tokens)
        self._cached_tokens.labels(usage.model).inc(usage.cached_prompt_tokens)
        if usage.cost is not None:
            self._cost.labels(usage.model, usage.currency or "", tenant).inc(usage.cost)
        if usage.completion_tokens > 1 and writing_milliseconds > 0:
            seconds = writing_milliseconds / _MILLISECONDS / (usage.completion_tokens - 1)
            self._per_token.labels(usage.model).observe(seconds)


def _degraded(outcome: WorkOutcome) -> tuple[Degradation, ...]:
    return outcome.answer.receipt.degraded if outcome.answer else outcome.recorder.degraded


def _is_abandoned(error: BaseException) -> bool:
    """Returns whether the client has disconnected, or the service stops."""
    return isinstance(error, (asyncio.CancelledError, GeneratorExit))


def _ending(outcome: WorkOutcome) -> str:
    if outcome.error is not None:
        if isinstance(outcome.error, RequestError):
            return "refused"
        return "abandoned" if _is_abandoned(outcome.error) else "failed"
    return "abstained" if outcome.answer is not None and outcome.answer.abstention is not None else "answered"
