"""The audit trail: read, exported, verified, and a person's text erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError

from api.access.notes import note
from api.caller import Caller, CallerDependency
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from api.openapi import files_of
from api.schemas.paging import Cursor, Limit, Pages
from api.trail.export import TrailForm, json_lines
from api.trail.schemas import ErasedTexts, TrailEvent, TrailPage, TrailVerification
from rag.access.roles import Right
from rag.catalog.trail.chain import EventOutcome, TrailRow
from rag.catalog.trail.trail import TrailFilter
from rag.errors import ForbiddenError, WrongFieldError


def _written_out(given: object) -> object:
    """Refuses a number, which pydantic would take for seconds since 1970."""
    if isinstance(given, str) and given.replace(".", "", 1).lstrip("+-").isdecimal():
        raise PydanticKnownError("datetime_parsing", {"error": "a number is no time"})
    return given


router = APIRouter(prefix="/v1/audit", tags=["audit"])

JSON_LINES = "application/jsonl"

Moment = Annotated[datetime, BeforeValidator(_written_out)]


def trail_filter(
    caller: CallerDependency,
    event: Annotated[str, Query(max_length=64, description="The beginning of an event, such as `document`.")] = "",
    outcome: EventOutcome | None = None,
    actor: Annotated[str | None, Query(max_length=32, description="The id of a user.")] = None,
    target: Annotated[str, Query(max_length=64, description="An id, such as that of a document.")] = "",
    since: Annotated[Moment | None, Query(description="The first moment.")] = None,
    until: Annotated[Moment | None, Query(description="The moment after the last one.")] = None,
    tenant: Annotated[str | None, Query(max_length=64, description="A tenant, for operators.")] = None,
) -> TrailFilter:
    """Returns what is asked for, within what the caller may read: owners their tenant, operators all.

    Raises:
        ForbiddenError: the caller is neither, or names another tenant.
        WrongFieldError: a time does not exist in UTC.
    """
    if Right.OPERATE not in caller.rights:
        if Right.MANAGE not in caller.rights:
            raise ForbiddenError(Right.MANAGE)
        if tenant not in {None, caller.tenant}:
            raise ForbiddenError(Right.OPERATE)
        tenant = caller.tenant
    return TrailFilter(
        tenant=tenant,
        actor_id=actor,
        event=event,
        outcome=outcome,
        target=target,
        since=_naive("since", since),
        until=_naive("until", until),
    )


Chosen = Annotated[TrailFilter, Depends(trail_filter)]


@router.get("")
async def list_audit_events(
    service: ServiceDependency, caller: CallerDependency, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None
) -> TrailPage:
    """Lists what was done and tried, the newest first. An owner reads the events of the tenant, an operator all."""
    pages = Pages("audit", str(chosen))
    before = pages.number(cursor) or None
    await service.trail_writer.flush()
    rows = await run_in_thread(service.storage.trail.page, chosen, before=before, limit=limit + 1)
    shown, next_cursor = pages.cut(rows, limit, lambda row: (str(row.number),))
    return TrailPage(events=[TrailEvent.of(_shown(row, caller)) for row in shown], next_cursor=next_cursor)


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": files_of([JSON_LINES])}})
async def export_audit_events(
    service: ServiceDependency, caller: CallerDependency, chosen: Chosen, form: TrailForm = TrailForm.JSONL
) -> StreamingResponse:
    """Streams events as lines of JSON, the oldest first: as they are listed, or in OCSF's form."""
    note(details={"form": form})
    await service.trail_writer.flush()
    rows = (_shown(row, caller) for row in service.storage.trail.all(chosen))
    headers = {"Content-Disposition": f'attachment; filename="audit-{form}.jsonl"', "Cache-Control": "no-store"}
    return StreamingResponse(json_lines(rows, form), media_type=JSON_LINES, headers=headers)


@router.post("/verify")
async def verify_audit_trail(service: ServiceDependency) -> TrailVerification:
    """Compares all rows, texts, anchors and the file of anchors, and names what was edited, deleted or exchanged."""
    await service.trail_writer.flush()
    return TrailVerification.model_validate(await run_in_thread(service.storage.trail.verify))


@router.delete("/texts")
async def erase_audit_texts(
    service: ServiceDependency,
    caller: CallerDependency,
    user: Annotated[str, Query(min_length=1, max_length=32, description="The id of a user.")],
) -> ErasedTexts:
    """Erases names, addresses and questions from the events of a user, in the caller's tenant. The chain holds."""
    note(targets={"user": user})
    await service.trail_writer.flush()
    erase = service.storage.trail.erase
    return ErasedTexts(erased=await run_in_writer_thread(erase, user_id=user, tenant=caller.tenant))


def _shown(row: TrailRow, caller: Caller) -> TrailRow:
    """Returns a row without its text where the caller does not manage the tenant."""
    owns = Right.MANAGE in caller.rights and row.tenant in {caller.tenant, ""}
    return row if owns else replace(row, text={})


def _naive(name: str, moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise WrongFieldError(name, "is no time that a calendar has in UTC") from error
