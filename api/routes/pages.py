"""The pages for people: chat, documents, proofs, evaluations and drafts, a run's report, and the API reference."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse

from api.caller import CallerDependency
from api.dependencies import EvaluationsDependency, ServiceDependency, refuse_unknown_parameters, run_in_thread
from api.middleware.hosts_and_bodies import PAGE_POLICY
from api.proof.routes import proof_of
from rag.errors import NotFoundError

router = APIRouter(include_in_schema=False)

PAGE_FOLDER = Path(__file__).parents[1] / "page"
_HEADERS = {"Content-Security-Policy": PAGE_POLICY}
# A report holds its own styles; what it quotes from documents and answers must never run.
_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@router.get("/")
async def chat_page() -> FileResponse:
    return FileResponse(PAGE_FOLDER / "chat" / "index.html", headers=_HEADERS)


@router.get("/documents")
async def documents_page() -> FileResponse:
    return FileResponse(PAGE_FOLDER / "library" / "documents.html", headers=_HEADERS)


@router.get("/documents/{document_id}")  # noqa: FAST003 - the page reads it from the address
async def document_page() -> FileResponse:
    """Shows one document. The page itself asks for it, and says if it is not there."""
    return FileResponse(PAGE_FOLDER / "document" / "document.html", headers=_HEADERS)


@router.get("/shared/{token}")  # noqa: FAST003 - the page reads it from the address
async def shared_page() -> FileResponse:
    """Shows a shared conversation."""
    return FileResponse(PAGE_FOLDER / "conversations" / "shared.html", headers=_HEADERS)


@router.get("/docs")
async def docs_page() -> FileResponse:
    """Shows the API reference: Swagger UI, from files that come with the service."""
    return FileResponse(PAGE_FOLDER / "docs" / "docs.html", headers=_HEADERS)


@router.get("/proof/{answer}/{sentence}")
async def proof_page(service: ServiceDependency, caller: CallerDependency, answer: str, sentence: str) -> FileResponse:
    """Shows what a sentence of an answer rests on. The page itself asks for it, and says why it is not there."""
    await service.answer_writer.flush()
    try:
        await run_in_thread(proof_of, service, caller, answer, int(sentence) if sentence.isdecimal() else 0)
        status = HTTPStatus.OK
    except NotFoundError:
        status = HTTPStatus.NOT_FOUND
    return FileResponse(PAGE_FOLDER / "proof" / "proof.html", status_code=status, headers=_HEADERS)


@router.get("/evals")
async def runs_page() -> FileResponse:
    return FileResponse(PAGE_FOLDER / "evals" / "evals.html", headers=_HEADERS)


@router.get("/evals/drafts")
async def drafts_page() -> FileResponse:
    return FileResponse(PAGE_FOLDER / "evals" / "drafts.html", headers=_HEADERS)


@router.get("/evals/{run_id}", dependencies=[Depends(refuse_unknown_parameters)])
async def report_page(
    evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str, against: str | None = None
) -> HTMLResponse:
    """Shows the report on a run, or on what it changed ``against`` an earlier one."""
    report = await run_in_thread(evaluations.runs.report, caller.tenant, run_id, against)
    return HTMLResponse(report, headers={"Content-Security-Policy": _REPORT_POLICY})
