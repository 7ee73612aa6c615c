"""The pages for people: chat, documents, proofs, evaluations, models, users, logins, and the API reference."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse

from api.caller import CallerDependency, get_caller
from api.dependencies import EvaluationsDependency, ServiceDependency, refuse_unknown_parameters, run_in_thread
from api.proof.routes import proof_of
from api.views.words import language_of, page_response
from rag.errors import LoginRequiredError, NotFoundError

router = APIRouter(include_in_schema=False)
open_router = APIRouter(include_in_schema=False)
"""Of the pages that need no login."""

PAGE_FOLDER = Path(__file__).parents[1] / "page"


async def log_in_first(request: Request) -> None:
    """Leads a browser that is not logged in to the login page, and from there back.

    Raises:
        HTTPException: with the address of the login page.
    """
    try:
        await get_caller(request)
    except LoginRequiredError as error:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = {"Location": f"/login?to={quote(wanted, safe='')}"}
        raise HTTPException(HTTPStatus.SEE_OTHER, headers=where) from error


@open_router.get("/login")
async def login_page(service: ServiceDependency, request: Request) -> HTMLResponse:
    oidc = service.settings.security.oidc
    label = oidc.label or urlsplit(oidc.issuer).netloc
    parts = {"oidc": escape(label if oidc.issuer else "")}
    return page_response(PAGE_FOLDER / "people" / "login.html", request, parts=parts)


@open_router.get("/invitation")
async def invitation_page(request: Request) -> HTMLResponse:
    """Lets the user of a link choose a password. The token is behind ``#``, and does not reach this route."""
    return page_response(PAGE_FOLDER / "people" / "invitation.html", request)


@router.get("/account")
async def account_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "people" / "account.html", request)


@router.get("/users")
async def users_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "people" / "users.html", request)


@router.get("/")
async def chat_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "chat" / "index.html", request)


@router.get("/documents")
async def documents_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "library" / "documents.html", request)


@router.get("/documents/{document_id}")  # noqa: FAST003 - the page reads it from the address
async def document_page(request: Request) -> HTMLResponse:
    """Shows one document. The page itself asks for it, and says if it is not there."""
    return page_response(PAGE_FOLDER / "document" / "document.html", request)


@router.get("/shared/{token}")  # noqa: FAST003 - the page reads it from the address
async def shared_page(request: Request) -> HTMLResponse:
    """Shows a shared conversation."""
    return page_response(PAGE_FOLDER / "conversations" / "shared.html", request)


@router.get("/docs")
async def docs_page(request: Request) -> HTMLResponse:
    """Shows the API reference: Swagger UI, from files that come with the service."""
    return page_response(PAGE_FOLDER / "docs" / "docs.html", request)


@router.get("/proof/{answer}/{sentence}")
async def proof_page(
    service: ServiceDependency, caller: CallerDependency, request: Request, answer: str, sentence: str
) -> HTMLResponse:
    """Shows what a sentence of an answer rests on. The page itself asks for it, and says why it is not there."""
    await service.answer_writer.flush()
    try:
        await run_in_thread(proof_of, service, caller, answer, int(sentence) if sentence.isdecimal() else 0)
        status = HTTPStatus.OK
    except NotFoundError:
        status = HTTPStatus.NOT_FOUND
    return page_response(PAGE_FOLDER / "proof" / "proof.html", request, status=status)


@router.get("/models")
async def models_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "models" / "models.html", request)


@router.get("/audit")
async def audit_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "audit" / "audit.html", request)


@router.get("/evals")
async def runs_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "evals" / "evals.html", request)


@router.get("/evals/drafts")
async def drafts_page(request: Request) -> HTMLResponse:
    return page_response(PAGE_FOLDER / "evals" / "drafts.html", request)


@router.get("/page/evals/report.css")
def report_style() -> FileResponse:
    """Returns the style of a report, which is that of the file that the command line writes, too."""
    from evals.reports.html import STYLE  # noqa: PLC0415 - the command line need not load it

    return FileResponse(STYLE, media_type="text/css", headers={"Cache-Control": "no-cache"})


@router.get("/evals/{run_id}", dependencies=[Depends(refuse_unknown_parameters)])
async def report_page(
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    request: Request,
    run_id: str,
    against: str | None = None,
) -> HTMLResponse:
    """Shows the report on a run, or on what it changed ``against`` an earlier one."""
    language = language_of(request)
    status = HTTPStatus.OK
    try:
        report = await run_in_thread(evaluations.runs.report, caller, run_id, against, language)
    except NotFoundError:
        report, status = evaluations.runs.no_report(language), HTTPStatus.NOT_FOUND
    parts = {"report_title": escape(f"{report.title} – Citewell"), "report": report.body}
    return page_response(PAGE_FOLDER / "evals" / "report.html", request, status=status, parts=parts)
