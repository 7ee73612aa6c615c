"""Audit and repair, back up, switch to a new index, and read documents again."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, status
from fastapi.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, refuse_unknown, run_in_writer_thread
from api.openapi import files_of
from api.schemas.maintenance import AuditBody, AuditRequest, BuildRequest, IndexBody, ReparseBody
from ingest.backup import pack_snapshot, snapshot
from ingest.service import Service
from ingest.upkeep.reindexing import check_allowed

_LOG = logging.getLogger(__name__)
_BACKUP_HEADERS = {"Content-Disposition": 'attachment; filename="citewell.tar.gz"', "Cache-Control": "no-store"}
_LONGEST_STALL_SECONDS = 60.0

router = APIRouter(prefix="/v1/maintenance", tags=["maintenance"])


@router.post("/audit")
async def audit(service: ServiceDependency, request: AuditRequest) -> AuditBody:
    """Compares catalogue, index and files; with `repair` it also repairs them. Jobs that it queues end later."""
    report = await service.auditor.audit(repair=request.repair, read_everything=request.read_everything)
    service.wake_worker()
    return AuditBody.model_validate(report)


@router.post("/backup", response_class=StreamingResponse, responses={200: {"content": files_of(["application/gzip"])}})
async def backup(service: ServiceDependency) -> Response:
    """Streams a snapshot of all data as a compressed tar file for `citewell restore`; one at a time."""
    return BackupResponse(service)


@router.get("/index")
async def get_index(service: ServiceDependency) -> IndexBody:
    """Returns the active index, the progress of a new one, and the encoder that the settings name if it is another."""
    return IndexBody.of(service.engine.generation, service.reindexer.build, service.settings.encoder)


@router.post("/index/build", status_code=status.HTTP_202_ACCEPTED)
async def build_index(service: ServiceDependency, caller: CallerDependency, request: BuildRequest) -> IndexBody:
    """Starts to build a new index from the stored documents, beside the active one.

    Its encoder must be one that the settings allow.
    """
    if request.encoder_model is not None:
        check_allowed(request.encoder_model, service.settings)
    chosen = {"backend": request.encoder_backend, "model": request.encoder_model}
    update = {name: value for name, value in chosen.items() if value is not None}
    encoder = service.settings.encoder.model_copy(update=update)
    questions = [question.to_value(caller.tenant) for question in request.questions]
    build = await service.reindexer.begin(encoder, service.engine, questions)
    return IndexBody.of(service.engine.generation, build, service.settings.encoder)


@router.delete("/index/build", status_code=status.HTTP_204_NO_CONTENT)
async def discard_build(service: ServiceDependency) -> None:
    """Stops the build of a new index, or discards the one that is ready."""
    await service.reindexer.discard()


@router.post("/index/switch")
async def switch_index(service: ServiceDependency) -> IndexBody:
    """Switches to the new index. Questions that have begun end with the old one; none is refused."""
    active = await service.switch_index()
    return IndexBody.of(active, service.reindexer.build, service.settings.encoder)


@router.get("/reparse")
def get_reparse(service: ServiceDependency, caller: CallerDependency, collection: str | None = None) -> ReparseBody:
    """Counts the documents that an older parser read, in one collection or in all, and those being read again."""
    if collection is not None:
        refuse_unknown(service, caller, collection)
    return ReparseBody.model_validate(service.storage.rereads.state(caller.tenant, collection))


@router.post("/reparse", status_code=status.HTTP_202_ACCEPTED)
async def reparse(service: ServiceDependency, caller: CallerDependency, collection: str | None = None) -> ReparseBody:
    """Queues the originals of all documents that an older parser read to be read again, after all other jobs.

    What reads differently becomes a new version, in one step; the version before it is kept, so that citations of it
    stay true. A document whose file is refused now keeps the version it has. A second call adds nothing.
    """
    if collection is not None:
        refuse_unknown(service, caller, collection)
    await run_in_writer_thread(service.storage.rereads.queue, caller.tenant, collection)
    service.wake_worker()
    return await run_in_writer_thread(get_reparse, service, caller, collection)


class BackupResponse(Response):
    """Takes a snapshot, streams it as a compressed tar file, and removes it however the request ends."""

    def __init__(self, service: Service) -> None:
        super().__init__(media_type="application/gzip")
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the backup; a failure before the first byte is answered as any other."""

        async def send_soon(message: Message) -> None:
            # What is deleted while a client stalls would stay in the snapshot.
            async with asyncio.timeout(_LONGEST_STALL_SECONDS):
                await send(message)

        # The snapshot is taken here, not in the route: a generator that no one begins to read would not clean it up.
        async with snapshot(self._service) as folder:
            response = StreamingResponse(pack_snapshot(folder), media_type=self.media_type, headers=_BACKUP_HEADERS)
            try:
                await response(scope, receive, send_soon)
            except TimeoutError:
                _LOG.warning("a backup was broken off: its client has not read for a minute")
