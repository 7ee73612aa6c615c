"""Bounds the requests of one tenant that go on at a time, where an operator has set a quota for it."""

from __future__ import annotations

from collections import Counter

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from api.caller import get_caller
from api.dependencies import get_service, run_in_thread
from api.errors import error_response, problem_of
from rag.errors import CitewellError, TooManyConnectionsError

_API = "/v1/"


class TenantConnections:
    """Refuses a request of a tenant that has as many under way as it may. Belongs to one event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on a request, and counts it until its answer is sent to the end."""
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            tenant = (await get_caller(connection)).tenant
        except CitewellError:  # the route says so, if it asks who calls
            await self._app(scope, receive, send)
            return
        quotas = get_service(connection).storage.quotas
        most = (await run_in_thread(quotas.last_read, tenant)).connections
        if most is not None and self._open[tenant] >= most:
            refused = problem_of(TooManyConnectionsError(most))
            await error_response(scope["path"], refused, {"Connection": "close"})(scope, receive, send)
            return
        self._open[tenant] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[tenant] -= 1
            if not self._open[tenant]:
                del self._open[tenant]
