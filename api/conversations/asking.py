"""Begins to answer a question within a conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import Depends, Request

from api.conversations.live_answer import LiveAnswer
from api.conversations.live_answers import LiveAnswers
from api.dependencies import run_in_writer_thread
from api.openapi import events_of
from api.schemas.answers import AnswerBody, SentenceBody, SourcesBody, TokenBody
from api.schemas.base import Problem
from ingest.service import Service
from rag.answers import Question
from rag.catalog.access.reach import readable
from rag.catalog.database.connection import new_id
from rag.errors import ConversationsOffError
from rag.telemetry.recorder import REQUEST_ID

ANSWER_EVENTS = events_of(sources=SourcesBody, token=TokenBody, sentence=SentenceBody, done=AnswerBody, error=Problem)


def get_live_answers(request: Request) -> LiveAnswers:
    """Returns the answers of conversations that are being written."""
    return cast("LiveAnswers", request.app.state.live_answers)


LiveAnswersDependency = Annotated[LiveAnswers, Depends(get_live_answers)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question within a conversation. ``follows``: its history is that of the conversation.

    ``replaces`` is the request id of the turn whose place it takes, ``chosen`` the filter as JSON.
    """

    question: Question
    conversation_id: str
    follows: bool
    fresh: bool
    replaces: str | None = None
    chosen: str | None = None


async def begin_in_conversation(service: Service, live_answers: LiveAnswers, asked: Asked) -> LiveAnswer:
    """Stores the question, and returns the answer that is being written once it has its first event.

    Raises:
        ConversationsOffError: none are kept.
        UnknownConversationError: there is none with this id, or it is another tenant's.
        ConflictError: the conversation has as many turns as may be.
        CitewellError: the question is refused, or cannot be answered.
    """
    if not service.settings.conversations.keep_days:
        raise ConversationsOffError
    question, request_id = asked.question, REQUEST_ID.get() or new_id()
    history = await run_in_writer_thread(
        service.storage.turns.begin,
        question.scope.tenant,
        asked.conversation_id,
        *readable(question.asker),
        request_id=request_id,
        collection=question.scope.collection,
        question=question.text,
        replaces=asked.replaces,
        chosen=asked.chosen,
        owner=question.asker.user_id if question.asker else "",
    )
    if asked.follows:
        question = replace(question, history=history.turns)
    answer = live_answers.start(
        service.answering.answer(question, fresh=asked.fresh),
        request_id=request_id,
        question=question,
        conversation_id=asked.conversation_id,
        earlier=history.version_ids,
    )
    await answer.begun()
    return answer
