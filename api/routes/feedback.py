"""Feedback on answers."""

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
    """Stores feedback on an answer, in place of earlier feedback on it."""
    if not service.settings.feedback.keep_days:
        raise FeedbackOffError
    await service.answer_writer.flush()  # the answer may not be stored yet
    judge = service.storage.answers.judge
    return FeedbackBody.model_validate(await run_in_thread(judge, caller, request.answer_id, request.to_value()))


@router.get("")
def list_feedback(
    service: ServiceDependency,
    caller: CallerDependency,
    verdict: Verdict | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> FeedbackList:
    """Lists the feedback on answers that are still stored, the latest first."""
    pages = Pages("feedback", verdict)
    judged = service.storage.answers.judged(caller.tenant, verdict=verdict, after=pages.moment(cursor), limit=limit + 1)
    bodies, next_cursor = pages.cut(
        [FeedbackBody.model_validate(each) for each in judged],
        limit,
        lambda body: (body.given_at.isoformat(), body.request_id),
    )
    return FeedbackList(feedback=list(bodies), next_cursor=next_cursor)
