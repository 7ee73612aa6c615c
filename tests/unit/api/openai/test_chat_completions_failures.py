"""Errors in the middle of an answer, as a client of OpenAI's API receives them."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from api.errors import install_error_handlers
from api.openai import chat_completions
from rag.answers import CitationMark, TextDelta, Usage
from rag.fields.tuning import AS_SET
from rag.settings import Settings
from rag.stages import Generator
from rag.types import Scope
from tests.support.builders.pipeline import (
    ASKED,
    PUMP,
    SERVICE,
    ScriptedGenerator,
    answer_service,
    index_of,
    pipeline_over,
)
from tests.support.servers.chat import chunks_of, content_of, openai_error

SCOPE = Scope(tenant="default", collection="default")


async def client_of(generator: Generator) -> httpx.AsyncClient:
    """A client of the routes alone, over a pipeline in memory."""
    pipeline = pipeline_over(await index_of(PUMP, scope=SCOPE), generator=generator)
    collections = SimpleNamespace(names=lambda *_: [], tuning=lambda *_: AS_SET)
    quotas = SimpleNamespace(admit_question=lambda _: None)
    catalog = SimpleNamespace(holds_hidden=lambda *_: False)
    service = SimpleNamespace(
        settings=Settings(),
        storage=SimpleNamespace(collections=collections, catalog=catalog, quotas=quotas),
        answering=answer_service(pipeline),
    )
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(chat_completions.router)
    app.state.service = service
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def ask(generator: Generator, *, stream: bool) -> httpx.Response:
    body = {"model": "citewell", "messages": [{"role": "user", "content": ASKED}], "stream": stream}
    async with await client_of(generator) as client:
        return await client.post("/v1/chat/completions", json=body | {"stream_options": {"include_usage": True}})


def failing() -> ScriptedGenerator:
    return ScriptedGenerator(TextDelta(text="The pump must"), fails=True)


async def test_a_stream_that_breaks_off_ends_with_the_error_and_never_as_finished() -> None:
    chunks, finished = chunks_of(await ask(failing(), stream=True))
    assert not finished
    *before, last = chunks
    assert content_of(before) == "The pump"
    assert all(choice["finish_reason"] is None for chunk in before for choice in chunk["choices"])
    assert set(last) == {"error"}
    assert (last["error"]["type"], last["error"]["code"]) == ("api_error", "generator_failed")
    assert "the server went away" in last["error"]["message"]


async def test_a_whole_answer_that_breaks_off_is_an_error() -> None:
    assert openai_error(await ask(failing(), stream=False)) == (502, "generator_failed", None)


async def test_a_model_that_reached_its_limit_is_told_of() -> None:
    usage = Usage(model="tiny", prompt_tokens=50, completion_tokens=9, truncated=True)
    generator = ScriptedGenerator(TextDelta(text=SERVICE), CitationMark(number=1), usage)
    body = (await ask(generator, stream=False)).raise_for_status().json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"] == {"prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59}
    *_, finish, last = chunks_of(await ask(generator, stream=True))[0]
    assert finish["choices"][0]["finish_reason"] == "length"
    assert last["usage"] == body["usage"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_sentence_that_nothing_supports_is_marked(*, stream: bool) -> None:
    generator = ScriptedGenerator(TextDelta(text="Cats rule the moon."))
    response = await ask(generator, stream=stream)
    content = content_of(chunks_of(response)[0]) if stream else response.json()["choices"][0]["message"]["content"]
    assert content == "Cats rule the moon. [unsupported]"
