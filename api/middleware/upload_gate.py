"""Decides on an upload before its body is read: by disk space, queue length and idempotency key."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus

import anyio
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import get_caller
from api.dependencies import get_service, run_in_thread, run_in_writer_thread
from api.errors import problem, problem_of, problem_response
from api.paths import is_upload
from api.schemas.requests import IDEMPOTENCY_KEY_PATTERN
from rag.errors import CitewellError

_LOG = logging.getLogger(__name__)
_KEY = re.compile(IDEMPOTENCY_KEY_PATTERN)
_CLOSING = {"Connection": "close"}  # else the server would read a refused body to its end


class UploadGate:
    """Refuses uploads that could not be stored, and holds an upload's idempotency key while it runs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on an upload that is admitted, and any other request."""
        if not is_upload(scope):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        key = connection.headers.get("idempotency-key")
        refusal = await _refusal(connection, key)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif key is None:
            await self._app(scope, receive, send)
        else:
            await self._hold_key(connection, key, receive, send)

    async def _hold_key(self, connection: HTTPConnection, key: str, receive: Receive, send: Send) -> None:
        """Frees the key of an upload that failed before its client learns of it: the client may retry at once."""
        held = True

        async def send_after_freeing(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = False
                if message["status"] != HTTPStatus.ACCEPTED:
                    await _free(connection, key)
            await send(message)

        try:
            await self._app(connection.scope, receive, send_after_freeing)
        finally:
            if held:
                with anyio.CancelScope(shield=True):
                    await _free(connection, key)


async def _free(connection: HTTPConnection, key: str) -> None:
    keys = get_service(connection).storage.keys
    try:
        await run_in_writer_thread(keys.abandon, (await get_caller(connection)).tenant, key)
    except CitewellError as error:
        _LOG.warning("an Idempotency-Key stays taken for a while: %s", error)


async def _refusal(connection: HTTPConnection, key: str | None) -> Response | None:
    if key is not None and not _KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 printable ASCII characters. A UUID is a good one."
        return problem_response(problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, "invalid_request"), _CLOSING)
    service = get_service(connection)
    declared = connection.headers.get("content-length", "")
    try:
        caller = await get_caller(connection)
        expected = int(declared) if declared.isdecimal() else 0
        await run_in_thread(service.intake.refuse_when_full, expected_bytes=expected)
        if key is not None:
            await run_in_writer_thread(service.storage.keys.begin, caller.tenant, key)
    except (CitewellError, OSError) as error:
        return problem_response(problem_of(error), _CLOSING)
    return None
