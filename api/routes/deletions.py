"""Delete documents, versions and collections, and read the receipts."""

from __future__ import annotations

from fastapi import APIRouter, status

from api.access.notes import note
from api.caller import CallerDependency
from api.dependencies import ServiceDependency, run_in_writer_thread
from api.schemas.receipts import DeletionBody
from rag.catalog.database.records import DeletionReceipt
from rag.types import Scope

router = APIRouter(prefix="/v1", tags=["deletions"])


@router.delete("/documents/{document_id}", status_code=status.HTTP_202_ACCEPTED)
async def delete_document(service: ServiceDependency, caller: CallerDependency, document_id: str) -> DeletionBody:
    """Makes a document invisible at once. The receipt shows what was purged of it, and when."""
    receipt = await run_in_writer_thread(service.storage.deletions.delete_document, caller.tenant, document_id)
    service.after_delete()
    return _noted(receipt)


@router.delete("/documents/{document_id}/versions/{version_id}", status_code=status.HTTP_202_ACCEPTED)
async def delete_version(
    service: ServiceDependency, caller: CallerDependency, document_id: str, version_id: str
) -> DeletionBody:
    """Deletes a version that is not the active one."""

    def delete() -> DeletionBody:
        document = service.storage.catalog.document(caller.tenant, document_id)
        return _noted(service.storage.deletions.delete_version(caller.tenant, document, version_id))

    body = await run_in_writer_thread(delete)
    service.after_delete()
    return body


@router.delete("/collections/{name}", status_code=status.HTTP_202_ACCEPTED)
async def delete_collection(service: ServiceDependency, caller: CallerDependency, name: str) -> DeletionBody:
    """Makes a collection and all documents in it invisible at once."""
    scope = Scope(tenant=caller.tenant, collection=name)
    receipt = await run_in_writer_thread(service.storage.deletions.delete_collection, scope)
    service.after_delete()
    return _noted(receipt)


@router.get("/receipts/{receipt_id}")
def get_receipt(service: ServiceDependency, caller: CallerDependency, receipt_id: str) -> DeletionBody:
    """Returns the receipt of a delete: what it has purged so far."""
    return DeletionBody.model_validate(service.storage.deletions.receipt(caller.tenant, receipt_id))


def _noted(receipt: DeletionReceipt) -> DeletionBody:
    note(targets={"receipt": receipt.receipt_id}, text={receipt.kind: receipt.name})
    return DeletionBody.model_validate(receipt)
