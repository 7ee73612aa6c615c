"""Says which documents a request is about: the one place where filters, and what a caller may read, become ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import ValidationError

from api.access.notes import note
from api.caller import Caller
from api.dependencies import known_scope
from api.schemas.base import storable
from api.schemas.filters import Filter
from ingest.service import Service
from rag.answers import Question
from rag.catalog.access.reach import readable
from rag.catalog.database.records import VersionState
from rag.errors import WrongFieldError
from rag.fields.filters import DocumentFilter
from rag.text.validation_messages import words_for
from rag.types import Scope, SearchFilter

_LONGEST = 20_000


def search_filter(service: Service, caller: Caller, scope: Scope, chosen: DocumentFilter) -> SearchFilter:
    """Returns the filter of a search: ids, where only the catalogue knows which documents are meant.

    Raises:
        UnknownFieldError: the filter names a field that no document of the scope has.
    """
    conditions = readable(caller)
    # Ids are named only where there is something to leave out: a long list of them makes a search slower.
    if not service.storage.catalog.holds_hidden(scope, *conditions):
        conditions = ()
    if not chosen.asks_catalogue and not conditions:
        return SearchFilter(document_ids=chosen.document_ids, media_types=chosen.media_types)
    found = service.storage.selection.allowed(scope, chosen, *conditions)
    return SearchFilter(document_ids=found, is_whole=chosen == DocumentFilter())


def question_of(
    service: Service,
    caller: Caller,
    *,
    text: str,
    collection: str,
    chosen: Filter,
    search_query: str = "",
) -> Question:
    """Returns a question within its collection and filter, with what the collection has of its own.

    Raises:
        UnknownCollectionError: there is no such collection.
        InvalidRequestError: the filter is wrong.
    """
    kept = {"question": text} if service.settings.security.audit_questions else {}
    note(details={"collection": collection}, text=kept)
    scope = known_scope(service, caller, collection)
    return scoped_question(service, caller, text=text, scope=scope, chosen=chosen, search_query=search_query)


def scoped_question(
    service: Service, caller: Caller, *, text: str, scope: Scope, chosen: Filter | None = None, search_query: str = ""
) -> Question:
    """Returns the question for a scope that exists.

    Raises:
        InvalidRequestError: the filter is wrong.
    """
    return Question(
        text=text,
        scope=scope,
        filter=search_filter(service, caller, scope, (chosen or Filter()).to_value()),
        search_query=search_query,
        tuning=service.storage.collections.tuning(scope, caller),
        asker=caller,
    )


def narrowed(service: Service, caller: Caller, question: Question) -> Question:
    """Returns a question that is answered from what the caller may read now."""
    allowed = search_filter(service, caller, question.scope, DocumentFilter())
    return replace(question, filter=allowed, asker=caller)


def filter_parameter(
    chosen: Annotated[
        str,
        Query(
            alias="filter",
            max_length=_LONGEST,
            description="A filter as searches have it, as JSON.",
            examples=['{"tags": {"any": ["contract"]}}'],
        ),
    ] = "",
    name: Annotated[str, Query(max_length=200, description="Text that the name or the title holds.")] = "",
    state: VersionState | None = None,
    kind: Annotated[str, Query(alias="type", max_length=100, description="An ending such as `pdf`.")] = "",
    tag: Annotated[str, Query(max_length=64)] = "",
) -> Filter:
    """Returns the filter of a list: that in JSON, with what the other parameters add to it.

    Raises:
        WrongFieldError: it is no filter.
    """
    found = read_filter(chosen)
    update = {
        "name": name or found.name,
        "states": [state] if state else found.states,
        "types": [kind] if kind else found.types,
        "tags": found.tags.model_copy(update={"all": [*found.tags.all, tag]}) if tag else found.tags,
    }
    return found.model_copy(update=update)


def read_filter(text: str) -> Filter:
    """Returns a filter that is written as JSON; an empty text narrows nothing.

    Raises:
        WrongFieldError: it is no filter.
    """
    if not text.strip():
        return Filter()
    try:
        return Filter.model_validate_json(storable(text))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(["filter", *(str(part) for part in fault["loc"])])
        raise WrongFieldError(place, words_for(fault)) from error
    except (ValueError, RecursionError) as error:
        raise WrongFieldError("filter", "must be a JSON object") from error
