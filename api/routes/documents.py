"""Upload, list and read documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Query, UploadFile, status

from api.access.notes import note
from api.caller import CallerDependency
from api.dependencies import (
    ServiceDependency,
    VersionChoice,
    raise_missing,
    readable_version,
    run_in_writer_thread,
)
from api.library.descriptions import FIELDS, TAGS, read_description
from api.schemas.documents import (
    DocumentBody,
    TextBody,
    UploadBody,
)
from api.schemas.jobs import JobBody
from api.schemas.requests import COLLECTION_PATTERN, IDEMPOTENCY_KEY_PATTERN
from api.upload_form import UploadRoute
from ingest.factory import extracted_folder
from ingest.intake.file_types import safe_name
from ingest.storage.extracted_text import load_text
from rag.catalog.access.reach import readable
from rag.types import Scope

router = APIRouter(prefix="/v1", tags=["documents"], route_class=UploadRoute)

_MAX_STRETCH = 100_000


@router.post("/documents", status_code=status.HTTP_202_ACCEPTED)
async def upload_document(
    service: ServiceDependency,
    caller: CallerDependency,
    # The format that makes generated clients send bytes.
    file: Annotated[UploadFile, File(description="The document.", json_schema_extra={"format": "binary"})],
    collection: Annotated[str, Form(pattern=COLLECTION_PATTERN)] = "default",
    name: Annotated[
        str,
        Form(
            max_length=4_096,
            description="The document's name in its collection, folders allowed; by default the file's name.",
        ),
    ] = "",
    tags: Annotated[str, Form(max_length=8_192, description=TAGS)] = "",
    fields: Annotated[str, Form(max_length=65_536, description=FIELDS)] = "",
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=IDEMPOTENCY_KEY_PATTERN,
            description="An upload that is repeated with the same key and file changes nothing.",
        ),
    ] = None,
) -> UploadBody:
    """Stores a file and queues a job, which shows when the document can be searched, or why it cannot.

    The same name in the same collection is a new version of that document; the old one answers until it is ready.
    """
    document, job = await run_in_writer_thread(
        service.intake.accept,
        file.file,
        name=name or safe_name(file.filename or ""),
        scope=Scope(tenant=caller.tenant, collection=collection),
        idempotency_key=idempotency_key,
        description=read_description(tags, fields),
        requester=caller,
    )
    targets = {"document": document.document_id, "version": job.version_id}
    note(targets=targets, details={"collection": collection}, text={"document": document.name})
    service.wake_worker()
    return UploadBody(document=DocumentBody.model_validate(document), job=JobBody.model_validate(job))


@router.get("/documents/{document_id}")
def get_document(service: ServiceDependency, caller: CallerDependency, document_id: str) -> DocumentBody:
    """Returns a document."""
    return DocumentBody.model_validate(service.storage.catalog.document(caller.tenant, document_id, *readable(caller)))


@router.get("/documents/{document_id}/text")
def get_text(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    version_id: VersionChoice = None,
    start: Annotated[int, Query(ge=0)] = 0,
    end: Annotated[int | None, Query(ge=0)] = None,
) -> TextBody:
    """Returns a part of the extracted text, in which the offsets of citations count."""
    document, version = readable_version(service, caller, document_id, version_id)
    try:
        text = load_text(extracted_folder(service.settings.storage.folder) / version.version_id)
    except FileNotFoundError:
        raise_missing(service, caller, document, version, file="extracted text")
    first = min(start, len(text))
    last = min(end if end is not None else len(text), first + _MAX_STRETCH, len(text))
    return TextBody(
        document_id=document_id,
        version_id=version.version_id,
        is_active=version.is_active,
        name=document.name,
        title=version.title or document.name,
        start=first,
        end=max(first, last),
        length=len(text),
        text=text[first:last],
    )
