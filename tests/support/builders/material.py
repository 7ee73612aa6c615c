"""Builds the material of an answer from documents written as lines.

``# `` and ``## `` begin a heading, ``- `` a list item, ``1. `` an item that keeps its number, four spaces code; other
lines are paragraphs. Each section is a chunk.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from rag.composition.material import Material
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Chunk, ChunkSpan, DocumentText, Element, ElementKind, Hit, Passage, Scope, Span
from tests.support.fakes.hash_encoder import HashEncoder

SCOPE = Scope(tenant="one", collection="default")


class HeldTexts:
    """Holds the texts of versions."""

    def __init__(self, documents: dict[str, DocumentText]) -> None:
        self.documents = documents

    def read(self, version_id: str) -> DocumentText | None:
        return self.documents.get(version_id)

    def clear(self) -> None:
        self.documents = {}


def material_of(question: str, **documents: str) -> Material:
    """Returns the material of a question to which every section of the documents was found."""
    texts: dict[str, DocumentText] = {}
    passages: list[Passage] = []
    for name, lines in documents.items():
        version_id = version_of(name)
        texts[version_id] = document_of(lines)
        for chunk in _chunks(name, texts[version_id]):
            hit = Hit(chunk=chunk, score=1.0, dense=None, bm25=None)
            passages.append(Passage(number=len(passages) + 1, hit=hit, kept=()))
    return Material(
        question=question,
        scope=SCOPE,
        passages=tuple(passages),
        scorer=EvidenceScorer(HashEncoder(dimensions=512)),
        texts=HeldTexts(texts),
    )


def version_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def document_of(lines: str) -> DocumentText:
    text = ""
    path: tuple[str, ...] = ()
    elements: list[Element] = []
    chunks: list[ChunkSpan] = []
    for line in filter(str.strip, lines.splitlines()):
        kind, words, level = _read(line)
        own_path = path[:level] if kind is ElementKind.HEADING else path
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{words}" if text else words
        elements.append(Element(kind=kind, span=Span(start=start, end=len(text)), page=None, heading_path=own_path))
        if kind is ElementKind.HEADING:
            path = (*own_path, words)
        if kind is ElementKind.HEADING or not chunks:
            chunks.append(ChunkSpan(span=Span(start=start, end=len(text)), page=None, heading_path=path))
        chunks[-1] = ChunkSpan(span=Span(start=chunks[-1].span.start, end=len(text)), page=None, heading_path=path)
    title = next((text[one.span.start : one.span.end] for one in elements if one.kind is ElementKind.HEADING), "")
    return DocumentText(
        text=text, title=title, page_count=None, elements=tuple(elements), tables=(), chunks=tuple(chunks)
    )


def _read(line: str) -> tuple[ElementKind, str, int]:
    if line.startswith("#"):
        marks, _, words = line.partition(" ")
        return ElementKind.HEADING, words, len(marks) - 1
    if line.startswith("- "):
        return ElementKind.LIST_ITEM, line[2:], 0
    if line[:1].isdigit() and line[1:3] == ". ":
        return ElementKind.LIST_ITEM, line, 0
    return (ElementKind.CODE, line.strip(), 0) if line.startswith("    ") else (ElementKind.PARAGRAPH, line, 0)


def _chunks(name: str, document: DocumentText) -> Iterator[Chunk]:
    for ordinal, place in enumerate(document.chunks):
        yield Chunk(
            chunk_id=str(uuid.uuid5(uuid.UUID(version_of(name)), str(ordinal))),
            document_id=f"document-{name}",
            version_id=version_of(name),
            ordinal=ordinal,
            name=f"{name}.md",
            title=document.title,
            media_type="text/markdown",
            heading_path=place.heading_path,
            page=None,
            span=place.span,
            text=document.text[place.span.start : place.span.end],
        )
