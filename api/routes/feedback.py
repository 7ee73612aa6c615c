"""Thumbs up, thumbs down, and why."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ServiceDependency
from api.schemas.feedback import FeedbackBody, FeedbackList, FeedbackRequest
from rag.catalog.answer_log import Verdict
from rag.errors import FeedbackOffError

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])


@router.post("")
async def give_feedback(service: ServiceDependency, request: FeedbackRequest) -> FeedbackBody:
    """Notes what somebody thinks of an answer; said again, it takes the place of what was said before."""
    if not service.settings.feedback.keep_days:
        raise FeedbackOffError
    await service.answer_writer.flush()  # the answer may have gone out a moment ago
    judge = service.storage.answers.judge
    tenant = service.settings.tenant
    return FeedbackBody.of(await asyncio.to_thread(judge, tenant, request.answer_id, request.to_value()))


@router.get("")
def list_feedback(
    service: ServiceDependency,
    verdict: Verdict | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> FeedbackList:
    """Lists what was said of answers that are still remembered, the last said first."""
    judged = service.storage.answers.judged(service.settings.tenant, verdict=verdict, limit=limit, offset=offset)
    return FeedbackList(feedback=[FeedbackBody.of(each) for each in judged])
