"""Show why a passage was found or not, a passage with its neighbours, and the outline of a document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, VersionChoice, run_in_thread
from api.library.selection import question_of
from api.read_version import ReadVersion
from api.schemas.answers import ReceiptBody
from api.schemas.base import Response
from api.schemas.documents import PassageBody
from api.schemas.requests import SearchRequest
from rag.answering.explanation import Cut, Cuts, PassagePlace
from rag.catalog.access.reach import readable
from rag.errors import UnknownPassageError
from rag.types import ElementKind, chunk_id_of

router = APIRouter(prefix="/v1", tags=["documents"])

_MOST_EXPLAINED = 20
_MOST_HEADINGS = 5_000
_REASONS = {
    None: "It was found at place {rank}.",
    "filter": "The filter leaves out this document.",
    "not_ready": "The document has no version that can be found, or is in another collection.",
    Cut.RETRIEVAL: "Neither the search by meaning nor that by words has it among the first {candidates} passages.",
    Cut.DUPLICATE: "Another passage that says the same, or passages of other documents, took its place.",
    Cut.LIMIT: "It was a candidate, and others were better: the first {limit} are returned.",
}


class ExplainRequest(SearchRequest):
    """A search, and the document or the passage that it is to be explained for."""

    document_id: str = Field(max_length=64)
    chunk_id: str | None = Field(default=None, max_length=64, description="One passage, in place of the best twenty.")


class RankBody(Response):
    """A rank, from 1, and the score there."""

    rank: int
    score: float


class ExplainedPassage(Response):
    """A passage with its place after each step; null where a step did not get it."""

    chunk_id: str
    ordinal: int
    page: int | None
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str
    dense: RankBody | None = Field(description="Among 1,000 passages of the search by meaning.")
    bm25: RankBody | None = Field(description="Among 1,000 passages of the search by words.")
    fused: RankBody | None
    rerank: RankBody | None
    rank: int | None = Field(description="The final one; null where it was not found.")
    cut: str | None = Field(description="The step after which it was left out: `retrieval`, `duplicate` or `limit`.")
    reason: str


class CutsBody(Response):
    """How many passages the steps keep."""

    candidates: int
    reranked: int
    limit: int


class ExplanationBody(Response):
    """How the passages of a document fared in a search. Without any, `reason` says why."""

    query: str
    found: bool
    reason: str
    cuts: CutsBody
    passages: list[ExplainedPassage]
    receipt: ReceiptBody


class NeighboursBody(Response):
    """A passage with those before and after it, in the order of the text."""

    passage: PassageBody
    before: list[PassageBody]
    after: list[PassageBody]


class HeadingBody(Response):
    """A heading; the outermost has level 0."""

    text: str
    level: int
    page: int | None
    start: int
    end: int


class OutlineBody(Response):
    """The headings of a version, and what was said when it was read."""

    document_id: str
    version_id: str
    headings: list[HeadingBody]
    warnings: tuple[str, ...]


@router.post("/search/explain")
async def explain_search(
    service: ServiceDependency, caller: CallerDependency, request: ExplainRequest
) -> ExplanationBody:
    """Searches, and says of the passages of a document why they were found, or after which step they were left out."""
    question = await run_in_thread(
        question_of, service, caller, text=request.query, collection=request.collection, chosen=request.filter
    )
    document = await run_in_thread(
        service.storage.catalog.document, caller.tenant, request.document_id, *readable(caller)
    )
    explained = await service.engine.pipeline.explain(question, document.document_id, limit=request.limit)
    places = explained.passages
    if request.chunk_id is not None:
        places = tuple(place for place in places if place.chunk.chunk_id == request.chunk_id)
    types = question.filter.media_types
    is_left_out = not question.filter.allows(document.document_id) or bool(types and document.media_type not in types)
    found = any(place.rank is not None for place in places)
    if is_left_out:
        reason, places = _REASONS["filter"], ()
    elif not places:
        reason = _REASONS["not_ready"]
    else:
        reason = _reason(places[0], explained.cuts)
    return ExplanationBody(
        query=request.query,
        found=found and not is_left_out,
        reason=reason,
        cuts=CutsBody.model_validate(explained.cuts),
        passages=[_explained(place, explained.cuts) for place in places[:_MOST_EXPLAINED]],
        receipt=ReceiptBody.model_validate(explained.receipt),
    )


@router.get("/documents/{document_id}/passages/{chunk_id}")
def get_passage(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    chunk_id: str,
    version_id: VersionChoice = None,
    around: Annotated[int, Query(ge=0, le=20, description="Passages before it, and after it.")] = 2,
) -> NeighboursBody:
    """Returns a passage with its neighbours."""
    found = ReadVersion(service, caller, document_id, version_id)
    extracted, chunks = found.text
    of_version = found.version.version_id
    at = next((number for number in range(len(chunks)) if chunk_id_of(of_version, number) == chunk_id), None)
    if at is None:
        raise UnknownPassageError(chunk_id)
    first = max(0, at - around)
    bodies = [
        PassageBody.of(of_version, number, chunk, extracted.text)
        for number, chunk in enumerate(chunks[first : at + around + 1], start=first)
    ]
    return NeighboursBody(passage=bodies[at - first], before=bodies[: at - first], after=bodies[at - first + 1 :])


@router.get("/documents/{document_id}/outline")
def get_outline(
    service: ServiceDependency, caller: CallerDependency, document_id: str, version_id: VersionChoice = None
) -> OutlineBody:
    """Returns the headings of a version, 5,000 at most, and the warnings of the one that answers."""
    found = ReadVersion(service, caller, document_id, version_id)
    extracted, _ = found.text
    headings = [each for each in extracted.elements if each.kind is ElementKind.HEADING][:_MOST_HEADINGS]
    return OutlineBody(
        document_id=document_id,
        version_id=found.version.version_id,
        headings=[
            HeadingBody(
                text=" ".join(extracted.text[each.span.start : each.span.end].split()),
                level=len(each.heading_path),
                page=each.page,
                start=each.span.start,
                end=each.span.end,
            )
            for each in headings
        ],
        warnings=extracted.warnings,
    )


def _explained(place: PassagePlace, cuts: Cuts) -> ExplainedPassage:
    chunk = place.chunk
    return ExplainedPassage.model_validate(
        {
            "chunk_id": chunk.chunk_id,
            "ordinal": chunk.ordinal,
            "page": chunk.page,
            "heading_path": chunk.heading_path,
            "start": chunk.span.start,
            "end": chunk.span.end,
            "text": chunk.text,
            "dense": place.dense,
            "bm25": place.bm25,
            "fused": place.fused,
            "rerank": place.reranked,
            "rank": place.rank,
            "cut": place.cut,
            "reason": _reason(place, cuts),
        }
    )


def _reason(place: PassagePlace, cuts: Cuts) -> str:
    return _REASONS[place.cut].format(rank=place.rank, candidates=cuts.candidates, limit=cuts.limit)
