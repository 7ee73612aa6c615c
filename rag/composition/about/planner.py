"""Answers questions about the documents themselves: which there are, their pages, their dates, their sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.about.file_kinds import asked_kinds
from rag.composition.about.metadata import SELF_TOLD, document_nouns, is_dated, statement
from rag.composition.about.naming import (
    OF_DOCUMENTS,
    asks_for_document,
    first_chunk,
    first_of_documents,
    meant,
    named,
    names_document,
    place_of,
)
from rag.composition.labels import apart
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for, asking_words
from rag.composition.phrases.wording import worded
from rag.composition.ranking import FUNCTIONAL, relevance, share_of
from rag.stages import Library, LibraryDocument
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText, ElementKind, Span

_NAMES, _ALL_NAMES = 12, 30
"""Documents that are named at most, and those where all are asked for."""
_SECTIONS = 12
_CHUNKS, _ENCODED = 2, 24
"""Chunks of a document, and of all, that are compared with the subject of a question at most."""
_RELEVANT = 0.25
"""Relevance of the most relevant chunk from which on its document is surely about a subject."""
_ALMOST = 0.8
_VERSIONS = frozenset(words("release releases version versión versione versão versie fassung ausgabe edition 版本"))
_RELEASES = 3
"""Headings with a version or a day from which on a document is a list of releases."""
_RELEASE = re.compile(r"(?:\W|v|version|release|rev\.?){0,4} ?(\d{1,4}(?:[.-]\d{1,4}){1,3}|\d{4})(?!\d)", re.IGNORECASE)
_DATED = (Asked.UPDATED, Asked.PUBLISHED, Asked.EFFECTIVE, Asked.VERSION)
"""What tells of a document's age, where it does not tell the day that is asked for."""
_OR = re.compile(r"\s(?:or|and|oder|und|ou|et|o|y|e|of|en)\s|[,;，、或和]")
_WORD = re.compile(r"\S+")
_NUMBERS = re.compile(r"\d+")
_STRUCTURE = frozenset({Asked.PAGES, Asked.OUTLINE, Asked.SHEETS, Asked.ROWS})
_KINDS = _STRUCTURE | frozenset(SELF_TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPlanner:
    """Answers from the records of the documents, from their headings, and from what they say about themselves."""

    library: Library

    def plan(self, material: Material) -> Composed | None:
        """Returns the answer; None where the question is not about documents, or none fits."""
        asked = asked_for(material.question)
        if material.focus.wants_newest and not _VERSIONS.isdisjoint(words(material.question)):
            asked |= {Asked.VERSION}
        if Asked.NEWEST in asked:
            return self._newest(material)
        if Asked.DOCUMENTS in asked:
            return self._documents(material, asked)
        return None if asked.isdisjoint(_KINDS) else self._of_document(material, asked)

    def _of_document(self, material: Material, asked: frozenset[Asked]) -> Composed | None:
        records = self._records(material)
        chunk = meant(material, records)
        record = next((one for one in records if chunk and one.version_id == chunk.version_id), None)
        document = material.document(chunk) if chunk else None
        if chunk is None or record is None or document is None:
            return None
        if not asks_for_document(material.question, chunk):
            return None
        if not asked.isdisjoint(_STRUCTURE):
            return _structure(material, chunk, document, record)
        if Asked.VERSION in asked and not names_document(material.question, chunk):
            return None  # what is in a version, not which one it is
        return _told(material, chunk, document, asked) or _stored_if_asked(material, chunk, record, asked)

    def _records(self, material: Material) -> Sequence[LibraryDocument]:
        return material.documents_of(self.library)

    def _documents(self, material: Material, asked: frozenset[Asked]) -> Composed | None:
        """Names all documents, or those that were found for the subject of the question."""
        known = OF_DOCUMENTS | FUNCTIONAL | document_nouns() | asking_words(material.question)
        none = frozenset[str]()
        suffixes, kinds = (none, none) if Asked.MENTIONS in asked else asked_kinds(material.question)
        beside = [word for word in content_words(material.question) if word not in known]
        if not set(beside) <= kinds:
            return _about_it(material, beside) if Asked.MENTIONS in asked else None
        records = [
            one for one in self._records(material) if not suffixes or one.name.casefold().rpartition(".")[2] in suffixes
        ]
        if not material.passages or (not records and not suffixes):
            return None
        names = [named(one.name, one.title) for one in records[:_ALL_NAMES]]
        if len(records) > _ALL_NAMES:
            names.append(worded("and_more", material.question, count=len(records) - _ALL_NAMES))
        key = {0: "documents_none", 1: "documents_one"}.get(len(records), "documents")
        text = worded(key, material.question, count=len(records), names=", ".join(names))
        return _said(material, text, first_of_documents(material.hits))

    def _newest(self, material: Material) -> Composed | None:
        record = max(self._records(material), key=lambda one: one.updated_at, default=None)
        chunk = first_chunk(material, record) if record else None
        return _stored(material, chunk, record) if record and chunk else None


def _about_it(material: Material, beside: Sequence[str]) -> Composed | None:
    """Names each document that is about the subject, or has all of its words, with the heading of the place."""
    chunks = list(first_of_documents([*material.hits, *material.found], each=_CHUNKS))[:_ENCODED]
    parts = list(filter(None, (_subject(part, beside) for part in _OR.split(material.question))))
    best: dict[str, tuple[float, bool, Chunk]] = {}
    scores = [relevance(part, [(one, one.heading_path, one.text) for one in chunks], material.scorer) for part in parts]
    for at, chunk in enumerate(chunks):
        like = max(float(of_part[at]) / float(of_part.max() or 1) for of_part in scores)
        holds = share_of(beside, frozenset(words(f"{chunk.indexed_text} {apart(chunk.name)}"))) == 1
        best[chunk.document_id] = max(
            best.get(chunk.document_id, (0.0, False, chunk)), (like, holds, chunk), key=itemgetter(0)
        )
    chosen = [(like, chunk) for like, holds, chunk in best.values() if like >= _ALMOST or holds]
    chosen = sorted(chosen, key=itemgetter(0), reverse=True)[:_NAMES]
    names = [place_of(chunk) for _, chunk in chosen]
    text = worded("about", material.question, names="; ".join(names))
    is_certain = any(holds for _, holds, _ in best.values()) or max(float(one.max()) for one in scores) >= _RELEVANT
    return _said(material, text, [chunk for _, chunk in chosen], certain=is_certain)


def _subject(part: str, beside: Sequence[str]) -> str:
    """Returns a part of a question from the first to the last word that says what documents are to be about."""
    spoken = list(_WORD.finditer(part))
    kept = [match for match in spoken if not set(beside).isdisjoint(words(match.group()))]
    return part[kept[0].start() : kept[-1].end()] if kept else part if set(beside) & set(words(part)) else ""


def _pages(material: Material, chunk: Chunk, record: LibraryDocument) -> Composed | None:
    key = "pages" if record.page_count else "no_pages"
    text = worded(key, material.question, name=named(record.name, record.title), count=record.page_count)
    return _said(material, text, [chunk])


def _structure(material: Material, chunk: Chunk, document: DocumentText, record: LibraryDocument) -> Composed | None:
    asked = asked_for(material.question)
    if Asked.PAGES in asked:
        return _pages(material, chunk, record)
    return outline(material, chunk, document) if Asked.OUTLINE in asked else _of_tables(material, chunk, document)


def _stored_if_asked(
    material: Material, chunk: Chunk, record: LibraryDocument, asked: frozenset[Asked]
) -> Composed | None:
    return _stored(material, chunk, record) if Asked.UPDATED in asked else None


def _stored(material: Material, chunk: Chunk, record: LibraryDocument) -> Composed | None:
    day = record.updated_at.date().isoformat()
    text = worded("stored", material.question, name=named(record.name, record.title), day=day)
    return _said(material, text, [chunk])


def _of_tables(material: Material, chunk: Chunk, document: DocumentText) -> Composed | None:
    """Names the sheets, or counts the rows of a document that is one table."""
    name = named(chunk.name, chunk.title)
    if Asked.SHEETS in asked_for(material.question):
        names = list(dict.fromkeys(table.name for table in document.tables if table.name))
        shown = ", ".join(names[:_SECTIONS])
        text = worded("sheets", material.question, name=name, count=len(names), names=shown)
        return _said(material, text, [chunk]) if names else None
    if len(document.tables) != 1:
        return None
    [table] = document.tables
    text = worded("rows", material.question, name=name, count=table.row_count - table.header_rows)
    return _said(material, text, [chunk])


def _told(material: Material, chunk: Chunk, document: DocumentText, asked: frozenset[Asked]) -> Composed | None:
    """Quotes what the document says about itself, each with its place."""
    spans = list(dict.fromkeys(_statements(document, asked)))
    citing = Citing(material)
    sentences: list[ComposedSentence] = []
    for span in spans:
        mark = citing.mark(chunk, span)
        if mark is not None:
            text = document.text[span.start : span.end].strip()
            sentences.append(ComposedSentence(text=text, marks=(mark,), before="\n" if sentences else ""))
    if not sentences:
        return None
    name = named(chunk.name, chunk.title)
    sentences[0] = replace(sentences[0], text=f"{sentences[0].text} ({name})")
    return citing.composed(Shape.FACT, sentences, certain=True, final=True)


def _statements(document: DocumentText, asked: frozenset[Asked]) -> Iterator[Span]:
    kinds = [kind for kind in SELF_TOLD if kind in asked]
    release = _newest_release(document) if not asked.isdisjoint({Asked.VERSION, Asked.UPDATED}) else None
    if release is not None:
        yield release
        return
    found = {kind: statement(document, kind) for kind in kinds}
    yield from (span for span in found.values() if span is not None)
    for kind in (Asked.UPDATED, Asked.PUBLISHED):
        if kind in asked and found[kind] is None:
            others = (statement(document, other) for other in _DATED if other not in asked)
            dated = (span for span in others if span is not None and is_dated(document.text[span.start : span.end]))
            yield from islice(dated, 1)


def _newest_release(document: DocumentText) -> Span | None:
    """Returns the heading of the newest of a document's releases, as a changelog has them."""
    releases: list[tuple[tuple[int, ...], Span]] = []
    for element in document.elements:
        if element.kind is ElementKind.HEADING:
            match = _RELEASE.match(document.text, element.span.start, element.span.end)
            if match:
                releases.append((tuple(map(int, _NUMBERS.findall(match[1]))), element.span))
    return max(releases, key=itemgetter(0))[1] if len(releases) >= _RELEASES else None


def outline(material: Material, chunk: Chunk, document: DocumentText) -> Composed | None:
    """Names the sections of the highest level that has several."""
    headings = [element for element in document.elements if element.kind is ElementKind.HEADING]
    levels = sorted({len(element.heading_path) for element in headings})
    chosen = next(
        (level for level in levels if sum(len(element.heading_path) == level for element in headings) > 1), None
    )
    spans = [element.span for element in headings if len(element.heading_path) == chosen]
    if not spans:
        return None
    citing = Citing(material)
    shown = spans[:_SECTIONS]
    marks = [mark for span in shown if (mark := citing.mark(chunk, span)) is not None]
    names = [document.text[span.start : span.end] for span in shown]
    if len(spans) > len(shown):
        names.append(worded("and_more", material.question, count=len(spans) - len(shown)))
    name = named(chunk.name, chunk.title)
    text = worded("outline", material.question, name=name, count=len(spans), names=", ".join(names))
    if not marks:
        return _said(material, text, [chunk], shape=Shape.SUMMARY)
    sentence = ComposedSentence(text=text, marks=tuple(marks))
    return citing.composed(Shape.SUMMARY, [sentence], certain=True, final=True)


def _said(
    material: Material, text: str, chunks: Sequence[Chunk], *, shape: Shape = Shape.FACT, certain: bool = True
) -> Composed | None:
    """Returns a sentence that cites the first line of each chunk; None where none may be cited."""
    citing = Citing(material)
    marks = [mark for chunk in chunks if (mark := citing.mark(chunk, first_line(chunk))) is not None]
    if not marks:
        return None
    sentence = ComposedSentence(text=text, marks=tuple(marks))
    return citing.composed(shape, [sentence], certain=certain, final=certain)


def first_line(chunk: Chunk) -> Span:
    """Returns the place of the first line of a chunk."""
    line = chunk.text.partition("\n")[0].rstrip()
    return Span(start=chunk.span.start, end=chunk.span.start + max(1, len(line)))
