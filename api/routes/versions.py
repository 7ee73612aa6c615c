"""List and download the versions of a document, and return to one."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Query, status
from fastapi.responses import FileResponse

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, raise_missing, run_in_thread, run_in_writer_thread, writable_document
from api.openapi import files_of
from api.proof.originals import DOWNLOAD_POLICY, opening_of
from api.schemas.documents import VersionBody, VersionList
from api.schemas.jobs import JobBody
from ingest.intake.formats import MEDIA_TYPES
from rag.catalog.access.reach import readable

router = APIRouter(prefix="/v1/documents/{document_id}/versions", tags=["versions"])


@router.get("")
def list_versions(service: ServiceDependency, caller: CallerDependency, document_id: str) -> VersionList:
    """Lists the versions that are kept, the newest first."""
    records = service.storage.catalog.versions(caller.tenant, document_id, *readable(caller))
    return VersionList(versions=[VersionBody.model_validate(record) for record in records])


@router.get("/{version_id}")
def get_version(service: ServiceDependency, caller: CallerDependency, document_id: str, version_id: str) -> VersionBody:
    """Returns a version."""
    version = service.storage.catalog.version(caller.tenant, document_id, version_id, *readable(caller))
    return VersionBody.model_validate(version)


@router.post("/{version_id}/activate", status_code=status.HTTP_202_ACCEPTED)
async def activate_version(
    service: ServiceDependency, caller: CallerDependency, document_id: str, version_id: str
) -> JobBody:
    """Queues a job that makes an earlier version active, without parsing. The active one answers until then."""
    await run_in_thread(writable_document, service, caller, document_id)
    activate = service.storage.uploads.activate
    job = await run_in_writer_thread(activate, caller.tenant, document_id, version_id, caller)
    service.wake_worker()
    return JobBody.model_validate(job)


@router.get(
    "/{version_id}/original",
    response_class=FileResponse,
    responses={200: {"content": files_of(MEDIA_TYPES.values())}},
)
def get_original(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    version_id: str,
    inline: Annotated[  # noqa: FBT002 - a query parameter
        bool,
        Query(description="Let a browser show a PDF, an image, a page or plain text. Others are downloads."),
    ] = False,
) -> FileResponse:
    """Sends the uploaded file as a download; browsers do not open it under this service's address.

    With `inline`, they open a PDF, an image, plain text, and an HTML page without its scripts, in a sandbox.
    """
    catalog = service.storage.catalog
    document = catalog.document(caller.tenant, document_id, *readable(caller))
    version = catalog.version(caller.tenant, document_id, version_id, *readable(caller))
    path = service.storage.blobs.path(version.sha256)
    if not path.is_file():
        raise_missing(service, caller, document, version, file="original")
    opening = opening_of(version.media_type) if inline else None
    return FileResponse(
        path,
        filename=PurePosixPath(document.name).name,
        content_disposition_type="inline" if opening else "attachment",
        headers={
            "Cache-Control": "private, no-cache",
            "Content-Type": opening.content_type if opening else version.media_type,
            "Content-Security-Policy": opening.policy if opening else DOWNLOAD_POLICY,
        },
    )
