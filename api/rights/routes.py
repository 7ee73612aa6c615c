"""Read and change who may read and change collections and documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from api.caller import Caller, CallerDependency
from api.dependencies import (
    ServiceDependency,
    known_scope,
    run_in_thread,
    run_in_writer_thread,
    writable_document,
    writable_scope,
)
from api.rights.schemas import AccessExplanation, CollectionGrants, DocumentGrants, GrantBody, GrantsChange
from ingest.service import Service
from rag.access.grants import Grant
from rag.access.roles import Right
from rag.catalog.access.reach import readable

router = APIRouter(prefix="/v1", tags=["access"])


@router.get("/collections/{name}/grants")
def get_collection_grants(service: ServiceDependency, caller: CallerDependency, name: str) -> CollectionGrants:
    """Returns who may read and change a collection; owners may in any case. Others are told their own rights only."""
    grants = service.storage.grants.of_collection(known_scope(service, caller, name))
    return CollectionGrants(collection=name, grants=_shown(caller, grants), may_change=_may_change(service, caller))


@router.put("/collections/{name}/grants")
async def set_collection_grants(
    service: ServiceDependency, caller: CallerDependency, name: str, request: GrantsChange
) -> CollectionGrants:
    """Replaces the rights of a collection, with effect on the next look at anything in it.

    Documents that have rights of their own keep those.
    """
    scope = await run_in_thread(writable_scope, service, caller, name)
    await run_in_writer_thread(service.storage.collections.update, scope)  # the default one is there once it is used
    await run_in_writer_thread(service.storage.grants.set_collection, scope, request.to_value())
    service.drop_caches()
    return await run_in_thread(get_collection_grants, service, caller, name)


@router.get("/documents/{document_id}/grants")
def get_document_grants(service: ServiceDependency, caller: CallerDependency, document_id: str) -> DocumentGrants:
    """Returns who may read and change a document; owners may in any case. Others are told their own rights only."""
    service.storage.catalog.document(caller.tenant, document_id, *readable(caller))
    rights = service.storage.grants.of_document(caller.tenant, document_id)
    return DocumentGrants(
        document_id=document_id,
        grants=_shown(caller, rights.own),
        inherited=_shown(caller, rights.inherited),
        may_change=_may_change(service, caller),
    )


@router.put("/documents/{document_id}/grants")
async def set_document_grants(
    service: ServiceDependency, caller: CallerDependency, document_id: str, request: GrantsChange
) -> DocumentGrants:
    """Replaces the rights of a document, with effect on the next look at it.

    They hold in place of those of its collection, and go with it where it is moved.
    """
    await run_in_thread(writable_document, service, caller, document_id)
    change = service.storage.grants.set_document
    await run_in_writer_thread(change, caller.tenant, document_id, request.to_value())
    service.drop_caches()
    return await run_in_thread(get_document_grants, service, caller, document_id)


def _shown(caller: Caller, grants: Iterable[Grant]) -> list[GrantBody]:
    mine = {caller.user_id, *caller.group_ids}
    return [GrantBody.of(each) for each in grants if Right.MANAGE in caller.rights or each.subject_id in mine]


def _may_change(service: Service, caller: Caller) -> bool:
    return service.settings.security.logins and Right.MANAGE in caller.rights


@router.get("/access/explain")
def explain_access(
    service: ServiceDependency,
    caller: CallerDependency,
    user: Annotated[str, Query(max_length=254, description="The name of a user.")],
    document: Annotated[str, Query(max_length=64, description="The id of a document.")],
) -> AccessExplanation:
    """Answers why a user may read or change a document, or not."""
    found = writable_document(service, caller, document)
    return AccessExplanation.of(service.storage.grants.explain(caller.tenant, user, found.document_id))
