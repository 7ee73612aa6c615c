"""Delete documents, versions and collections, and read the receipts."""

from __future__ import annotations

from fastapi import APIRouter, status

from api.access.notes import note
from api.caller import CallerDependency
from api.dependencies import (
    ServiceDependency,
    run_in_thread,
    run_in_writer_thread,
    writable_document,
    writable_scope,
)
from api.schemas.receipts import DeletionBody
from rag.catalog.access.reach import readable
from rag.catalog.database.records import DeletionReceipt

router = APIRouter(prefix="/v1", tags=["deletions"])


@router.delete("/documents/{document_id}", status_code=status.HTTP_202_ACCEPTED)
async def delete_document(service: ServiceDependency, caller: CallerDependency, document_id: str) -> DeletionBody:
    """Makes a document invisible at once. The receipt shows what was purged of it, and when."""
    await run_in_thread(writable_document, service, caller, document_id)
    delete, user = service.storage.deletions.delete_document, caller.user_id
    receipt = await run_in_writer_thread(delete, caller.tenant, document_id, requested_by=user)
    service.after_delete()
    return _noted(receipt)


@router.delete("/documents/{document_id}/versions/{version_id}", status_code=status.HTTP_202_ACCEPTED)
async def delete_version(
    service: ServiceDependency, caller: CallerDependency, document_id: str, version_id: str
) -> DeletionBody:
    """Deletes a version that is not the active one."""

    def delete() -> DeletionBody:
        document = writable_document(service, caller, document_id)
        delete_version, user = service.storage.deletions.delete_version, caller.user_id
        return _noted(delete_version(caller.tenant, document, version_id, requested_by=user))

    body = await run_in_writer_thread(delete)
    service.after_delete()
    return body


@router.delete("/collections/{name}", status_code=status.HTTP_202_ACCEPTED)
async def delete_collection(service: ServiceDependency, caller: CallerDependency, name: str) -> DeletionBody:
    """Makes a collection and all documents in it invisible at once."""
    scope = await run_in_thread(writable_scope, service, caller, name)
    delete = service.storage.deletions.delete_collection
    receipt = await run_in_writer_thread(delete, scope, requested_by=caller.user_id)
    service.after_delete()
    return _noted(receipt)


@router.get("/receipts/{receipt_id}")
def get_receipt(service: ServiceDependency, caller: CallerDependency, receipt_id: str) -> DeletionBody:
    """Returns the receipt of a delete: what it has purged so far."""
    user = None if caller.sees_all else caller.user_id
    receipt = service.storage.deletions.receipt(caller.tenant, receipt_id, *readable(caller), requested_by=user)
    return DeletionBody.model_validate(receipt)


def _noted(receipt: DeletionReceipt) -> DeletionBody:
    note(targets={"receipt": receipt.receipt_id}, text={receipt.kind: receipt.name})
    return DeletionBody.model_validate(receipt)
