"""Uploads a zip archive as documents, with one summary of what failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile, status

from api.access.notes import note
from api.caller import CallerDependency
from api.dependencies import ServiceDependency, run_in_writer_thread
from api.library.descriptions import FIELDS, TAGS, read_description
from api.library.schemas import AcceptedBody, RefusedBody, UnpackedBody
from api.schemas.documents import DocumentBody
from api.schemas.jobs import JobBody
from api.schemas.requests import COLLECTION_PATTERN
from api.upload_form import UploadRoute
from ingest.intake.file_types import safe_name
from ingest.intake.unpacking import RefusedFile
from rag.types import Scope

router = APIRouter(prefix="/v1", tags=["documents"], route_class=UploadRoute)

_MOST_NAMED = 5
_REASONS = {
    "unsupported_type": "Files of this type are not read",
    "type_mismatch": "The content is not of the type that the name says",
    "empty_document": "The file is empty",
    "document_too_large": "The file is too large",
    "encrypted_document": "The file needs a password",
    "queue_full": "Too many documents wait; upload these later",
    "nested_archive": "The archive stands too deep in others: unpack it, and upload what it holds",
    "stray_entry": "The file would be unpacked outside of the archive's own folder, or is a link: pack the file itself",
    "no_such_day": "A day in the file with its tags and fields is not in the calendar",
    "wrong_field": "The file with its tags and fields is wrong",
}


@router.post("/documents/unpack", status_code=status.HTTP_202_ACCEPTED)
async def unpack_archive(
    service: ServiceDependency,
    caller: CallerDependency,
    file: Annotated[UploadFile, File(description="The archive.", json_schema_extra={"format": "binary"})],
    collection: Annotated[str, Form(pattern=COLLECTION_PATTERN)] = "default",
    tags: Annotated[str, Form(max_length=8_192, description=TAGS)] = "",
    fields: Annotated[str, Form(max_length=65_536, description=FIELDS)] = "",
) -> UnpackedBody:
    """Takes in the files of a zip archive, each as a document named by its path in it; of an archive in it the same.

    A third level is refused, and so is a file whose name leads out of the archive or that is a link; the others are
    taken in.

    A file `NAME.meta.yaml`, `.meta.yml` or `.meta.json` beside the file NAME holds its tags and fields. What is refused
    comes back in one line for each reason and type.
    """
    unpacked = await run_in_writer_thread(
        service.unpacker.unpack,
        file.file,
        name=safe_name(file.filename or ""),
        scope=Scope(tenant=caller.tenant, collection=collection),
        description=read_description(tags, fields),
        requester=caller,
    )
    ids = " ".join(document.document_id for document, _ in unpacked.accepted)
    note(details={"collection": collection, "documents": ids}, text={"archive": file.filename or ""})
    service.wake_worker()
    return UnpackedBody(
        accepted=[
            AcceptedBody(document=DocumentBody.model_validate(document), job=JobBody.model_validate(job))
            for document, job in unpacked.accepted
        ],
        refused=_grouped(unpacked.refused),
        skipped=len(unpacked.skipped),
    )


def _grouped(refused: Iterable[RefusedFile]) -> list[RefusedBody]:
    """Returns a line for each reason and type, those with the most files first."""
    groups: dict[tuple[str, str], list[RefusedFile]] = {}
    for each in refused:
        groups.setdefault((each.code, PurePosixPath(each.name).suffix.lower()), []).append(each)
    bodies = [
        RefusedBody(
            reason=_REASONS.get(code, files[0].detail),
            code=code,
            type=ending,
            count=len(files),
            names=[each.name for each in files[:_MOST_NAMED]],
        )
        for (code, ending), files in groups.items()
    ]
    return sorted(bodies, key=lambda body: -body.count)
