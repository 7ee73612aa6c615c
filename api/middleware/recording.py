"""Records in the audit trail what is done, and what is refused, by the events in ``api/access/rules.py``.

A change is recorded before its answer leaves. Questions and reads are recorded in the background, so that no answer
waits; a killed process loses those of a fraction of a second.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import quote

import anyio
from fastapi.routing import iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.notes import Notes, taking_notes
from api.access.rules import RULES
from api.caller import known_caller
from api.dependencies import get_service, run_in_writer_thread
from api.errors import error_response, problem_of
from api.paths import is_question
from api.streaming import CLIENT_GONE
from ingest.service import Service
from rag.catalog.trail.chain import Event, EventOutcome
from rag.errors import CitewellError
from rag.telemetry.recorder import REQUEST_ID

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_TOO_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_REFUSED_EVENT = "access.refused"
_SECRET_PARAMETERS = frozenset({"token"})
_LONGEST_ID, _LONGEST_TARGET, _LONGEST_TEXT = 64, 255, 8_000
_STRANGERS_A_MINUTE = 60
_UNKNOWN = "unknown"


class Recording:
    """Adds an event of each request whose route has one, and of each that was refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._strangers = _Bound(most=_STRANGERS_A_MINUTE, seconds=60.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and records it when its answer begins, or when it ends without one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        recorded = replaced = False

        async def send_recorded(message: Message) -> None:
            nonlocal recorded, replaced
            if message["type"] == "http.response.start" and not recorded:
                recorded = True
                try:
                    await self._record(scope, message["status"], notes)
                except CitewellError as error:
                    replaced = True
                    await error_response(scope["path"], problem_of(error))(scope, receive, send)
            if not replaced:
                await send(message)

        with taking_notes() as notes:
            try:
                await self._app(scope, receive, send_recorded)
            except Exception as error:
                if not recorded:
                    recorded = True
                    await self._record(scope, problem_of(error).status, notes)
                raise
            finally:
                if not recorded and (event := self._event(scope, CLIENT_GONE, notes)):
                    _service(scope).trail_writer.add(event)  # cancelled: nothing can be awaited

    async def _record(self, scope: Scope, status: int, notes: Notes) -> None:
        event = self._event(scope, status, notes)
        if event is None:
            return
        service = _service(scope)
        if not _changes(scope) or HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            service.trail_writer.add(event)
            return
        try:
            with anyio.CancelScope(shield=True):
                await run_in_writer_thread(service.storage.trail.append, [event])
        except CitewellError:
            service.trail_writer.add(event)  # it is written once the catalogue answers again
            raise

    def _event(self, scope: Scope, status: int, notes: Notes) -> Event | None:
        """Returns the event of a request, None where it leaves none."""
        name = _operation(scope)
        rule = RULES.get(name)
        event = rule.event if rule and status != HTTPStatus.METHOD_NOT_ALLOWED else None
        if event is None and status in _REFUSED:
            event = _REFUSED_EVENT
        if event is None or not hasattr(scope["app"].state, "service"):
            return None
        if status in _TOO_BUSY and is_question(scope):
            return None  # nothing was done, and a trail of what an overload turns away would be a load itself
        caller = known_caller(HTTPConnection(scope))
        details = {"request": REQUEST_ID.get() or "", "operation": name, "status": status, **notes.details}
        if caller is None:
            left_out = self._strangers.left_out(time.monotonic())
            if left_out is None:
                return None
            details |= {"left_out": left_out} if left_out else {}
        address = scope["client"][0] if scope.get("client") else "local"
        text = {"actor": caller.name if caller else "", "address": address, **notes.text}
        return Event(
            at=_service(scope).storage.trail.now(),
            tenant=caller.tenant if caller else notes.tenant,
            actor_id=caller.user_id if caller else "",
            via=caller.via if caller else _UNKNOWN,
            event=event,
            outcome=_outcome(status),
            target=_target(scope, notes),
            details=details,
            text={name: value[:_LONGEST_TEXT] for name, value in text.items()},
        )


class _Bound:
    """Bounds how many events callers who are not known can add: the trail must not fill the disk."""

    def __init__(self, *, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._since = float("-inf")
        self._count = self._left_out = 0

    def left_out(self, now: float) -> int | None:
        """Returns how many were left out since the last event that was not; None where this one is left out."""
        if now >= self._since + self._seconds:
            self._since, self._count = now, 0
        self._count += 1
        if self._count > self._most:
            self._left_out += 1
            return None
        left_out, self._left_out = self._left_out, 0
        return left_out


def _service(scope: Scope) -> Service:
    return get_service(HTTPConnection(scope))


def _changes(scope: Scope) -> bool:
    return scope["method"] not in {"GET", "HEAD"} and not is_question(scope)


def _operation(scope: Scope) -> str:
    """Returns the name of the route that was meant, also where the request was refused before it was chosen."""
    if route := scope.get("route"):
        return str(getattr(route, "name", ""))
    for context in iter_route_contexts(scope["app"].routes):
        match, _ = context.matches(scope)
        if match is Match.FULL:
            return str(context.name)
    return ""


def _outcome(status: int) -> EventOutcome:
    if status in _REFUSED:
        return EventOutcome.REFUSED
    if status == HTTPStatus.NOT_FOUND:
        return EventOutcome.NOT_FOUND
    return EventOutcome.DONE if status < HTTPStatus.BAD_REQUEST else EventOutcome.FAILED


def _target(scope: Scope, notes: Notes) -> str:
    """Returns the ids of the address and of the notes, as ``document:… version:…``."""
    named = {
        name.removesuffix("_id"): str(value)
        for name, value in scope.get("path_params", {}).items()
        if name not in _SECRET_PARAMETERS
    }
    ids = (f"{name}:{quote(value)[:_LONGEST_ID]}" for name, value in {**named, **notes.targets}.items())
    return " ".join(ids)[:_LONGEST_TARGET]
