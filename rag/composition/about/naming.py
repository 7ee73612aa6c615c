"""Tells which document a question means by its name. Pure but for the texts of documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rag.composition.about.metadata import document_nouns
from rag.composition.labels import apart
from rag.composition.material import Material
from rag.composition.phrases.asked import asking_words
from rag.composition.ranking import FUNCTIONAL
from rag.retrieval.evidence import heading_of
from rag.stages import LibraryDocument
from rag.text.words import content_words
from rag.types import Chunk, Hit, chunk_id_of

_MOST_WORDS_BESIDE = 1
"""Words of a question, beside a document's name, up to which it asks for the document."""
_NAMED_SHARE = 0.5
"""Share of the words of a document's name that name it, where the question has no word such as "policy"."""
_SHORTEST_NOUN = 5
_IN_BRACKETS = re.compile(r"\(([^()]{2,30})\)")
_EXTENSION = re.compile(r"\.[A-Za-z]\w{1,4}\Z")
OF_DOCUMENTS = frozenset(
    content_words(
        "last when here list number know available uploaded stored there still latest newest current recent "
        "dokument dokumente dateien datei liste gibt sammlung welche welches es sind haben hast du wann dieses diese"
        " zusammen samen "
        "dieser diesem zuletzt aktuell "
        "quels quelles y il avez vous quand dernière fois "
        "qué cuáles tienes existen cuándo quali hai quando quais tem quando welke heb wanneer fichiers liste "
        "documentos archivos lista hay colección documenti elenco documenten bestanden 文档 文件 列表 哪些 多少 "
        "version release documents files collection library 这份 这个 是什 什么 么时 时候 最后 的最 是谁"
    )
)
"""Words of questions about documents that name none."""


def meant(material: Material, records: Sequence[LibraryDocument]) -> Chunk | None:
    """Returns a chunk of the document whose name the question has, or of the first one that was found."""
    asked = _distinct(material.question) - OF_DOCUMENTS - FUNCTIONAL
    found = first_of_documents(material.hits)
    best = max(records, key=lambda one: len(asked & _distinct(f"{one.name} {one.title}")), default=None)
    shared = len(asked & _distinct(f"{best.name} {best.title}")) if best else 0
    chunk = max(found, key=lambda one: len(asked & _words_of_name(one)), default=None)
    if best and (chunk is None or shared > len(asked & _words_of_name(chunk))):
        return next((one for one in found if one.version_id == best.version_id), first_chunk(material, best))
    return chunk


def asks_for_document(question: str, chunk: Chunk) -> bool:
    """Returns whether the question asks about the document, not about something in it.

    What "the report about the outage" is about stands in the passage found.
    """
    asked, nouns, own = _parts(question, chunk)
    beside = asked - nouns - own
    if nouns:
        beside -= _distinct(chunk.indexed_text)
    return len(beside) <= _MOST_WORDS_BESIDE and (bool(nouns) or _is_name(own, chunk) or not asked)


def names_document(question: str, chunk: Chunk) -> bool:
    """Returns whether the question's words are the document's name, and nothing beside."""
    asked, nouns, own = _parts(question, chunk)
    return bool(own) and not asked - nouns - own and (bool(nouns) or _is_name(own, chunk))


def _parts(question: str, chunk: Chunk) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Returns what the question names, which of it are words for documents, and which are of the document's name."""
    name = _words_of_name(chunk)
    text = question.casefold()
    for written in (chunk.title, chunk.name, _EXTENSION.sub("", chunk.name)):
        if written and written.casefold() in text:  # Chinese has no spaces around it
            text = text.replace(written.casefold(), " ")
            break
    else:
        written = ""
    nouns = document_nouns()
    asked = (_distinct(text) | _distinct(written)) - FUNCTIONAL - OF_DOCUMENTS - (asking_words(question) - nouns)
    own = asked & (name | _distinct(written))
    return asked, frozenset(word for word in asked if word in nouns or (word in own and _is_compound(word))), own


def _is_compound(word: str) -> bool:
    """Returns whether a word such as "Mietvertrag" ends in one for a document."""
    return any(len(noun) >= _SHORTEST_NOUN and word.endswith(noun) for noun in document_nouns())


def _is_name(own: frozenset[str], chunk: Chunk) -> bool:
    """Returns whether words of a document's name are enough to name it."""
    return len(own) >= max(1, _NAMED_SHARE * len(_words_of_name(chunk))) or not own.isdisjoint(_aliases(chunk))


def named(name: str, title: str) -> str:
    """Returns a document's title with the name of its file."""
    return f"{title} ({name})" if title and title != name else name


def place_of(chunk: Chunk) -> str:
    """Returns the names of a chunk's document and of the section that it stands in."""
    heading, name = heading_of(chunk), named(chunk.name, chunk.title)
    return name if not heading or heading in name else f"{name}: {heading}"


def first_of_documents(hits: Iterable[Hit], *, each: int = 1) -> list[Chunk]:
    """Returns the first chunks of each document, in their order."""
    chunks = {hit.chunk.chunk_id: hit.chunk for hit in hits}.values()
    seen = Counter[str]()
    first: list[Chunk] = []
    for chunk in chunks:
        seen[chunk.document_id] += 1
        if seen[chunk.document_id] <= each:
            first.append(chunk)
    return first


def first_chunk(material: Material, record: LibraryDocument) -> Chunk | None:
    """Returns the first chunk of a document, found or not."""
    document = material.texts.read(record.version_id) if material.texts else None
    if document is None or not document.chunks:
        return None
    place = document.chunks[0]
    return Chunk(
        chunk_id=chunk_id_of(record.version_id, 0),
        document_id=record.document_id,
        version_id=record.version_id,
        ordinal=0,
        name=record.name,
        title=record.title,
        media_type=record.media_type,
        heading_path=place.heading_path,
        page=place.page,
        page_starts=place.page_starts,
        span=place.span,
        text=document.text[place.span.start : place.span.end],
    )


def _words_of_name(chunk: Chunk) -> frozenset[str]:
    return _distinct(f"{_EXTENSION.sub('', chunk.name)} {chunk.title}") | _aliases(chunk)


def _aliases(chunk: Chunk) -> frozenset[str]:
    """Returns the short names that stand in brackets in the title or the first heading."""
    first = " ".join([chunk.title, *chunk.heading_path[:1]])
    return frozenset(word for match in _IN_BRACKETS.finditer(first) for word in _distinct(match[1]))


def _distinct(text: str) -> frozenset[str]:
    """Returns the content words; a number without the zeros before it."""
    return frozenset(word.lstrip("0") or word for word in content_words(apart(text)))
