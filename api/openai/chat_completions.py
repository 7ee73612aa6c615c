"""Chat completions and models as OpenAI's API has them: a collection of documents is a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from api.caller import Caller, CallerDependency
from api.dependencies import Fresh, ServiceDependency, run_in_thread
from api.errors import parameter_of, problem_of
from api.library.selection import scoped_question
from api.openai.requests import ChatRequest
from api.openai.text import without_marks
from api.openai.writer import ChatFrame, ChatWriter
from api.openapi import chunks_of
from api.schemas.chat_answers import ChatChunk, ChatCompletion, ChatModel, ChatModelList
from api.schemas.openai_errors import OpenAIErrorBody
from api.streaming import CLIENT_GONE, EVENT_STREAM, error_frame, event_stream, while_connected
from ingest.service import Service
from rag.answers import Answer, AnswerEvent, Citation
from rag.catalog.collections.collections import DEFAULT_COLLECTION
from rag.errors import UnknownChatModelError
from rag.types import Scope

MODEL = "citewell"
_LAST = "[DONE]"
_DONE = f"data: {_LAST}\n\n".encode()

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get("/models")
def list_models(service: ServiceDependency, caller: CallerDependency) -> ChatModelList:
    """Lists the models: `citewell` is the default collection, `citewell/NAME` any other one."""
    return ChatModelList(data=[ChatModel(id=model) for model in _models(service, caller)])


@router.get("/models/{model:path}")
def get_model(service: ServiceDependency, caller: CallerDependency, model: str) -> ChatModel:
    """Returns a model."""
    _scope_of(service, caller, model)
    return ChatModel(id=model)


@router.post(
    "/chat/completions",
    response_model=ChatCompletion,
    responses={200: {"content": {EVENT_STREAM: chunks_of(ChatChunk, OpenAIErrorBody, last=_LAST)}}},
)
async def create_chat_completion(
    service: ServiceDependency, caller: CallerDependency, body: ChatRequest, request: Request, fresh: Fresh
) -> ChatCompletion | Response:
    """Answers the last message with citations: `[n]` in the text, and the cited places in its annotations.

    Where the documents do not answer, the text says so, and `citewell.abstention` says why.
    """
    body.refuse_unsupported()
    scope = await run_in_thread(_scope_of, service, caller, body.model)
    await run_in_thread(service.storage.quotas.admit_question, caller.tenant)
    question = await run_in_thread(
        scoped_question, service, caller, text=body.question, scope=scope, chosen=body.citewell
    )
    question = replace(question, history=tuple(without_marks(turn) for turn in body.history))
    footer = service.settings.chat.footer if body.citewell.footer is None else body.citewell.footer
    writer = ChatWriter(
        ChatFrame(
            model=body.model,
            question=question,
            with_footer=footer,
            with_usage=body.stream_options is not None and body.stream_options.include_usage,
            place_url=lambda citation: _place_url(request, question.scope, citation),
            ignored_parameters=body.ignored_parameters,
            skipped=body.skipped,
        )
    )
    events = service.answering.answer(question, fresh=fresh or body.citewell.fresh)
    first = await anext(events)  # a wrong question raises here, before the response begins
    if body.stream:
        return event_stream(_frames(writer, first, events))
    return await while_connected(request, _completion(writer, events)) or Response(status_code=CLIENT_GONE)


async def _completion(writer: ChatWriter, events: AsyncGenerator[AnswerEvent, None]) -> ChatCompletion:
    async with aclosing(events):
        async for event in events:
            for _ in writer.chunks(event):
                pass
    assert isinstance(event, Answer)  # noqa: S101 - an answer's last event, or an error was raised
    return writer.completion(event)


async def _frames(
    writer: ChatWriter, first: AnswerEvent, events: AsyncGenerator[AnswerEvent, None]
) -> AsyncGenerator[bytes, None]:
    """Yields chunks, and ``[DONE]`` at the end; after an error there is none, as the answer is not complete."""
    yield _frame(writer.opening())
    try:
        async with aclosing(events):
            for chunk in writer.chunks(first):
                yield _frame(chunk)
            async for event in events:
                for chunk in writer.chunks(event):
                    yield _frame(chunk)
    except Exception as error:  # noqa: BLE001 - a stream must end with an error event, whatever the error
        yield error_frame("/v1/chat/completions", problem_of(error), parameter_of(error))
    else:
        yield _DONE


def _frame(body: BaseModel) -> bytes:
    return f"data: {body.model_dump_json(exclude_unset=True)}\n\n".encode()


def _models(service: Service, caller: Caller) -> list[str]:
    collections = service.storage.collections.names(caller.tenant, caller)
    return [MODEL, *(f"{MODEL}/{name}" for name in collections if name != DEFAULT_COLLECTION)]


def _scope_of(service: Service, caller: Caller, model: str) -> Scope:
    """Returns the scope of the collection that is a model.

    Raises:
        UnknownChatModelError: the caller has no such model.
    """
    known = _models(service, caller)
    if model not in {*known, f"{MODEL}/{DEFAULT_COLLECTION}"}:
        raise UnknownChatModelError(model, known)
    collection = model.removeprefix(MODEL).removeprefix("/") or DEFAULT_COLLECTION
    return Scope(tenant=caller.tenant, collection=collection)


def _place_url(request: Request, scope: Scope, citation: Citation) -> str:
    """Returns the address at which the page shows the cited words."""
    place = {
        "collection": scope.collection,
        "document": citation.document_id,
        "version": citation.version_id,
        "start": citation.span.start,
        "end": citation.span.end,
    }
    return f"{request.base_url}?{urlencode(place | ({'page': citation.page} if citation.page else {}))}"
