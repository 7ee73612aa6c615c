"""Tries a model server: its list of models, then one short answer, written with the usual prompt and checked."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag.answers import AnswerSentence, GenerationRequest, WrittenBy
from rag.errors import GeneratorError
from rag.generation.endpoints.faults import EndpointFault, FaultKind, fault
from rag.generation.model_servers.probe import OURSELVES, offered_models
from rag.retrieval.units import sentence_spans
from rag.settings import EndpointSettings, OnUnsupported, Settings
from rag.telemetry.recorder import Recorder
from rag.types import Chunk, Hit, Passage, Scope, Span
from rag.verification.checker import SupportChecker
from rag.verification.stream import Draft
from rag.verification.writer import VerifiedWriter

QUESTION = "How long is the warranty, and what does it not cover?"
_PASSAGES = (
    "The warranty of the kettle lasts 24 months from the day of purchase. It does not cover lime scale.",
    "Descale the kettle every two months. Fill it with water and vinegar, let it boil, and wait for 20 minutes.",
)
_MOST_SECONDS = 60.0
_LEAST_SPAN_SECONDS = 0.005
"""Below it the words came all at once, and say nothing about a speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAnswer:
    """The model's answer about two short passages, each sentence checked.

    ``tokens_per_second`` is None where all words came at once; ``declined``: the model said that the passages do not
    answer.
    """

    question: str
    sentences: tuple[AnswerSentence, ...]
    declined: bool
    first_word_milliseconds: float
    tokens_per_second: float | None
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointTrial:
    """The result of a trial: ``fault`` says what is wrong; without one there is a ``sample``."""

    url: str
    model: str
    offered: tuple[str, ...] = ()
    fault: EndpointFault | None = None
    sample: SampleAnswer | None = None


async def try_endpoint(endpoint: EndpointSettings, settings: Settings, checker: SupportChecker) -> EndpointTrial:
    """Tries a server within about a minute; whatever is wrong with it is a part of the result.

    Raises:
        ConfigurationError: the settings' prompt or tokenizer is missing.
    """
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else None
    trial = EndpointTrial(url=endpoint.url, model=endpoint.model)
    offered = await offered_models(endpoint.url, key)
    if isinstance(offered, EndpointFault):
        return replace(trial, fault=offered)
    trial = replace(trial, offered=offered.names)
    if offered.owner == OURSELVES:
        return replace(trial, fault=fault(FaultKind.ITSELF, endpoint.url))
    if not (endpoint.model or offered.names):
        return replace(trial, fault=fault(FaultKind.UNKNOWN_MODEL, endpoint.url))
    asked = endpoint.model_copy(update={"model": endpoint.model or offered.names[0]})
    trial = replace(trial, model=asked.model)
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            sample = await _sample(asked, settings, checker)
    except GeneratorError as error:
        return replace(trial, fault=_fault_of(error, asked, offered.names))
    except TimeoutError:
        return replace(trial, fault=fault(FaultKind.TIMEOUT, asked.url, details=f"POST {asked.url}/chat/completions"))
    return replace(trial, sample=sample)


def _fault_of(error: GeneratorError, endpoint: EndpointSettings, offered: tuple[str, ...]) -> EndpointFault:
    from rag.generation.model_servers.factory import fault_kind  # noqa: PLC0415 - the SDK takes 40 MB

    kind = fault_kind(error)
    if kind is FaultKind.UNKNOWN_MODEL and not offered:
        kind = FaultKind.NOT_OPENAI  # neither a list of models nor this call: it is another kind of server
    elif kind is FaultKind.NOT_OPENAI and offered and endpoint.model not in offered:
        kind = FaultKind.UNKNOWN_MODEL
    details = f"POST {endpoint.url}/chat/completions: {error.reason}"
    has_key = endpoint.api_key is not None
    return fault(kind, endpoint.url, details=details, model=endpoint.model, offered=offered, has_key=has_key)


async def _sample(endpoint: EndpointSettings, settings: Settings, checker: SupportChecker) -> SampleAnswer:
    from rag.generation.model_servers.factory import build_client  # noqa: PLC0415 - the SDK takes 40 MB

    client = await asyncio.to_thread(build_client, settings, endpoint)
    # The same generator twice: there is no other to write in its place.
    writer = VerifiedWriter(generator=client, fallback=client, checker=checker, on_unsupported=OnUnsupported.MARK)
    passages = tuple(_passage(number, text) for number, text in enumerate(_PASSAGES, start=1))
    scope = Scope(tenant=settings.tenant, collection="sample")
    request = GenerationRequest(question=QUESTION, standalone=QUESTION, passages=passages, scope=scope, confidence=1.0)
    draft, recorder = Draft(writer=WrittenBy(generator=client.name, prompt=None)), Recorder()
    try:
        async with aclosing(writer.write(request, draft, recorder)) as events:
            async for _ in events:
                last = recorder.total_milliseconds
    finally:
        await client.close()
    first = recorder.first_token_milliseconds
    ended = recorder.total_milliseconds if first is None else last
    tokens = draft.usage.completion_tokens if draft.usage else 0
    seconds = (ended - (first or ended)) / 1_000
    return SampleAnswer(
        question=QUESTION,
        sentences=tuple(draft.sentences),
        declined=not draft.sentences,
        first_word_milliseconds=first or ended,
        tokens_per_second=tokens / seconds if tokens and seconds >= _LEAST_SPAN_SECONDS else None,
        tokens=tokens,
    )


def _passage(number: int, text: str) -> Passage:
    chunk = Chunk(
        chunk_id=f"sample-{number}",
        document_id="sample",
        version_id="sample",
        ordinal=number,
        name="kettle.txt",
        title="The kettle",
        media_type="text/plain",
        heading_path=(),
        page=None,
        span=Span(start=0, end=len(text)),
        text=text,
    )
    return Passage(number=number, hit=Hit(chunk=chunk, score=1.0, dense=None, bm25=None), kept=sentence_spans(chunk))
