"""The caller of a request: who sends it, and whether that caller may."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection
from starlette.types import Scope

from api.access.rules import RULES
from ingest.service import Service
from rag.access.principal import Principal, single_user
from rag.errors import ForbiddenError

_SCOPE_KEY = "citewell.caller"

Caller = Principal


async def identify(connection: HTTPConnection) -> Caller:
    """Returns who sends a request: the single user of a service without logins.

    A ``CitewellError`` raised here is answered as a problem, before the request's body is read.
    """
    service = cast("Service", connection.app.state.service)
    return single_user(service.settings.tenant)


async def get_caller(connection: HTTPConnection) -> Caller:
    """Returns the caller of a request, identified once for its middleware and its route."""
    scope = connection.scope
    if _SCOPE_KEY not in scope:
        scope[_SCOPE_KEY] = await identify(connection)
    return cast("Caller", scope[_SCOPE_KEY])


def known_caller(scope: Scope) -> Caller | None:
    """Returns the caller of a request that was identified already, None before that."""
    return cast("Caller | None", scope.get(_SCOPE_KEY))


async def check_right(request: Request) -> None:
    """Refuses a caller that may not use the route.

    Raises:
        ForbiddenError: the caller is known, and lacks the right.
    """
    right = RULES[request.scope["route"].name].right
    caller = await get_caller(request)
    if right not in caller.rights:
        raise ForbiddenError(right)


CallerDependency = Annotated[Caller, Depends(get_caller)]
