"""Run evaluations: ask a dataset's questions of a collection, and read the results."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from api.caller import CallerDependency
from api.dependencies import EvaluationsDependency, ServiceDependency, known_scope, run_in_thread
from api.library.selection import narrowed
from api.schemas.evaluations import (
    CardBody,
    CoverageBody,
    CoverageRequest,
    EvaluationBody,
    EvaluationList,
    EvaluationRequest,
    QuestionRecordList,
    Record,
    RenameRequest,
)
from api.schemas.paging import Cursor, Limit, Pages

_INNER = {"tenant", "started_by", "typed"}

router = APIRouter(prefix="/v1/evals", tags=["evaluations"])


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": {"Location": {"description": "Address of the run.", "schema": {"type": "string"}}}}},
)
async def start_evaluation(
    service: ServiceDependency,
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    request: EvaluationRequest,
    response: Response,
) -> EvaluationBody:
    """Starts to ask questions of a collection, one at a time. A second run at the same time is refused with 409."""
    scope = await run_in_thread(known_scope, service, caller, request.collection)
    run = await evaluations.runs.start(
        caller,
        scope,
        dataset=request.dataset,
        questions=request.questions,
        limit=request.limit,
        name=request.name,
        narrowed=partial(narrowed, service, caller),
    )
    body = EvaluationBody.of(run)
    response.headers["Location"] = body.links.self
    return body


@router.get("")
def list_evaluations(
    evaluations: EvaluationsDependency, caller: CallerDependency, limit: Limit = 100, cursor: Cursor = None
) -> EvaluationList:
    """Lists runs, the newest first."""
    pages = Pages("evaluations")
    key = pages.start(cursor)
    runs = evaluations.runs.runs(caller, before=key[0] if key else None, limit=limit + 1)
    shown, next_cursor = pages.cut(runs, limit, lambda run: (run.run_id,))
    return EvaluationList(evaluations=[EvaluationBody.of(run) for run in shown], next_cursor=next_cursor)


@router.post("/coverage")
def check_coverage(
    service: ServiceDependency, evaluations: EvaluationsDependency, caller: CallerDependency, request: CoverageRequest
) -> CoverageBody:
    """Tells whether a collection has the documents that questions are about, before they are asked."""
    scope = known_scope(service, caller, request.collection)
    found = evaluations.runs.covered(caller, scope, dataset=request.dataset, questions=request.questions)
    return CoverageBody.model_validate(found)


@router.get("/{run_id}/card")
def get_card(evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str) -> CardBody:
    """Returns the card of a model that was tried: right, wrong, refused, unsupported, beside quotes."""
    return CardBody.model_validate(evaluations.runs.card(caller, run_id))


@router.put("/{run_id}/name")
def rename_evaluation(
    evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str, request: RenameRequest
) -> EvaluationBody:
    """Gives a run that has ended another name."""
    return EvaluationBody.of(evaluations.runs.rename(caller, run_id, request.name))


@router.get("/{run_id}")
def get_evaluation(evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str) -> EvaluationBody:
    """Returns a run with its progress and its figures."""
    return EvaluationBody.of(evaluations.runs.run(caller, run_id))


@router.get("/{run_id}/questions")
def list_question_records(
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    run_id: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> QuestionRecordList:
    """Lists the result of each question: answer, citations, rankings, scores."""
    records = evaluations.runs.questions(caller, run_id)
    return QuestionRecordList(total=len(records), questions=records[offset : offset + limit])


@router.post("/{run_id}/cancel", status_code=status.HTTP_202_ACCEPTED)
async def cancel_evaluation(
    evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str
) -> EvaluationBody:
    """Cancels a run; the questions asked so far are kept."""
    return EvaluationBody.of(await evaluations.runs.cancel(caller, run_id))


@router.get("/{run_id}/comparison", response_model_exclude={"before": _INNER, "after": _INNER})
def compare_evaluations(
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    run_id: str,
    against: Annotated[str, Query(description="The id of an earlier run of the same questions.")],
) -> Record:
    """Compares a run with an earlier one: differences with 95 % intervals, and questions with another result."""
    return evaluations.runs.comparison(caller, run_id, against)


@router.delete("/{run_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete_evaluation(evaluations: EvaluationsDependency, caller: CallerDependency, run_id: str) -> None:
    """Deletes a run that has ended, with its questions and answers."""
    evaluations.runs.delete(caller, run_id)
