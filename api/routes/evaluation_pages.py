"""The pages of evaluations: the runs, one run's report, and drafts."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse

from api.caller import CallerDependency
from api.dependencies import EvaluationsDependency, refuse_unknown_parameters, run_in_thread
from api.middleware.hosts_and_bodies import PAGE_POLICY

router = APIRouter(prefix="/evals", include_in_schema=False)

_PAGE = Path(__file__).parents[1] / "page" / "evals"
_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A report holds its own styles; what it quotes from documents and answers must never run."""


@router.get("")
async def runs_page() -> FileResponse:
    """Shows the runs, and starts one."""
    return FileResponse(_PAGE / "evals.html", headers={"Content-Security-Policy": PAGE_POLICY})


@router.get("/drafts")
async def drafts_page() -> FileResponse:
    """Makes drafts, and keeps those that a person accepts."""
    return FileResponse(_PAGE / "drafts.html", headers={"Content-Security-Policy": PAGE_POLICY})


@router.get("/{run_id}", dependencies=[Depends(refuse_unknown_parameters)])
async def report_page(
    evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str, against: str | None = None
) -> HTMLResponse:
    """Shows the report on a run, or on what it changed ``against`` an earlier one."""
    report = await run_in_thread(evaluations.runs.report, caller.tenant, run_id, against)
    return HTMLResponse(report, headers={"Content-Security-Policy": _REPORT_POLICY})
