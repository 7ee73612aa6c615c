"""Compare and repair, back up, and go over to a new index."""

from __future__ import annotations

from fastapi import APIRouter, status
from fastapi.responses import StreamingResponse

from api.backup_response import BackupResponse
from api.caller import CallerDependency
from api.dependencies import ServiceDependency
from api.openapi import files_of
from api.schemas.maintenance import AuditBody, AuditRequest, BuildRequest, IndexBody
from ingest.upkeep.reindexing import check_allowed

router = APIRouter(prefix="/v1/maintenance", tags=["maintenance"])


@router.post("/audit")
async def audit(service: ServiceDependency, request: AuditRequest) -> AuditBody:
    """Compares catalogue, index and files; with `repair` what can be mended is. Jobs that it queues end later."""
    report = await service.auditor.audit(repair=request.repair, read_everything=request.read_everything)
    service.wake_worker()
    return AuditBody.model_validate(report)


@router.post("/backup", response_class=StreamingResponse, responses={200: {"content": files_of(["application/gzip"])}})
async def backup(service: ServiceDependency) -> BackupResponse:
    """Streams a copy of everything at one moment, as a compressed tar file for `citewell restore`; one at a time."""
    return BackupResponse(service)


@router.get("/index")
async def get_index(service: ServiceDependency) -> IndexBody:
    """Shows the index that answers now, and how far a new one is."""
    return IndexBody.of(service.engine.generation, service.reindexer.build)


@router.post("/index/build", status_code=status.HTTP_202_ACCEPTED)
async def build_index(service: ServiceDependency, caller: CallerDependency, request: BuildRequest) -> IndexBody:
    """Starts to build a new index from the stored documents, beside the one that answers.

    Its encoder must be one that the settings allow.
    """
    if request.encoder_model is not None:
        check_allowed(request.encoder_model, service.settings)
    chosen = {"backend": request.encoder_backend, "model": request.encoder_model}
    update = {name: value for name, value in chosen.items() if value is not None}
    encoder = service.settings.encoder.model_copy(update=update)
    questions = [question.to_value(caller.tenant) for question in request.questions]
    build = await service.reindexer.begin(encoder, service.engine, questions)
    return IndexBody.of(service.engine.generation, build)


@router.delete("/index/build", status_code=status.HTTP_204_NO_CONTENT)
async def discard_build(service: ServiceDependency) -> None:
    """Stops the building of a new index, or throws away the one that waits."""
    await service.reindexer.discard()


@router.post("/index/switch")
async def switch_index(service: ServiceDependency) -> IndexBody:
    """Goes over to the new index. Questions that have begun end with the old one; nothing is refused meanwhile."""
    return IndexBody.of(await service.switch_index(), service.reindexer.build)
