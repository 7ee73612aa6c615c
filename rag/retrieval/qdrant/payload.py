"""The payload of a point and the text analysis for BM25, the same for every Qdrant backend."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from rag.text.folding import fold_forms
from rag.text.identifiers import index_terms, spellings
from rag.types import Chunk, EncodedChunk, Scope, SentenceVectors, Span, context_prefix

TEXT = "text"
SCOPE = "scope"
DOCUMENT_ID = "document_id"
VERSION_ID = "version_id"
MEDIA_TYPE = "media_type"
CHUNK_ID = "chunk_id"
SENTENCES = "sentences"
"""The vectors of sentences, which searches leave out: 400 to 600 bytes each, most of a payload."""
KEYWORDS = (SCOPE, DOCUMENT_ID, VERSION_ID, MEDIA_TYPE)
"""Fields that calls filter by; every call filters by ``SCOPE``."""

_POINT_NAMESPACE = uuid.UUID("6f0f3a3c-52f4-5d0b-9f4c-9a7d1f0f7b11")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


class TextTokenizer(Enum):
    """Splits a text into words; the values are Qdrant's names."""

    MULTILINGUAL = "multilingual"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnalysis:
    """Tokenizer, stemmer and stop words for indexed texts and queries; words are always lower-cased.

    The multilingual tokenizer finds words in scripts without spaces. The English stemmer leaves other scripts
    unchanged.
    """

    tokenizer: TextTokenizer = TextTokenizer.MULTILINGUAL
    english_stemmer: bool = True
    english_stop_words: bool = False

    def describe(self) -> dict[str, str | bool]:
        """Returns the settings as they are stored beside an index, to compare them later."""
        return {
            "tokenizer": self.tokenizer.value,
            "english_stemmer": self.english_stemmer,
            "english_stop_words": self.english_stop_words,
        }


PLAIN_WORDS = TextAnalysis(tokenizer=TextTokenizer.WORD, english_stemmer=False, english_stop_words=False)
"""Lower-cased words, without stemming or stop words."""


def scope_key(scope: Scope) -> str:
    """Returns tenant and collection as one keyword: filtering by one field costs half of filtering by two."""
    return json.dumps([scope.tenant, scope.collection], ensure_ascii=False)


def scope_of_key(key: str) -> Scope:
    """Returns the scope of a ``scope_key``."""
    tenant, collection = json.loads(key)
    return Scope(tenant=tenant, collection=collection)


def point_id(scope: Scope, chunk_id: str) -> str:
    """Returns the point's id, which depends on the scope: no tenant can overwrite another's chunk."""
    return str(uuid.uuid5(_POINT_NAMESPACE, f"{scope_key(scope)}{chunk_id}"))


def to_payload(scope: Scope, encoded: EncodedChunk) -> dict[str, Any]:
    """Returns the payload of a chunk.

    BM25 indexes ``text``; the chunk's own text is its tail, after ``prefix_length`` characters.
    """
    chunk = encoded.chunk
    sentences = {} if encoded.sentences is None else {SENTENCES: _packed(encoded.sentences)}
    terms = number_terms(chunk.indexed_text) + "".join(f"{term} " for term in index_terms(chunk.indexed_text))
    prefix = terms + context_prefix(chunk.title, chunk.heading_path)
    return {
        SCOPE: scope_key(scope),
        DOCUMENT_ID: chunk.document_id,
        VERSION_ID: chunk.version_id,
        MEDIA_TYPE: chunk.media_type,
        TEXT: prefix + chunk.text,
        "prefix_length": len(prefix),
        CHUNK_ID: chunk.chunk_id,
        "ordinal": chunk.ordinal,
        "name": chunk.name,
        "title": chunk.title,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "page_starts": [list(start) for start in chunk.page_starts],
        "start": chunk.span.start,
        "end": chunk.span.end,
        **sentences,
    }


def in_scope(payload: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Returns the payload of the same chunk in another scope."""
    return {**payload, SCOPE: scope_key(scope)}


def to_chunk(payload: Mapping[str, Any]) -> Chunk:
    """Returns the chunk that ``to_payload`` stored. A point of before page starts were stored has none.

    Raises:
        KeyError: the payload was not written by ``to_payload``.
    """
    return Chunk(
        chunk_id=payload[CHUNK_ID],
        document_id=payload[DOCUMENT_ID],
        version_id=payload[VERSION_ID],
        ordinal=payload["ordinal"],
        name=payload["name"],
        title=payload["title"],
        media_type=payload[MEDIA_TYPE],
        heading_path=tuple(payload["heading_path"]),
        page=payload["page"],
        page_starts=tuple((start, page) for start, page in payload.get("page_starts", ())),
        span=Span(start=payload["start"], end=payload["end"]),
        text=payload[TEXT][payload["prefix_length"] :],
    )


def to_sentences(payload: Mapping[str, Any]) -> SentenceVectors | None:
    """Returns the vectors of the chunk's sentences; None for a point that was stored without."""
    if not (packed := payload.get(SENTENCES)):
        return None
    spans = tuple(Span(start=start, end=end) for start, end in packed["spans"])
    rows = np.frombuffer(base64.b64decode(packed["rows"]), dtype=np.int8)
    return SentenceVectors(spans=spans, rows=rows.reshape(len(spans), rows.size // max(1, len(spans))))


def _packed(sentences: SentenceVectors) -> dict[str, Any]:
    return {
        "spans": [[span.start, span.end] for span in sentences.spans],
        "rows": base64.b64encode(sentences.rows.tobytes()).decode("ascii"),
    }


def query_text(text: str) -> str:
    """Returns a query for BM25, with the same terms as in a stored text, and other spellings of its numbers.

    Texts stored before identifiers had terms of their own are found by those spellings.
    """
    held = set(_WORD.findall(text.casefold()))
    terms = "".join(f"{term} " for term in index_terms(text) if term not in held)
    return number_terms(" ".join([text, *spellings(text)])) + terms + text


def number_terms(text: str) -> str:
    """Returns the numbers of ``text`` as terms that survive tokenizing, each followed by a space.

    Qdrant's multilingual tokenizer drops terms of digits only: without this, BM25 could not tell ``Fjord 6`` from
    ``Fjord 12``, nor find a version ``4.2.0``.
    """
    plain = (_THOUSANDS.sub("", match.group()) for match in _NUMBER.finditer(fold_forms(text)))
    return "".join(f"n{re.sub(r'[.,:]', 'n', number)} " for number in plain)
