"""What routes ask for."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Header, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError

from api.job_followers import JobFollowers
from ingest.service import Service
from rag.errors import UnknownCollectionError
from rag.types import Scope

DEFAULT_COLLECTION = "default"


def get_service(request: Request) -> Service:
    """Returns the running service."""
    return cast("Service", request.app.state.service)


ServiceDependency = Annotated[Service, Depends(get_service)]


def refuse_unknown_parameters(request: Request) -> None:
    """Refuses parameters in the address that the route does not have, and one that is given twice: it would do nothing.

    Raises:
        RequestValidationError: names them, and those that there are.
    """
    if not request.query_params:
        return
    parameters = get_flat_params(request.scope["route"].dependant)
    known = sorted(each.alias for each in parameters if isinstance(each.field_info, params.Query))
    given = [name for name, _ in request.query_params.multi_items()]
    faults = []
    for name in dict.fromkeys(given):
        fault = {"loc": ("query", name), "ctx": {"known": ", ".join(known) or "none"}}
        if name not in known:
            faults.append(fault | {"type": "unknown_parameter"})
        elif given.count(name) > 1:
            faults.append(fault | {"type": "repeated_parameter"})
    if faults:
        raise RequestValidationError(faults)


def get_followers(request: Request) -> JobFollowers:
    """Returns those who follow jobs."""
    return cast("JobFollowers", request.app.state.followers)


FollowersDependency = Annotated[JobFollowers, Depends(get_followers)]


def wants_fresh(
    cache_control: Annotated[str, Header(description="`no-cache`: answer anew, not from memory.")] = "",
) -> bool:
    """Returns whether an answer that is kept will not do."""
    return "no-cache" in {directive.strip().lower() for directive in cache_control.split(",")}


Fresh = Annotated[bool, Depends(wants_fresh)]


def known_scope(service: Service, collection: str) -> Scope:
    """Returns the scope of a collection that exists; the default one always does.

    Raises:
        UnknownCollectionError: there is none of this name.
    """
    tenant = service.settings.tenant
    if collection != DEFAULT_COLLECTION:
        known = service.storage.catalog.collections(tenant)
        if collection not in known:
            raise UnknownCollectionError(collection, sorted(known))
    return Scope(tenant=tenant, collection=collection)
