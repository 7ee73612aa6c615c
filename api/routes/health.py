"""Liveness and readiness."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import ServiceDependency, run_in_thread
from rag.errors import IndexUnavailableError

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process is alive."""

    status: str = "ok"


class Readiness(BaseModel):
    """The parts work; ``waiting_jobs`` is the number of jobs that have not ended, null where users log in."""

    status: str = "ready"
    index: str
    waiting_jobs: int | None


@router.get("/healthz")
async def healthz() -> Health:
    """Answers while the event loop runs."""
    return Health()


@router.get("/readyz")
async def readyz(service: ServiceDependency) -> Readiness:
    """Checks catalogue, index and worker; a 503 names the one that does not work."""
    await service.index.ping()
    if service.has_stopped_working:
        raise IndexUnavailableError("ingestion worker", "it has stopped; its last words are in the log")
    # Those of other tenants are not for everyone; the metrics tell operators.
    waiting = None if service.settings.security.logins else await run_in_thread(service.storage.board.unfinished)
    return Readiness(index=service.index.name, waiting_jobs=waiting)
