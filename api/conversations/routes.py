"""Conversations: list, search, read, change, share and delete them, and follow an answer that is being written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, status
from fastapi.responses import StreamingResponse

from api.caller import CallerDependency
from api.conversations.asking import ANSWER_EVENTS, LiveAnswersDependency
from api.conversations.schemas import (
    ConversationBody,
    ConversationChange,
    ConversationList,
    NewConversation,
    SharedConversation,
    TurnBody,
    WholeConversation,
)
from api.dependencies import ServiceDependency, known_scope, run_in_thread, run_in_writer_thread
from api.schemas.paging import Cursor, Limit, Pages
from api.streaming import EVENT_STREAM, event_stream
from rag.catalog.access.reach import readable
from rag.catalog.conversations.records import ConversationRecord, TurnState
from rag.errors import AnswerNotLiveError, ConversationsOffError, WrongCursorError

router = APIRouter(prefix="/v1", tags=["conversations"])

Words = Annotated[
    str,
    Query(max_length=200, description="Only those that hold each of these words: in title, question or answer."),
]


@router.get("/conversations")
def list_conversations(
    service: ServiceDependency,
    caller: CallerDependency,
    search: Words = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ConversationList:
    """Lists conversations: pinned ones first, then those with the latest question first."""
    pages = Pages("conversations", search)
    after = _after(pages.start(cursor, width=3))
    found = service.storage.conversations.list(
        caller.tenant, *readable(caller), owner=caller.user_id, words=search, after=after, limit=limit + 1
    )
    shown, next_cursor = pages.cut(found, limit, _key)
    bodies = [ConversationBody.of(record) for record in shown]
    return ConversationList(
        conversations=bodies, keep_days=service.settings.conversations.keep_days, next_cursor=next_cursor
    )


@router.post("/conversations", status_code=status.HTTP_201_CREATED)
async def create_conversation(
    service: ServiceDependency, caller: CallerDependency, request: NewConversation
) -> ConversationBody:
    """Creates a conversation to ask in. It is listed from its first question on."""
    if not service.settings.conversations.keep_days:
        raise ConversationsOffError
    scope = await run_in_thread(known_scope, service, caller, request.collection)
    create = service.storage.conversations.create
    about = {"collection": scope.collection, "title": request.title.strip(), "owner": caller.user_id}
    record = await run_in_writer_thread(create, caller.tenant, **about)
    return ConversationBody.of(record)


@router.get("/conversations/{conversation_id}")
def get_conversation(service: ServiceDependency, caller: CallerDependency, conversation_id: str) -> WholeConversation:
    """Returns a conversation with its turns: each answer as it was first sent.

    An answer that rests on a document that the caller may not read any more is withheld.
    """
    get = service.storage.conversations.get
    record, turns = get(caller.tenant, conversation_id, *readable(caller), owner=caller.user_id)
    return WholeConversation.whole(record, [TurnBody.of(turn) for turn in turns])


@router.patch("/conversations/{conversation_id}")
async def change_conversation(
    service: ServiceDependency, caller: CallerDependency, conversation_id: str, request: ConversationChange
) -> ConversationBody:
    """Changes the title of a conversation, pins or unpins it."""
    update = service.storage.conversations.update
    title = request.title and request.title.strip()
    record = await run_in_writer_thread(
        update, caller.tenant, conversation_id, owner=caller.user_id, title=title or None, pinned=request.pinned
    )
    return ConversationBody.of(record)


@router.delete("/conversations/{conversation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_conversation(
    service: ServiceDependency, caller: CallerDependency, live_answers: LiveAnswersDependency, conversation_id: str
) -> None:
    """Deletes a conversation with its answers and its link; an answer that is being written is stopped."""
    delete = service.storage.conversations.delete
    await run_in_writer_thread(delete, caller.tenant, conversation_id, owner=caller.user_id)
    await live_answers.stop_all(caller.tenant, conversation_id)


@router.post("/conversations/{conversation_id}/share")
async def share_conversation(
    service: ServiceDependency, caller: CallerDependency, conversation_id: str
) -> ConversationBody:
    """Makes a link to a page that shows the conversation and changes nothing, or returns the one there is."""
    share = service.storage.conversations.share
    record = await run_in_writer_thread(share, caller.tenant, conversation_id, owner=caller.user_id)
    return ConversationBody.of(record)


@router.delete("/conversations/{conversation_id}/share")
async def unshare_conversation(
    service: ServiceDependency, caller: CallerDependency, conversation_id: str
) -> ConversationBody:
    """Makes the link invalid at once. A later one is another."""
    unshare = service.storage.conversations.unshare
    record = await run_in_writer_thread(unshare, caller.tenant, conversation_id, owner=caller.user_id)
    return ConversationBody.of(record)


@router.get("/shared/{token}")
def get_shared_conversation(service: ServiceDependency, caller: CallerDependency, token: str) -> SharedConversation:
    """Returns what a link shows: the conversation as it is now, without an answer that is being written.

    Only those who may read all documents that its answers rest on are shown it.
    """
    record, turns = service.storage.conversations.shared(caller.tenant, token, *readable(caller))
    ended = [TurnBody.of(turn) for turn in turns if turn.state is not TurnState.RUNNING]
    return SharedConversation(title=record.title, updated_at=record.updated_at, turns=ended)


@router.get(
    "/answers/{request_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {EVENT_STREAM: ANSWER_EVENTS}}},
)
async def follow_answer(
    service: ServiceDependency,
    caller: CallerDependency,
    live_answers: LiveAnswersDependency,
    request_id: str,
    last_event_id: Annotated[int, Header(ge=0, description="Events up to this `id` are left out.")] = 0,
) -> StreamingResponse:
    """Goes on with the events of an answer in a conversation, to the last one, which is one of `done` or `error`.

    They are held while the answer is written and for a minute after. It is written on for a minute without a reader.
    """
    answer = live_answers.get(caller, request_id)
    if not await run_in_thread(service.storage.catalog.are_readable, answer.version_ids, *readable(caller)):
        raise AnswerNotLiveError(request_id)
    return event_stream(answer.frames(after=last_event_id))


@router.post("/answers/{request_id}/stop", status_code=status.HTTP_204_NO_CONTENT)
async def stop_answer(caller: CallerDependency, live_answers: LiveAnswersDependency, request_id: str) -> None:
    """Stops an answer in a conversation. What was written of it is kept, and marked as stopped."""
    await live_answers.stop(live_answers.get(caller, request_id))


def _after(key: list[str] | None) -> tuple[bool, datetime, str] | None:
    if key is None:
        return None
    pinned, moment, conversation_id = key
    try:
        return pinned == "1", datetime.fromisoformat(moment).astimezone(UTC), conversation_id
    except (ValueError, OverflowError) as error:
        raise WrongCursorError from error


def _key(record: ConversationRecord) -> tuple[str, str, str]:
    return "1" if record.pinned else "0", record.updated_at.isoformat(), record.conversation_id
