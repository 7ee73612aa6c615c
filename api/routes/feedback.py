"""Thumbs up, thumbs down, and why."""

from __future__ import annotations

from fastapi import APIRouter

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, run_in_thread
from api.schemas.feedback import FeedbackBody, FeedbackList, FeedbackRequest
from api.schemas.paging import Cursor, Limit, Pages
from rag.catalog.answers import Verdict
from rag.errors import FeedbackOffError

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])


@router.post("")
async def give_feedback(service: ServiceDependency, caller: CallerDependency, request: FeedbackRequest) -> FeedbackBody:
    """Notes what somebody thinks of an answer; said again, it takes the place of what was said before."""
    if not service.settings.feedback.keep_days:
        raise FeedbackOffError
    await service.answer_writer.flush()  # the answer may have gone out a moment ago
    judge = service.storage.answers.judge
    return FeedbackBody.model_validate(await run_in_thread(judge, caller.tenant, request.answer_id, request.to_value()))


@router.get("")
def list_feedback(
    service: ServiceDependency,
    caller: CallerDependency,
    verdict: Verdict | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> FeedbackList:
    """Lists what was said of answers that are still remembered, the last said first."""
    pages = Pages("feedback", verdict)
    judged = service.storage.answers.judged(caller.tenant, verdict=verdict, after=pages.moment(cursor), limit=limit + 1)
    bodies, next_cursor = pages.cut(
        [FeedbackBody.model_validate(each) for each in judged],
        limit,
        lambda body: (body.given_at.isoformat(), body.request_id),
    )
    return FeedbackList(feedback=list(bodies), next_cursor=next_cursor)
