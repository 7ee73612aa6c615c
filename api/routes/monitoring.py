"""Metrics for Prometheus, and the usage of tokens and money."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BeforeValidator

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, run_in_thread
from api.schemas.usage import UsageReportBody
from rag.catalog.usage import UsageKey
from rag.errors import WrongPeriodError

router = APIRouter(tags=["monitoring"])
_DAYS_SHOWN = 30
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _in_full(day: object) -> object:
    """Refuses numbers, which pydantic would read as seconds since 1970."""
    if isinstance(day, str) and not _DAY.fullmatch(day):
        raise ValueError(day)
    return day


Day = Annotated[date, BeforeValidator(_in_full)]


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, accept: Annotated[str, Header()] = "") -> Response:
    """Returns the metrics in Prometheus' text format, or as OpenMetrics."""
    content, media_type = await run_in_thread(request.app.state.metrics.render, accept)
    return Response(content, media_type=media_type)


@router.get("/v1/usage")
async def usage(
    service: ServiceDependency,
    caller: CallerDependency,
    first: Annotated[Day | None, Query(alias="from", description="First day, UTC; by default 30 days ago")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, included; by default today")] = None,
    by: UsageKey = UsageKey.DAY,
) -> UsageReportBody:
    """Sums the tokens and costs of answers, by day, model or tenant.

    `GET /v1/usage?from=2026-11-01&to=2026-11-30&by=model`
    """
    last = last or datetime.now(UTC).date()
    first = first or last - timedelta(days=_DAYS_SHOWN - 1)
    if first > last:
        raise WrongPeriodError(first, last)
    sums = await run_in_thread(service.storage.usage.sums, by, first=first, last=last, tenant=caller.tenant)
    return UsageReportBody.of(sums, by=by, first=first, last=last)
