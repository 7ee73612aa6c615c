"""Decides on a question before its body is read: whether there is a place for it, or a short wait for one."""

from __future__ import annotations

from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem_of, problem_response
from api.fair_queue import FairQueue
from ingest.service import Service
from rag.errors import TooManyQuestionsError
from rag.settings import LimitSettings

QUESTION_PATHS = frozenset({"/v1/ask", "/v1/search", "/v1/chat/completions"})


class QuestionGate:
    """Holds a question's place until its answer has gone out, to the last event of a stream."""

    def __init__(self, app: ASGIApp, *, limits: LimitSettings) -> None:
        self._app = app
        self._queue = FairQueue(
            places=limits.concurrent_questions, waiting=limits.waiting_questions, seconds=limits.waiting_seconds
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is no question, and a question that has a place."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in QUESTION_PATHS:
            await self._app(scope, receive, send)
            return
        tenant = cast("Service", scope["app"].state.service).settings.tenant
        try:
            async with self._queue.place(tenant):
                await self._app(scope, receive, send)
        except TooManyQuestionsError as error:
            await problem_response(problem_of(error), {"Connection": "close"})(scope, receive, send)
