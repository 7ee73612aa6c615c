"""Search and ask."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from api.caller import CallerDependency
from api.conversations.asking import ANSWER_EVENTS, Asked, LiveAnswersDependency, begin_in_conversation
from api.dependencies import Fresh, ServiceDependency, run_in_thread
from api.errors import problem_of
from api.library.selection import question_of
from api.schemas.answers import AnswerBody, HitBody, ReceiptBody, SearchBody
from api.schemas.filters import Filter
from api.schemas.requests import AskRequest, SearchRequest
from api.streaming import CLIENT_GONE, EVENT_STREAM, answer_frame, event_stream, frame, while_connected
from rag.answers import Answer, AnswerEvent

router = APIRouter(prefix="/v1", tags=["questions"])


@router.post("/search")
async def search(service: ServiceDependency, caller: CallerDependency, request: SearchRequest) -> SearchBody:
    """Finds passages by vectors and by BM25, fuses both rankings, and reranks them if a reranker is configured."""
    question = await run_in_thread(
        question_of, service, caller, text=request.query, collection=request.collection, chosen=request.filter
    )
    result = await service.answering.search(question, limit=request.limit)
    return SearchBody(
        query=request.query,
        hits=[HitBody.of(hit, rank) for rank, hit in enumerate(result.hits, start=1)],
        receipt=ReceiptBody.model_validate(result.receipt),
    )


@router.post(
    "/ask",
    response_model=AnswerBody,
    responses={200: {"content": {EVENT_STREAM: ANSWER_EVENTS}}},
)
async def ask(
    service: ServiceDependency,
    caller: CallerDependency,
    live_answers: LiveAnswersDependency,
    request: AskRequest,
    connection: Request,
    fresh: Fresh,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> AnswerBody | Response:
    """Answers a question with citations: as JSON, or as server-sent events.

    Events: `sources`, then `token` and `sentence`, and at the end exactly one of `done` or `error`. In a conversation
    they carry an `id`, and `GET /v1/answers/{request_id}/events` goes on after one.
    """
    await run_in_thread(service.storage.quotas.admit_question, caller.tenant)
    chosen = request.filter
    if request.conversation_id is not None and "filter" not in request.model_fields_set:
        last, about = service.storage.turns.last_filter, {"collection": request.collection, "owner": caller.user_id}
        stored = await run_in_thread(last, caller.tenant, request.conversation_id, **about)
        chosen = Filter.read(stored) or chosen
    question = await run_in_thread(
        question_of,
        service,
        caller,
        text=request.question,
        collection=request.collection,
        chosen=chosen,
        search_query=request.search_query.strip(),
    )
    question = replace(question, history=tuple(turn.to_value() for turn in request.history))
    streamed = request.stream or EVENT_STREAM in accept
    if request.conversation_id is not None:
        follows = "history" not in request.model_fields_set
        asked = Asked(
            question=question,
            conversation_id=request.conversation_id,
            follows=follows,
            fresh=fresh,
            replaces=request.replaces,
            chosen=chosen.stored(),
        )
        answer = await begin_in_conversation(service, live_answers, asked)
        if streamed:
            return event_stream(answer.frames())
        return await while_connected(connection, answer.whole()) or Response(status_code=CLIENT_GONE)
    events = service.answering.answer(question, fresh=fresh)
    first = await anext(events)  # a wrong question raises here, before the response begins
    if streamed:
        return event_stream(_frames(first, events))
    return await while_connected(connection, _whole(events)) or Response(status_code=CLIENT_GONE)


async def _whole(events: AsyncGenerator[AnswerEvent, None]) -> AnswerBody:
    async with aclosing(events):
        answers = [event async for event in events if isinstance(event, Answer)]
    return AnswerBody.of(answers[0])


async def _frames(first: AnswerEvent, events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[bytes, None]:
    yield answer_frame(first)
    try:
        async with aclosing(events):
            async for event in events:
                yield answer_frame(event)
    except Exception as error:  # noqa: BLE001 - a stream must end with an error event, whatever the error
        yield frame("error", problem_of(error))
