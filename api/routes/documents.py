"""Upload, list, read and delete documents; see what became of an upload."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile, status

from api.dependencies import ServiceDependency, known_scope
from api.schemas.documents import (
    CollectionBody,
    CollectionList,
    DocumentBody,
    DocumentList,
    JobBody,
    TextBody,
    UploadBody,
)
from api.schemas.requests import COLLECTION_PATTERN
from ingest.extraction_store import load_text
from ingest.factory import extracted_folder
from rag.errors import UnknownDocumentError
from rag.types import Scope

router = APIRouter(prefix="/v1", tags=["documents"])

_MAX_STRETCH = 100_000


@router.post("/documents", status_code=status.HTTP_202_ACCEPTED)
async def upload_document(
    service: ServiceDependency,
    file: Annotated[UploadFile, File(description="The document.")],
    collection: Annotated[str, Form(pattern=COLLECTION_PATTERN)] = "default",
) -> UploadBody:
    """Stores the file and queues it. Its job says when it can be searched, or why it cannot."""
    scope = Scope(tenant=service.settings.tenant, collection=collection)
    document, job = await asyncio.to_thread(service.intake.accept, file.file, name=file.filename or "", scope=scope)
    service.worker.wake()
    return UploadBody(document=DocumentBody.of(document), job=JobBody.of(job))


@router.get("/documents")
def list_documents(service: ServiceDependency, collection: str | None = None) -> DocumentList:
    """Lists documents, those changed last first."""
    if collection is not None:
        known_scope(service, collection)
    records = service.catalog.documents(service.settings.tenant, collection=collection)
    return DocumentList(documents=[DocumentBody.of(record) for record in records])


@router.get("/documents/{document_id}")
def get_document(service: ServiceDependency, document_id: str) -> DocumentBody:
    """Shows a document."""
    return DocumentBody.of(service.catalog.document(service.settings.tenant, document_id))


@router.get("/documents/{document_id}/text")
def get_text(
    service: ServiceDependency,
    document_id: str,
    version_id: str | None = None,
    start: Annotated[int, Query(ge=0)] = 0,
    end: Annotated[int | None, Query(ge=0)] = None,
) -> TextBody:
    """Shows a stretch of the extracted text, which the offsets of citations point into."""
    document = service.catalog.document(service.settings.tenant, document_id)
    if document.active_version_id is None or version_id not in (None, document.active_version_id):
        raise UnknownDocumentError(f"{document_id} in version {version_id}")
    text = load_text(extracted_folder(service.settings.storage.folder) / document.active_version_id)
    first = min(start, len(text))
    last = min(end if end is not None else len(text), first + _MAX_STRETCH, len(text))
    return TextBody(
        document_id=document_id,
        version_id=document.active_version_id,
        name=document.name,
        title=document.title,
        start=first,
        end=max(first, last),
        length=len(text),
        text=text[first:last],
    )


@router.delete("/documents/{document_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_document(service: ServiceDependency, document_id: str) -> None:
    """Makes a document invisible at once; its points and files are purged right after."""
    await asyncio.to_thread(service.catalog.delete_document, service.settings.tenant, document_id)
    service.worker.wake()


@router.get("/collections")
def list_collections(service: ServiceDependency) -> CollectionList:
    """Lists the collections."""
    counts = service.catalog.collections(service.settings.tenant)
    return CollectionList(collections=[CollectionBody(name=name, documents=count) for name, count in counts.items()])


@router.get("/jobs/{job_id}")
def get_job(service: ServiceDependency, job_id: str) -> JobBody:
    """Shows how far the taking-in of a document is."""
    return JobBody.of(service.queue.job(service.settings.tenant, job_id))
