"""List, count, describe, move and delete documents: one, or many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access.notes import note
from api.caller import Caller, CallerDependency
from api.dependencies import (
    ServiceDependency,
    known_scope,
    run_in_thread,
    run_in_writer_thread,
    writable_document,
    writable_scope,
)
from api.library.descriptions import change_of
from api.library.schemas import (
    Action,
    Batch,
    CountsBody,
    Dismissed,
    DocumentChange,
    Outcome,
    Outcomes,
)
from api.library.selection import filter_parameter
from api.schemas.base import FailureBody
from api.schemas.documents import DocumentBody, DocumentList
from api.schemas.filters import Filter
from api.schemas.paging import Cursor, Limit, Pages
from ingest.service import Service
from rag.catalog.access.reach import readable, writable
from rag.catalog.database.records import DocumentRecord
from rag.catalog.selection.selection import Order, Sort
from rag.errors import RequestError, WrongCursorError, WrongFieldError

router = APIRouter(prefix="/v1", tags=["documents"])

FilterDependency = Annotated[Filter, Depends(filter_parameter)]


@router.get("/documents")
def list_documents(
    service: ServiceDependency,
    caller: CallerDependency,
    chosen: FilterDependency,
    collection: str | None = None,
    sort: Annotated[Sort | None, Query(description="By default by collection and name.")] = None,
    order: Annotated[str, Query(pattern="^(asc|desc)$")] = "asc",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DocumentList:
    """Lists documents. By collection and name, which never change, no document is missing or comes twice."""
    if collection is not None:
        known_scope(service, caller, collection)
    if sort is None and chosen.is_empty:
        return _by_name(service, caller, collection, limit, cursor)
    by = Order(by=sort or Sort.NAME, descending=order == "desc")
    pages = Pages("documents", collection, by.by, order, chosen.stored())
    key = pages.start(cursor, width=2)
    try:
        found = service.storage.selection.page(
            caller.tenant,
            collection,
            chosen.to_value(),
            *readable(caller),
            order=by,
            after=(key[0], key[1]) if key else None,
            limit=limit + 1,
        )
    except (ValueError, OverflowError) as error:
        raise WrongCursorError from error
    shown, next_cursor = pages.cut(found, limit, lambda listed: (listed.key, listed.record.document_id))
    bodies = [DocumentBody.model_validate(listed.record) for listed in shown]
    return DocumentList(documents=bodies, next_cursor=next_cursor)


@router.get("/documents/counts")
def count_documents(
    service: ServiceDependency, caller: CallerDependency, chosen: FilterDependency, collection: str | None = None
) -> CountsBody:
    """Counts the documents that a filter means, by state, media type, tag and field."""
    if collection is not None:
        known_scope(service, caller, collection)
    counts = service.storage.selection.counts(caller.tenant, collection, chosen.to_value(), *readable(caller))
    return CountsBody.model_validate(counts)


@router.patch("/documents/{document_id}")
async def change_document(
    service: ServiceDependency, caller: CallerDependency, document_id: str, request: DocumentChange
) -> DocumentBody:
    """Changes tags and fields, or moves the document to another collection. It is not read again."""
    change = change_of(
        tags=request.tags,
        add_tags=request.add_tags,
        remove_tags=request.remove_tags,
        fields=request.fields,
        replace_fields=request.replace_fields,
    )
    await run_in_thread(writable_document, service, caller, document_id)
    if request.collection is not None:
        await run_in_thread(writable_scope, service, caller, request.collection)
    record = await run_in_writer_thread(service.storage.descriptions.change, caller.tenant, document_id, change)
    if request.collection is not None:
        await service.mover.move_document(caller.tenant, document_id, request.collection)
        service.after_delete()  # caches, and the points in the old collection
        record = await run_in_thread(service.storage.catalog.document, caller.tenant, document_id, *readable(caller))
    return DocumentBody.model_validate(record)


@router.post("/documents/batch")
async def change_documents(service: ServiceDependency, caller: CallerDependency, request: Batch) -> Outcomes:
    """Tags, moves or deletes several documents. Each has an outcome of its own: one that fails stops no other."""
    act = await _action(service, caller, request)
    outcomes = [await _outcome(service, caller, each, act) for each in dict.fromkeys(request.document_ids)]
    if request.action is not Action.TAG:
        service.after_delete()
    done = sum(outcome.ok for outcome in outcomes)
    changed = " ".join(outcome.document_id for outcome in outcomes if outcome.ok)
    note(details={"action": request.action, "documents": changed, "failed": len(outcomes) - done})
    return Outcomes(done=done, failed=len(outcomes) - done, outcomes=outcomes)


@router.post("/documents/dismiss-failed")
async def dismiss_failed(service: ServiceDependency, caller: CallerDependency, collection: str) -> Dismissed:
    """Removes the documents that could never be read, and newer versions that failed; what answers stays."""
    scope = await run_in_thread(known_scope, service, caller, collection)
    count = await run_in_writer_thread(service.storage.deletions.dismiss_failed, scope, *writable(caller))
    note(details={"collection": collection, "versions": count})
    service.after_delete()
    return Dismissed(dismissed=count)


def _by_name(service: Service, caller: Caller, collection: str | None, limit: int, cursor: str | None) -> DocumentList:
    pages = Pages("documents", collection)
    key = pages.start(cursor, width=2)
    after = (key[0], key[1]) if key else None
    records = service.storage.catalog.documents(
        caller.tenant, *readable(caller), collection=collection, after=after, limit=limit + 1
    )
    shown, next_cursor = pages.cut(records, limit, lambda record: (record.scope.collection, record.name))
    return DocumentList(documents=[DocumentBody.model_validate(record) for record in shown], next_cursor=next_cursor)


async def _action(service: Service, caller: Caller, request: Batch) -> Callable[[str], Awaitable[str | None]]:
    """Returns what is done with each document, which returns the receipt's id of a delete.

    Raises:
        WrongFieldError: a tag or a field is wrong, or a move has no collection.
        UnknownCollectionError: there is no such collection.
    """
    storage = service.storage
    if request.action is Action.MOVE:
        if request.collection is None:
            raise WrongFieldError("collection", "is missing; name the collection to move to")
        target = (await run_in_thread(writable_scope, service, caller, request.collection)).collection
        mover = service.mover

        async def move(document_id: str) -> None:
            await mover.move_document(caller.tenant, document_id, target)

        return move
    if request.action is Action.DELETE:

        async def delete(document_id: str) -> str:
            delete_document, user = storage.deletions.delete_document, caller.user_id
            receipt = await run_in_writer_thread(delete_document, caller.tenant, document_id, requested_by=user)
            return receipt.receipt_id

        return delete
    change = change_of(add_tags=request.add_tags, remove_tags=request.remove_tags, fields=request.fields)

    async def tag(document_id: str) -> None:
        await run_in_writer_thread(storage.descriptions.change, caller.tenant, document_id, change)

    return tag


async def _outcome(
    service: Service, caller: Caller, document_id: str, act: Callable[[str], Awaitable[str | None]]
) -> Outcome:
    record: DocumentRecord | None = None
    try:
        record = await run_in_thread(service.storage.catalog.document, caller.tenant, document_id, *readable(caller))
        await run_in_thread(writable_document, service, caller, document_id)
        receipt_id = await act(document_id)
    except RequestError as error:
        failure = FailureBody(code=error.code, detail=str(error))
        return Outcome(document_id=document_id, name=record.name if record else None, ok=False, error=failure)
    return Outcome(document_id=document_id, name=record.name, ok=True, receipt_id=receipt_id)
