"""What routes ask for."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Header, Request

from ingest.service import Service
from rag.errors import UnknownCollectionError
from rag.types import Scope

DEFAULT_COLLECTION = "default"


def get_service(request: Request) -> Service:
    """Returns the running service."""
    return cast("Service", request.app.state.service)


ServiceDependency = Annotated[Service, Depends(get_service)]


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
