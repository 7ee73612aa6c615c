"""A corpus with questions and the passages that answer them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.types import Chunk, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """What retrieval is measured on.

    ``judgements`` give the relevance of each relevant document by question; a document is found with any of its chunks.
    ``answers`` are what a right passage says, where the set tells.
    """

    name: str
    corpus: tuple[Chunk, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def whole_document(document_id: str, *, title: str, text: str) -> Chunk:
    """Returns a document that is one passage."""
    return Chunk(
        chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, document_id)),
        document_id=document_id,
        version_id=document_id,
        ordinal=0,
        name=document_id,
        title=title,
        media_type="text/plain",
        heading_path=(),
        page=None,
        span=Span(start=0, end=len(text)),
        text=text,
    )
