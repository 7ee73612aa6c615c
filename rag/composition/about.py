"""Answers questions about the documents themselves: which there are, their pages, their dates, their sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.phrases.wording import worded
from rag.composition.ranking import FUNCTIONAL, relevance
from rag.retrieval.units import answered_by_metadata
from rag.stages import Library, LibraryDocument
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText, ElementKind, Passage, Span

_NAMES = 12
"""Documents that are named at most."""
_SECTIONS = 12
_ALMOST = 0.6
_MOST_WORDS_BESIDE = 1
"""Words of a question, beside a document's name, up to which it asks for the document."""
_OF_DOCUMENTS = frozenset(
    content_words(
        "document documents doc docs file files collection library about last updated changed modified "
        "revised when here list number know available uploaded stored contain "
        "dokument dokumente dateien datei liste gibt sammlung welche welches es sind haben hast du "
        "quels quelles y il avez vous "
        "qué cuáles tienes existen quali hai quais tem welke heb fichiers liste "
        "documentos "
        "archivos lista hay colección documenti elenco documenten bestanden 文档 文件 列表 哪些 多少"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPlanner:
    """Answers from the records of the documents and from their headings."""

    library: Library

    def plan(self, material: Material) -> Composed | None:
        """Returns the answer; None where the question is not about documents, or none fits."""
        asked = asked_for(material.question)
        if Asked.DOCUMENTS in asked:
            return self._documents(material)
        if asked.isdisjoint({Asked.PAGES, Asked.OUTLINE, Asked.UPDATED}) or not material.passages:
            return None
        chunk = self._meant(material)
        record = next((one for one in self._records(material) if one.version_id == chunk.version_id), None)
        document = material.document(chunk)
        if record is None or document is None:
            return None
        if Asked.PAGES in asked:
            return _pages(material, chunk, record)
        if Asked.OUTLINE in asked:
            return _outline(material, chunk, document)
        tells_itself = any(answered_by_metadata(item.text, chunk.title) for item in material.evidence)
        asks_for_document = _names_the_document(material.question, chunk)
        return _stored(material, chunk, record) if asks_for_document and not tells_itself else None

    def _records(self, material: Material) -> Sequence[LibraryDocument]:
        scope = material.scope
        return [
            one for one in self.library.documents(scope.tenant, collection=scope.collection) if one.active_version_id
        ]

    def _documents(self, material: Material) -> Composed | None:
        """Names all documents, or those that were found for the subject of the question."""
        if not material.passages:
            return None
        beside = [word for word in content_words(material.question) if word not in _OF_DOCUMENTS | FUNCTIONAL]
        if beside:
            chunks = _about_it(material)
            names = [_named(chunk.name, chunk.title) for chunk in chunks]
            return _said(material, worded("about", material.question, names=", ".join(names)), chunks)
        records = self._records(material)
        names = [_named(one.name, one.title) for one in records[:_NAMES]]
        if len(records) > _NAMES:
            names.append(worded("and_more", material.question, count=len(records) - _NAMES))
        key = "documents_one" if len(records) == 1 else "documents"
        text = worded(key, material.question, count=len(records), names=", ".join(names))
        return _said(material, text, _first_of_documents(material))

    def _meant(self, material: Material) -> Chunk:
        """Returns a chunk of the document whose name the question has, or of the first one."""
        asked = frozenset(content_words(_apart(material.question)))
        chunks = _first_of_documents(material)
        return max(chunks, key=lambda chunk: len(asked & _name_words(chunk)))


def _about_it(material: Material) -> list[Chunk]:
    """Returns a chunk of each document that was found by its meaning almost as well as the first one."""
    chunks = [passage.hit.chunk for passage in material.passages]
    likeness = relevance(
        material.question, [(chunk, chunk.heading_path, chunk.text) for chunk in chunks], material.scorer
    )
    best: dict[str, tuple[float, Chunk]] = {}
    for chunk, like in zip(chunks, likeness, strict=True):
        best[chunk.document_id] = max(
            best.get(chunk.document_id, (0.0, chunk)), (float(like), chunk), key=itemgetter(0)
        )
    found = sorted(best.values(), key=itemgetter(0), reverse=True)
    return [chunk for like, chunk in found if like >= _ALMOST * found[0][0]]


def _first_of_documents(material: Material) -> list[Chunk]:
    first: dict[str, Chunk] = {}
    for passage in material.passages:
        first.setdefault(passage.hit.chunk.document_id, passage.hit.chunk)
    return list(first.values())


def _name_words(chunk: Chunk) -> frozenset[str]:
    return frozenset(content_words(_apart(f"{chunk.name} {chunk.title}")))


def _apart(text: str) -> str:
    """Returns the text with spaces for what joins the words of a file's name."""
    return text.replace("-", " ").replace("_", " ").replace(".", " ")


def _names_the_document(question: str, chunk: Chunk) -> bool:
    """Returns whether the question asks about the document, not about something in it."""
    known = _name_words(chunk) | _OF_DOCUMENTS | FUNCTIONAL
    left = [word for word in content_words(_apart(question)) if word not in known]
    return len(left) <= _MOST_WORDS_BESIDE and (bool(known & frozenset(words(question))) or not left)


def _named(name: str, title: str) -> str:
    return f"{title} ({name})" if title and title != name else name


def _pages(material: Material, chunk: Chunk, record: LibraryDocument) -> Composed:
    key = "pages" if record.page_count else "no_pages"
    text = worded(key, material.question, name=_named(record.name, record.title), count=record.page_count)
    return _said(material, text, [chunk])


def _stored(material: Material, chunk: Chunk, record: LibraryDocument) -> Composed:
    day = record.updated_at.date().isoformat()
    text = worded("stored", material.question, name=_named(record.name, record.title), day=day)
    return _said(material, text, [chunk])


def _outline(material: Material, chunk: Chunk, document: DocumentText) -> Composed | None:
    """Names the sections of the highest level that has several."""
    headings = [element for element in document.elements if element.kind is ElementKind.HEADING]
    levels = sorted({len(element.heading_path) for element in headings})
    chosen = next(
        (level for level in levels if sum(len(element.heading_path) == level for element in headings) > 1), None
    )
    spans = [element.span for element in headings if len(element.heading_path) == chosen][:_SECTIONS]
    if not spans:
        return None
    citing = Citing(material)
    marks = [mark for span in spans if (mark := citing.mark(chunk, span)) is not None]
    names = ", ".join(document.text[span.start : span.end] for span in spans)
    text = worded("outline", material.question, name=_named(chunk.name, chunk.title), names=names)
    return Composed(
        shape=Shape.SUMMARY,
        sentences=(ComposedSentence(text=text, marks=tuple(marks) or (_mark_of(material.passages, chunk),)),),
        passages=tuple(citing.passages),
        certain=True,
    )


def _said(material: Material, text: str, chunks: Sequence[Chunk]) -> Composed:
    marks = tuple(_mark_of(material.passages, chunk) for chunk in chunks)
    sentence = ComposedSentence(text=text, marks=marks)
    return Composed(shape=Shape.FACT, sentences=(sentence,), passages=material.passages, certain=True)


def _mark_of(passages: Sequence[Passage], chunk: Chunk) -> CitationMark:
    """Returns a citation of the first line of a chunk."""
    number = next(passage.number for passage in passages if passage.hit.chunk.chunk_id == chunk.chunk_id)
    line = chunk.text.partition("\n")[0].rstrip()
    return CitationMark(number=number, span=Span(start=chunk.span.start, end=chunk.span.start + max(1, len(line))))
