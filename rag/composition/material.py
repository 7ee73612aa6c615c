"""What an answer is composed of: the question, the passages found, their sentences, and the documents around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag.answers import AnswerTable, CitationMark, Composed, ComposedSentence, Shape
from rag.composition.focus import Focus
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.ranking import Ranked, asked_words, ranked, share_of
from rag.composition.variants import Variants, variants
from rag.retrieval.evidence import Evidence, EvidenceScorer
from rag.retrieval.units import states_something
from rag.stages import DocumentTexts, Library, LibraryDocument
from rag.text.sections import MAIL_HEADER, release_of
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText, Element, ElementKind, Hit, Passage, Scope, Span, chunk_id_of

_KNOWN, _SAID = 0.85, 0.7
"""Share of a sentence's words that were said from which on it says nothing new, and what it keeps of its score."""
_OF_OTHER = 0.25
"""What a sentence keeps of its score that stands in another section than the one that the question names."""
_OF_RELEASES = frozenset({Asked.DATE, Asked.PUBLISHED, Asked.UPDATED, Asked.VERSION, Asked.NEWEST})
"""What the heading of a release answers."""
_OF_HEADER = 0.5
"""What the header of a mail, such as its receivers, keeps of its score."""
_OF_MAILS = frozenset({Asked.DATE, Asked.PERSON, Asked.AUTHOR, Asked.PUBLISHED, Asked.UPDATED, Asked.LIST})
"""What the headers of a mail answer."""
_NAME_WORDS = 4
"""Words of a heading up to which it is a name; longer ones, as of slides, often say something."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """One question with what was found for it. ``question`` stands on its own, without earlier turns.

    ``passages`` are numbered and best first. ``closed``: no passages may be added, for they have been shown. ``alone``
    is a follow-up question in its own words, empty for others. ``found`` are all hits of the search, also those that
    are no passages. ``said`` is the answer before a follow-up question. ``allows`` says of each document id whether the
    question is about it.
    """

    question: str
    scope: Scope
    passages: tuple[Passage, ...]
    scorer: EvidenceScorer
    texts: DocumentTexts | None = None
    closed: bool = False
    alone: str = ""
    found: tuple[Hit, ...] = ()
    said: str = ""
    allows: Callable[[str], bool] = lambda _: True

    def documents_of(self, library: Library) -> list[LibraryDocument]:
        """Returns the documents that can be found and that the question may be about."""
        held = library.documents(self.scope.tenant, collection=self.scope.collection)
        return [one for one in held if one.active_version_id and self.allows(one.document_id)]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The hits of the passages, in their order."""
        return tuple(passage.hit for passage in self.passages)

    @cached_property
    def evidence(self) -> Sequence[Evidence]:
        """Every sentence of the passages with its score, in reading order; ``hit_index`` counts the passages from 0."""
        scored = self.scorer.score(self.question, self.hits)
        if self.alone:
            scored = both_ways(scored, self.scorer.score(self.alone, self.hits))
        return self._narrowed(scored)

    @property
    def asked(self) -> frozenset[Asked]:
        """What the question asks for; of a follow-up question what it asks for itself, if its words tell."""
        return asked_for(self.alone) or asked_for(self.question)

    @cached_property
    def focus(self) -> Focus:
        """What the question names, by which the sentences are narrowed."""
        return Focus(question=self.question, hits=self.hits)

    @cached_property
    def ranked(self) -> Sequence[Ranked]:
        """The sentences that can be quoted, the one that answers best first."""
        chunks = [self.chunk_of(item) for item in self.evidence]
        found = sorted(
            ranked(self.question, chunks, self.evidence, self.scorer, asked=self.asked, known=self._variants.words),
            key=lambda one: one.at,
        )
        found = [one for one in found if not self._is_bare_heading(one.evidence)]
        scored = [replace(one.evidence, score=one.score * self._share_of_header(one.evidence)) for one in found]
        scores = [item.score for item in self._narrowed(scored)]
        narrowed = [replace(one, score=score) for one, score in zip(found, scores, strict=True)]
        return sorted(narrowed, key=lambda one: -one.score)

    def _share_of_header(self, item: Evidence) -> float:
        """Returns what a sentence keeps of its score: less as a header of a mail, unless a person or a day is asked."""
        is_header = MAIL_HEADER.match(item.text) and not item.text.startswith("From:")  # who wrote is often asked
        return _OF_HEADER if is_header and self.asked.isdisjoint(_OF_MAILS) else 1.0

    def _is_bare_heading(self, item: Evidence) -> bool:
        """Returns whether a sentence is a heading that states nothing, of one of the sections that a chunk holds."""
        element = self.element_of(item)
        if element is None or element.kind is not ElementKind.HEADING:
            return False
        if release_of(item.text) and self.asked.isdisjoint(_OF_RELEASES):
            return True
        return len(item.text.split()) <= _NAME_WORDS and not states_something(item.text)

    @cached_property
    def _paths(self) -> frozenset[tuple[str, ...]]:
        """The headings above the elements of the documents found, outermost first."""
        chunks = {hit.chunk.version_id: hit.chunk for hit in self.hits}.values()
        documents = filter(None, map(self.document, chunks))
        paths = (element.heading_path for document in documents for element in document.elements)
        return frozenset([*paths, *(hit.chunk.heading_path for hit in self.hits)])

    @cached_property
    def _variants(self) -> Variants:
        """The sections like one that the question names, such as those of other models."""
        return variants(self.question, self._paths)

    @cached_property
    def _asked_headings(self) -> frozenset[tuple[str, ...]]:
        """The headings, with those above them, of which the question has all words that say something."""
        asked = frozenset(words(self.question))
        headings = {path[:level] for path in self._paths for level in range(1, len(path) + 1)}
        return frozenset(path for path in headings if (own := content_words(path[-1])) and asked.issuperset(own))

    @cached_property
    def _above_asked(self) -> frozenset[tuple[str, ...]]:
        return frozenset(path[:-1] for path in self._asked_headings)

    def is_beside(self, path: tuple[str, ...]) -> bool:
        """Returns whether the question has the words of a heading beside the last one of these, and not of that."""
        return bool(path) and path[:-1] in self._above_asked and path not in self._asked_headings

    def is_of_other(self, path: tuple[str, ...]) -> bool:
        """Returns whether headings are those of another section of the kind that the question names."""
        return any(path[:level] in self._variants.others for level in range(1, len(path) + 1))

    def _narrowed(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Returns the sentences with higher scores for what the question names, and lower ones for the rest."""
        found = self._not_again(self.focus.sharpened(evidence))
        if not self._variants.others:
            return found
        return [
            replace(item, score=_OF_OTHER * item.score) if self.is_of_other(self.chunk_of(item).heading_path) else item
            for item in found
        ]

    def _not_again(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Returns the sentences, with a lower score for those that were just said and have no word of the question."""
        if not (self.alone and self.said):
            return list(evidence)
        known = frozenset(words(f"{self.said} {self.question}"))
        asked = asked_words(self.alone)
        own = [word for word in asked if word not in words(self.said)] or asked
        return [
            replace(item, score=_SAID * item.score)
            if share_of(words(item.text), known) > _KNOWN and not share_of(own, frozenset(words(item.text)))
            else item
            for item in evidence
        ]

    def chunk_of(self, item: Evidence) -> Chunk:
        """Returns the chunk of a sentence, with the headings above the sentence: a chunk can hold several sections."""
        chunk = self.passages[item.hit_index].hit.chunk
        element = self.element_of(item)
        return replace(chunk, heading_path=element.heading_path) if element else chunk

    def element_of(self, item: Evidence) -> Element | None:
        """Returns the element of the document that a sentence stands in; None where the document cannot be had."""
        return self.element_at(self.passages[item.hit_index].hit.chunk, item.span)

    def element_at(self, chunk: Chunk, span: Span) -> Element | None:
        """Returns the element of a chunk's document in which a span begins; None where the document cannot be had."""
        document = self.document(chunk)
        elements = document.elements if document else ()
        at = bisect_right(elements, span.start, key=lambda element: element.span.start)
        return elements[at - 1] if at else None

    def document(self, chunk: Chunk) -> DocumentText | None:
        """Returns the whole text of the version that a chunk belongs to; None where it cannot be had."""
        return self.texts.read(chunk.version_id) if self.texts is not None else None


def both_ways(resolved: Sequence[Evidence], alone: Sequence[Evidence]) -> list[Evidence]:
    """Returns the sentences scored for a resolved question, with the mean of their scores for both.

    So the sentence that answered the earlier question does not answer the next one, too.
    """
    return [replace(item, score=(item.score + other.score) / 2) for item, other in zip(resolved, alone, strict=True)]


class Citing:
    """Collects the passages of an answer: those of the material, and chunks of their documents that were not found."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self.passages = list(material.passages)

    def mark(self, chunk: Chunk, span: Span) -> CitationMark | None:
        """Returns the citation of a place in the document of ``chunk``; None where no passage may be added for it."""
        for passage in self.passages:
            held = passage.hit.chunk
            if held.version_id == chunk.version_id and held.span.start <= span.start and span.end <= held.span.end:
                return CitationMark(number=passage.number, span=span)
        added = None if self._material.closed else self._chunk_around(chunk, span)
        if added is None:
            return None
        number = len(self.passages) + 1
        hit = Hit(chunk=added, score=0.0, dense=None, bm25=None)
        self.passages.append(Passage(number=number, hit=hit, kept=(span,)))
        return CitationMark(number=number, span=span)

    def composed(
        self,
        shape: Shape,
        sentences: Iterable[ComposedSentence],
        *,
        tables: Iterable[AnswerTable] = (),
        certain: bool = False,
        final: bool = False,
    ) -> Composed:
        """Returns an answer with the passages that are collected when all of it has been cited."""
        return Composed(
            shape=shape,
            sentences=tuple(sentences),
            tables=tuple(tables),
            passages=tuple(self.passages),
            certain=certain,
            final=final,
        )

    def _chunk_around(self, chunk: Chunk, span: Span) -> Chunk | None:
        document = self._material.document(chunk)
        for ordinal, place in enumerate(document.chunks if document else ()):
            if document and place.span.start <= span.start and span.end <= place.span.end:
                return replace(
                    chunk,
                    chunk_id=chunk_id_of(chunk.version_id, ordinal),
                    ordinal=ordinal,
                    heading_path=place.heading_path,
                    page=place.page,
                    page_starts=place.page_starts,
                    span=place.span,
                    text=document.text[place.span.start : place.span.end],
                )
        return None


def quoted(item: Evidence, passage: Passage) -> ComposedSentence:
    """Returns a sentence of a passage, verbatim."""
    return ComposedSentence(text=item.text, marks=(CitationMark(number=passage.number, span=item.span),))
