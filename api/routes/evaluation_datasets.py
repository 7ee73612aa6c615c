"""Store and list the questions of evaluations, and draft them from a collection."""

from __future__ import annotations

from fastapi import APIRouter

from api.caller import CallerDependency
from api.dependencies import EvaluationsDependency, ServiceDependency, known_scope, run_in_thread
from api.library.selection import search_filter
from api.schemas.evaluations import (
    DatasetBody,
    DatasetList,
    DatasetQuestions,
    DraftBody,
    DraftRequest,
    StoreRequest,
)
from rag.fields.filters import DocumentFilter

router = APIRouter(prefix="/v1/evals", tags=["evaluations"])


@router.get("/datasets")
def list_datasets(evaluations: EvaluationsDependency, caller: CallerDependency) -> DatasetList:
    """Lists the datasets, each with its count of questions."""
    counts = evaluations.datasets.datasets(caller)
    return DatasetList(datasets=[DatasetBody(name=name, questions=count) for name, count in counts.items()])


@router.get("/datasets/{name}")
def get_dataset(evaluations: EvaluationsDependency, caller: CallerDependency, name: str) -> DatasetQuestions:
    """Returns the questions of a dataset."""
    return DatasetQuestions(name=name, questions=evaluations.datasets.dataset(caller, name))


@router.put("/datasets/{name}")
def store_dataset(
    service: ServiceDependency,
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    name: str,
    request: StoreRequest,
) -> DatasetBody:
    """Stores questions under a name; the tag `draft` becomes `accepted`, as a person has read them."""
    if request.collection is not None:
        known_scope(service, caller, request.collection)
    store = evaluations.datasets.store
    count = store(caller, name, request.questions, replace=request.replace, collection=request.collection)
    return DatasetBody(name=name, questions=count)


@router.post("/drafts")
async def draft_questions(
    service: ServiceDependency, evaluations: EvaluationsDependency, caller: CallerDependency, request: DraftRequest
) -> DraftBody:
    """Drafts questions from a collection without storing them; with a model server, by one call for each."""
    scope = await run_in_thread(known_scope, service, caller, request.collection)
    document_ids = (await run_in_thread(search_filter, service, caller, scope, DocumentFilter())).document_ids
    return DraftBody.model_validate(await evaluations.datasets.draft(scope, request.questions, document_ids))
