"""Prove a sentence of an answer: what it rests on, and where that stands on the original page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.caller import Caller, CallerDependency
from api.dependencies import ServiceDependency, VersionChoice, run_in_thread
from api.proof.bodies import CitedCellBody, PagePlaceBody, PlaceBody, ProofBody, ProofCitationBody
from api.proof.originals import opening_of
from api.read_version import ReadVersion
from api.schemas.answers import CitationBody
from api.schemas.feedback import answer_id_of
from api.views.cited_cells import cited_cells
from api.views.highlight import line_boxes
from ingest.service import Service
from rag.answers import AnswerSentence, Citation
from rag.catalog.access.reach import readable
from rag.catalog.answers import AnswerRecord
from rag.errors import UnknownSentenceError
from rag.types import Span

router = APIRouter(prefix="/v1", tags=["proof"])

SentenceNumber = Annotated[int, Path(ge=1, description="Its place in the answer, from 1.")]


@router.get("/answers/{request_id}/proof/{sentence}")
async def get_proof(
    service: ServiceDependency, caller: CallerDependency, request_id: str, sentence: SentenceNumber
) -> ProofBody:
    """Returns a sentence of an answer with its citations, each with the state of its version today.

    An answer is kept for `feedback.keep_days`, one of a conversation as long as that, and none when a document that it
    was written from is deleted.
    """
    await service.answer_writer.flush()  # the answer may not be stored yet
    return await run_in_thread(proof_of, service, caller, request_id, sentence)


@router.get("/documents/{document_id}/place")
def get_place(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    version_id: VersionChoice = None,
    start: Annotated[int, Query(ge=0, description="Where the span begins in the extracted text.")] = 0,
    end: Annotated[int, Query(ge=0, description="Where it ends.")] = 0,
) -> PlaceBody:
    """Returns where a span of the extracted text stands: its page and, for PDF and images, the boxes of its lines."""
    found = ReadVersion(service, caller, document_id, version_id)
    span = Span(start=start, end=max(start, end))
    layouts = found.layouts(span) if found.has_image(1) else ()
    pages = [
        PagePlaceBody(page=layout.page, width=layout.width, height=layout.height, boxes=line_boxes(layout, span))
        for layout in layouts
    ]
    page = next((each.page for each in pages if each.boxes), found.parts.holding(start))
    has_images = found.has_image(page)
    cells = () if has_images or span.start == span.end else cited_cells(found.tables, found.text[0].text, span)
    return PlaceBody(
        document_id=document_id,
        version_id=found.version.version_id,
        version_number=found.version.number,
        is_active=found.version.is_active,
        name=found.document.name,
        title=found.version.title or found.document.name,
        media_type=found.version.media_type,
        opens_in_browser=opening_of(found.version.media_type) is not None,
        start=span.start,
        end=span.end,
        page=page,
        page_count=found.parts.count,
        has_images=has_images,
        cells=[CitedCellBody.model_validate(cell) for cell in cells],
        pages=pages,
    )


def proof_of(service: Service, caller: Caller, request_id: str, sentence: int) -> ProofBody:
    """Returns the proof of a sentence, counted from 1.

    Raises:
        UnknownAnswerError: the answer is not stored.
        RemovedAnswerError: it was removed with a document or a version.
        UnknownSentenceError: it has no such sentence.
        UnknownDocumentError: a document was deleted in this moment.
    """
    record = service.storage.answers.answer(caller, answer_id_of(request_id))
    count = len(record.sentences)
    if not 1 <= sentence <= count:
        raise UnknownSentenceError(sentence, count=count)
    return _body(service, caller, record, record.sentences[sentence - 1])


def _body(service: Service, caller: Caller, record: AnswerRecord, sentence: AnswerSentence) -> ProofBody:
    return ProofBody.model_validate(
        {
            "request_id": record.request_id,
            "collection": record.collection,
            "question": record.question,
            "asked_at": record.asked_at,
            "sentence": sentence.index + 1,
            "sentence_count": len(record.sentences),
            "text": sentence.text,
            "supported": sentence.supported,
            "facts": sentence.facts,
            "citations": [_citation(service, caller, each) for each in sentence.citations],
        }
    )


def _citation(service: Service, caller: Caller, citation: Citation) -> ProofCitationBody:
    catalog, conditions = service.storage.catalog, readable(caller)
    document = catalog.document(caller.tenant, citation.document_id, *conditions)
    version = catalog.version(caller.tenant, citation.document_id, citation.version_id, *conditions)
    return ProofCitationBody(
        **dict(CitationBody.model_validate(citation)),
        version_number=version.number,
        is_active=version.is_active,
        name=document.name,
        title=version.title or document.name,
    )
