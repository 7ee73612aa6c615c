"""The caller of a request. Authentication changes ``identify`` and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection

from ingest.service import Service

_SCOPE_KEY = "citewell.caller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The sender of a request: routes, middleware and evaluations see what this tenant may see."""

    tenant: str


async def identify(connection: HTTPConnection) -> Caller:
    """Returns who sends a request: always the tenant of the settings, as there is no authentication.

    A ``CitewellError`` raised here is answered as a problem, before the request's body is read.
    """
    service = cast("Service", connection.app.state.service)
    return Caller(tenant=service.settings.tenant)


async def get_caller(connection: HTTPConnection) -> Caller:
    """Returns the caller of a request, identified once for its middleware and its route."""
    scope = connection.scope
    if _SCOPE_KEY not in scope:
        scope[_SCOPE_KEY] = await identify(connection)
    return cast("Caller", scope[_SCOPE_KEY])


CallerDependency = Annotated[Caller, Depends(get_caller)]
