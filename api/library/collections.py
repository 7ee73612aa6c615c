"""Create, list, describe, rename and tune collections."""

from __future__ import annotations

from fastapi import APIRouter, status

from api.access.notes import note
from api.caller import CallerDependency
from api.dependencies import ServiceDependency, known_scope, run_in_thread, run_in_writer_thread
from api.library.schemas import CollectionBody, CollectionChange, CollectionList, NewCollection, WholeCollection
from api.schemas.paging import Cursor, Limit, Pages
from rag.catalog.access.reach import readable
from rag.fields.filters import DocumentFilter
from rag.types import Scope

router = APIRouter(prefix="/v1", tags=["collections"])


@router.get("/collections")
def list_collections(
    service: ServiceDependency, caller: CallerDependency, limit: Limit = 100, cursor: Cursor = None
) -> CollectionList:
    """Lists the collections by name."""
    pages = Pages("collections")
    [after] = pages.start(cursor) or [""]
    records = service.storage.collections.list(caller.tenant, caller, after=after, limit=limit + 1)
    shown, next_cursor = pages.cut(records, limit, lambda record: (record.name,))
    return CollectionList(collections=[CollectionBody.of(record) for record in shown], next_cursor=next_cursor)


@router.post("/collections", status_code=status.HTTP_201_CREATED)
async def create_collection(
    service: ServiceDependency, caller: CallerDependency, request: NewCollection
) -> CollectionBody:
    """Creates an empty collection. Uploading a document to a new name creates one, too."""
    note(targets={"name": request.name})
    scope = Scope(tenant=caller.tenant, collection=request.name)
    create = service.storage.collections.create
    record = await run_in_writer_thread(
        create, scope, description=request.description, tuning=request.settings.to_value()
    )
    return CollectionBody.of(record)


@router.get("/collections/{name}")
def get_collection(service: ServiceDependency, caller: CallerDependency, name: str) -> WholeCollection:
    """Returns a collection with the counts of its documents by state."""
    record = service.storage.collections.get(known_scope(service, caller, name), caller)
    counts = service.storage.selection.counts(caller.tenant, name, DocumentFilter(), *readable(caller))
    return WholeCollection.whole(record, dict(counts.states))


@router.patch("/collections/{name}")
async def change_collection(
    service: ServiceDependency, caller: CallerDependency, name: str, request: CollectionChange
) -> CollectionBody:
    """Changes the description or the settings, or gives another name: documents, answers and conversations go with it.

    Settings of the environment that are for a collection of that name do not.
    """
    scope = await run_in_thread(known_scope, service, caller, name)
    tuning = None if request.settings is None else request.settings.to_value()
    update = service.storage.collections.update
    record = await run_in_writer_thread(update, scope, description=request.description, tuning=tuning)
    if request.name is not None and request.name != name:
        await service.mover.rename_collection(scope, request.name)
        service.after_delete()
        renamed = Scope(tenant=caller.tenant, collection=request.name)
        record = await run_in_thread(service.storage.collections.get, renamed)
    return CollectionBody.of(record)
