"""The questions of evaluations: kept under a name, and drafted from a collection."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.dependencies import ServiceDependency, known_scope
from api.routes.evaluations import EvaluationsDependency
from api.schemas.evaluations import (
    DatasetBody,
    DatasetList,
    DatasetQuestions,
    DraftBody,
    DraftRequest,
    StoreRequest,
)

router = APIRouter(prefix="/v1/evals", tags=["evaluations"])


@router.get("/datasets")
def list_datasets(evaluations: EvaluationsDependency) -> DatasetList:
    """Lists the datasets that can be asked, each with its count of questions."""
    counts = evaluations.datasets.datasets()
    return DatasetList(datasets=[DatasetBody(name=name, questions=count) for name, count in counts.items()])


@router.get("/datasets/{name}")
def get_dataset(evaluations: EvaluationsDependency, name: str) -> DatasetQuestions:
    """Shows the questions of a dataset."""
    return DatasetQuestions(name=name, questions=evaluations.datasets.dataset(name))


@router.put("/datasets/{name}")
def store_dataset(evaluations: EvaluationsDependency, name: str, request: StoreRequest) -> DatasetBody:
    """Keeps questions under a name; the tag `draft` becomes `accepted`, for whoever keeps them has read them."""
    count = evaluations.datasets.store(name, request.questions, replace=request.replace)
    return DatasetBody(name=name, questions=count)


@router.post("/drafts")
async def draft_questions(
    service: ServiceDependency, evaluations: EvaluationsDependency, request: DraftRequest
) -> DraftBody:
    """Drafts questions from a collection; nothing is kept. With a model server it takes a call for each."""
    scope = await asyncio.to_thread(known_scope, service, request.collection)
    questions, dropped = await evaluations.datasets.draft(scope, request.questions)
    return DraftBody(questions=questions, dropped=dropped)
