"""A chunk as the payload of a point, the same for every Qdrant."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from rag.retrieval.qdrant.text_analysis import number_terms
from rag.types import Chunk, Scope, Span, context_prefix

TEXT = "text"
SCOPE = "scope"
DOCUMENT_ID = "document_id"
VERSION_ID = "version_id"
MEDIA_TYPE = "media_type"
KEYWORDS = (SCOPE, DOCUMENT_ID, VERSION_ID, MEDIA_TYPE)
"""Fields that calls filter by; every call filters by the scope."""

_POINT_NAMESPACE = uuid.UUID("6f0f3a3c-52f4-5d0b-9f4c-9a7d1f0f7b11")


def scope_key(scope: Scope) -> str:
    """Returns tenant and collection as one keyword: a filter on one field costs half of a filter on two."""
    return json.dumps([scope.tenant, scope.collection], ensure_ascii=False)


def scope_of_key(key: str) -> Scope:
    """Returns the scope that ``scope_key`` made a keyword of."""
    tenant, collection = json.loads(key)
    return Scope(tenant=tenant, collection=collection)


def point_id(scope: Scope, chunk_id: str) -> str:
    """Returns the point's id: the scope is part of it, so no tenant can overwrite another's chunk."""
    return str(uuid.uuid5(_POINT_NAMESPACE, f"{scope_key(scope)}{chunk_id}"))


def to_payload(scope: Scope, chunk: Chunk) -> dict[str, Any]:
    """Returns what is stored beside the vector.

    ``text`` is what BM25 sees; the chunk's own text is its tail, after ``prefix_length`` characters.
    """
    prefix = number_terms(chunk.indexed_text) + context_prefix(chunk.title, chunk.heading_path)
    return {
        SCOPE: scope_key(scope),
        DOCUMENT_ID: chunk.document_id,
        VERSION_ID: chunk.version_id,
        MEDIA_TYPE: chunk.media_type,
        TEXT: prefix + chunk.text,
        "prefix_length": len(prefix),
        "chunk_id": chunk.chunk_id,
        "ordinal": chunk.ordinal,
        "name": chunk.name,
        "title": chunk.title,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "start": chunk.span.start,
        "end": chunk.span.end,
    }


def to_chunk(payload: Mapping[str, Any]) -> Chunk:
    """Returns the chunk that ``to_payload`` stored.

    Raises:
        KeyError: the payload was not written by ``to_payload``.
    """
    return Chunk(
        chunk_id=payload["chunk_id"],
        document_id=payload[DOCUMENT_ID],
        version_id=payload[VERSION_ID],
        ordinal=payload["ordinal"],
        name=payload["name"],
        title=payload["title"],
        media_type=payload[MEDIA_TYPE],
        heading_path=tuple(payload["heading_path"]),
        page=payload["page"],
        span=Span(start=payload["start"], end=payload["end"]),
        text=payload[TEXT][payload["prefix_length"] :],
    )


def query_text(text: str) -> str:
    """Returns a question as it is put to BM25, which sees the same terms in it as in a stored text."""
    return number_terms(text) + text
