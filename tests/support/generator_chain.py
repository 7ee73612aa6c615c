"""Counts the async generators that a word of an answer passes through, from a model server to the client.

``python -m tests.support.generator_chain`` prints them, outermost first.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
from fastapi import FastAPI
from openai import AsyncOpenAI

import rag
from api.routes import questions
from rag.answering.experiment import Experiment
from rag.answering.pipeline import Pipeline
from rag.answering.service import Treatment
from rag.composition.composer import Composer
from rag.composition.facts import FactPlanner
from rag.fields.tuning import AS_SET
from rag.generation.endpoints.budgets import DailyLedger
from rag.generation.endpoints.endpoint import CircuitBreaker, Endpoint
from rag.generation.endpoints.router import RoutingGenerator
from rag.generation.extractive import ExtractiveGenerator
from rag.generation.model_servers.client import VllmGenerator
from rag.retrieval.evidence import EvidenceScorer
from rag.settings import Dialect, EndpointSettings, GenerationSettings, GeneratorBackend, Settings
from rag.types import Scope
from tests.support.builders.pipeline import (
    ASKED,
    PUMP,
    SERVICE,
    ReversingReranker,
    answer_service,
    cached,
    index_of,
    pipeline_over,
)
from tests.support.builders.prompts import prompt_writer
from tests.support.fakes.hash_encoder import HashEncoder

_ROOT = Path(rag.__file__).parents[1]
_OURS = tuple(str(_ROOT / package) for package in ("rag", "ingest", "evals", "api"))


async def generator_chain() -> tuple[str, ...]:
    """Asks a question over HTTP in an experiment, with cache and verification, of a scripted model server.

    Returns the async generators of this product that wait for the server at its last word, outermost first.
    """
    server = _ModelServer()
    treatment = Treatment(cached=cached(await _pipeline(server)), experiment=Experiment(name="chain", share=1.0))
    service = SimpleNamespace(
        settings=Settings(),
        storage=SimpleNamespace(
            collections=SimpleNamespace(tuning=lambda *_: AS_SET),
            quotas=SimpleNamespace(admit_question=lambda _: None),
            catalog=SimpleNamespace(holds_hidden=lambda *_: False),
        ),
        answering=answer_service(cached(await _pipeline(server)), treatment=treatment),
    )
    app = FastAPI()
    app.state.service = service
    app.state.live_answers = None  # those of conversations, and none is asked in
    app.include_router(questions.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        reply = await client.post("/v1/ask", json={"question": ASKED, "stream": True})
    assert "event: done" in reply.text, reply.text
    assert '"arm":"treatment"' in reply.text
    return server.chain


async def _pipeline(server: _ModelServer) -> Pipeline:
    chosen = GenerationSettings(backend=GeneratorBackend.VLLM)
    http = httpx.AsyncClient(transport=server, base_url="http://model")
    client = AsyncOpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)

    def build_client() -> VllmGenerator:
        return VllmGenerator(
            client=client, model="tiny", prompt=prompt_writer(client), temperature=0, dialect=Dialect.OPENAI
        )

    endpoint = Endpoint(
        settings=EndpointSettings(name="a", url="http://model/v1"),
        build_client=build_client,
        breaker=CircuitBreaker(failures=1, seconds=60, clock=lambda: 0.0),
    )
    router = RoutingGenerator(
        endpoints=[endpoint],
        last=ExtractiveGenerator(Composer([FactPlanner(max_sentences=3)], scorer=EvidenceScorer(HashEncoder()))),
        ledger=DailyLedger(budget_of=chosen.budget_of),
        settings=chosen,
        language_of=lambda _: None,
    )
    index = await index_of(PUMP, scope=Scope(tenant=Settings().tenant, collection="default"))
    return pipeline_over(index, generator=router, reranker=ReversingReranker())


class _ModelServer(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """Streams one sentence, word by word; ``chain`` is who waited for the last one."""

    def __init__(self) -> None:
        self.chain: tuple[str, ...] = ()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/chat/completions"
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for word in SERVICE.split():
            self.chain = _generators_on_the_stack()
            yield _chunk({"delta": {"content": f"{word} "}, "finish_reason": None})
        yield _chunk({"delta": {}, "finish_reason": "stop"})
        yield b"data: [DONE]\n\n"


def _chunk(choice: dict[str, object]) -> bytes:
    body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


def _generators_on_the_stack() -> tuple[str, ...]:
    """Returns this product's async generators that are being resumed: all that wait for each other are on the stack."""
    names = []
    frame = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        if code.co_flags & inspect.CO_ASYNC_GENERATOR and code.co_filename.startswith(_OURS):
            names.append(code.co_qualname)
        frame = frame.f_back
    return tuple(reversed(names))


if __name__ == "__main__":
    sys.stdout.write("\n".join(asyncio.run(generator_chain())) + "\n")
