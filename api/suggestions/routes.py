"""Suggest questions."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, known_scope, run_in_thread
from api.schemas.base import Response
from api.suggestions.suggestions import Suggestions

router = APIRouter(prefix="/v1", tags=["questions"])


class SuggestionBody(Response):
    """A question, and the document that answers it."""

    question: str
    document_id: str


class SuggestionList(Response):
    """Questions that the collection answers; fewer than three, or none, if few of its documents have headings."""

    suggestions: list[SuggestionBody]


def get_suggestions(request: Request) -> Suggestions:
    """Returns the suggestions of the service's collections."""
    return cast("Suggestions", request.app.state.suggestions)


@router.get("/collections/{name}/suggestions")
async def list_suggestions(
    service: ServiceDependency,
    caller: CallerDependency,
    suggestions: Annotated[Suggestions, Depends(get_suggestions)],
    name: str,
) -> SuggestionList:
    """Lists up to three questions that were asked and are answered from the section that they are about."""
    scope = await run_in_thread(known_scope, service, caller, name)
    found = await suggestions.of(caller, scope)
    return SuggestionList(suggestions=[SuggestionBody.model_validate(each) for each in found])
