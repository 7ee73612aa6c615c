"""The caller of a request: who sends it, and whether that caller may."""

from __future__ import annotations

from functools import partial
from secrets import compare_digest
from typing import Annotated, cast

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from fastapi.requests import HTTPConnection

from api.access.identify import find_caller
from api.access.rules import RULES
from ingest.service import Service
from rag.access.principal import Principal, Via, single_user
from rag.access.roles import Right
from rag.errors import ForbiddenError, OnlyInPersonError

_SCOPE_KEY = "citewell.caller"

Caller = Principal


async def identify(connection: HTTPConnection) -> Caller:
    """Returns who sends a request; without logins, the single user.

    A ``CitewellError`` raised here is answered as a problem, before the request's body is read.
    """
    service = cast("Service", connection.app.state.service)
    settings = service.settings
    if not settings.security.logins:
        return single_user(settings.tenant)
    sent = connection.headers.get("authorization", "").encode()
    if compare_digest(sent, f"Bearer {service.own_key}".encode()):
        return single_user(settings.tenant)
    find = partial(find_caller, connection, service.storage.people, settings.security, tenant=settings.tenant)
    return await run_sync(find)


def default_tenant(service: Service) -> str:
    """Returns the tenant of users for whom none is named."""
    return service.settings.tenant


async def get_caller(connection: HTTPConnection) -> Caller:
    """Returns the caller of a request, identified once for its middleware and its route."""
    scope = connection.scope
    if _SCOPE_KEY not in scope:
        scope[_SCOPE_KEY] = await identify(connection)
    return cast("Caller", scope[_SCOPE_KEY])


def known_caller(connection: HTTPConnection) -> Caller | None:
    """Returns the caller of a request where it was asked for, else None."""
    return cast("Caller | None", connection.scope.get(_SCOPE_KEY))


def become(connection: HTTPConnection, caller: Caller) -> None:
    """Notes who a request has turned out to be from: the user who has just logged in."""
    connection.scope[_SCOPE_KEY] = caller


async def check_right(request: Request) -> None:
    """Refuses a caller that may not use the route.

    Raises:
        LoginRequiredError: the caller is not known.
        ForbiddenError: the caller is known, and lacks the right.
    """
    right = RULES[request.scope["route"].name].right
    if right is Right.OPEN:
        return
    caller = await get_caller(request)
    if right not in caller.rights:
        raise ForbiddenError(right)


async def get_person(connection: HTTPConnection) -> Caller:
    """Returns the caller where it is a user who is logged in, not a program.

    Raises:
        OnlyInPersonError: it has an API key, or there are no logins.
    """
    caller = await get_caller(connection)
    if caller.via not in {Via.SESSION, Via.PROXY}:
        raise OnlyInPersonError
    return caller


CallerDependency = Annotated[Caller, Depends(get_caller)]
PersonDependency = Annotated[Caller, Depends(get_person)]
