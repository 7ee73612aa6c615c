"""Composes summaries: the sentences that carry a document or a topic, from as many sections as fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.about.naming import meant, names_document
from rag.composition.about.planner import outline
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.ranking import relevance
from rag.retrieval.units import is_question
from rag.stages import Library
from rag.text.sentences import split_sentences
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText, Element, ElementKind, Span

_MOST_WORDS, _FEW_WORDS = 110, 60
_BRIEF = re.compile(r"\b(?:short|kurz|court)\b|简|\babout\b", re.IGNORECASE)
_SECTIONS = 4
"""Sections of a document that a topic is summarised from at most."""
_ALMOST = 0.7
"""Share of the best section's relevance from which on another one is about the topic, too."""
_SHORTEST, _SHORTEST_ITEM, _LONGEST = 5, 3, 45
"""Words of a sentence, or of an item of a list, that can carry a section."""
_DEEPEST = 3
"""Headings by which sections are told apart."""
_ENDS = (".", "!", "。", "！")
_TEXT = frozenset({ElementKind.PARAGRAPH, ElementKind.LIST_ITEM})
_CLAUSE = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){1,4}\.?|\(?\d{1,2}[.)]|[•*–-]) ")
"""The number or mark before a clause or item."""
_LABELLED = re.compile(r"[\w-]{1,20}: ?\S")
"""An item such as "author: Ada Berg" says a detail."""
_REPEATED = 0.6
"""Share of a sentence's words that were said before, from which on it adds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPlanner:
    """Gives the first sentences of a document's sections, or the best of several sections about a topic."""

    library: Library | None = None

    def plan(self, material: Material) -> Composed | None:
        """Returns the summary in reading order; None where the question asks for none."""
        if asked_for(material.question).isdisjoint({Asked.SUMMARY, Asked.TOPIC}):
            return None
        chunk, is_named = self._meant(material)
        document = material.document(chunk) if chunk else None
        if chunk is None or document is None:
            return None
        whole = is_named or _is_about_whole(material.question, chunk)
        spans = _first_sentences(document) if whole else _about_topic(material, chunk, document)
        room = _FEW_WORDS if _BRIEF.search(material.question) else _MOST_WORDS
        chosen = sorted(_fitting(document.text, spans, room))
        citing = Citing(material)
        sentences = [(document.text[span.start : span.end], citing.mark(chunk, span)) for span in chosen]
        composed = [ComposedSentence(text=text, marks=(mark,)) for text, mark in sentences if mark is not None]
        ends = ["", *(one.text.rstrip()[-1:] for one in composed)]
        spaced = [
            replace(one, before="" if not end else " " if end in _ENDS else "\n")
            for one, end in zip(composed, ends, strict=False)
        ]
        if not spaced:
            return outline(material, chunk, document) if is_named else None
        return citing.composed(Shape.SUMMARY, spaced, certain=is_named)

    def _meant(self, material: Material) -> tuple[Chunk | None, bool]:
        """Returns a chunk of the document to summarise, and whether the question names it and nothing else."""
        if self.library is not None:
            scope = material.scope
            records = self.library.documents(scope.tenant, collection=scope.collection)
            chunk = meant(material, [one for one in records if one.active_version_id])
            if chunk is not None and names_document(material.question, chunk):
                return chunk, True
        return _main_chunk(material) if material.passages else None, False


def _main_chunk(material: Material) -> Chunk:
    """Returns the first chunk of the document that the most of the first passages are of."""
    chunks = [passage.hit.chunk for passage in material.passages]
    counts = Counter[str]()
    for rank, chunk in enumerate(chunks, start=1):
        counts[chunk.version_id] += 12 // (rank + 1)
    [(version_id, _)] = counts.most_common(1)
    return next(chunk for chunk in chunks if chunk.version_id == version_id)


def _is_about_whole(question: str, chunk: Chunk) -> bool:
    """Returns whether the question's words name nothing but the document."""
    named = frozenset(words(f"{chunk.title} {chunk.name.replace('-', ' ').replace('_', ' ').replace('.', ' ')}"))
    left = frozenset(content_words(question)) - named - _ABOUT
    return not left or len(left) * 3 <= len(frozenset(content_words(question)) & named)


_ABOUT = frozenset(
    content_words(
        "summary summarize summarise short brief briefly overview document documents file text report paper page "
        "article tldr tl dr main points key gist topic content contents purpose cover about zusammenfassung "
        "fasse zusammen kurz dokument datei worum geht das dieses diesem résumé résume résumer document fichier ce "
        "resumen resume documento archivo este riassunto riassumi questo resumo samenvatting dit "
        "总结 概括 摘要 文档 主要 内容"
    )
)


def _first_sentences(document: DocumentText) -> Iterator[Span]:
    """Yields the first sentence or item of each section, then the second ones, then the others."""
    sections: dict[tuple[str, ...], list[Span]] = {}
    for element in document.elements:
        if element.kind in _TEXT:
            # Items below others stand with these.
            sections.setdefault(element.heading_path[:_DEEPEST], []).extend(_sentences(document.text, element))
    for place in range(max(map(len, sections.values()), default=0)):
        for spans in sections.values():
            yield from spans[place : place + 1]


def _sentences(text: str, element: Element) -> list[Span]:
    start = element.span.start
    found = split_sentences(text[start : element.span.end])
    placed = [Span(start=start + one.start, end=start + one.end) for one in found]
    is_item = element.kind is ElementKind.LIST_ITEM
    return [one for one in placed if _carries(text[one.start : one.end], is_item=is_item)]


def _about_topic(material: Material, chunk: Chunk, document: DocumentText) -> Iterator[Span]:
    """Yields the best sentences of the sections that are about the question, the best section's first."""
    found = [
        passage.hit.chunk.span for passage in material.passages if passage.hit.chunk.version_id == chunk.version_id
    ]
    sections: dict[tuple[str, ...], list[Span]] = {}
    for element in document.elements:
        near = any(span.start <= element.span.start < span.end for span in found)
        if element.kind in _TEXT and near:
            sections.setdefault(element.heading_path, []).extend(_sentences(document.text, element))
    held = [(path, spans) for path, spans in sections.items() if spans]
    if not held:
        return
    texts = [" ".join(document.text[span.start : span.end] for span in spans[:3]) for _, spans in held]
    scores = relevance(
        material.question, [(chunk, path, text) for (path, _), text in zip(held, texts, strict=True)], material.scorer
    )
    order = sorted(range(len(held)), key=lambda at: -scores[at])[:_SECTIONS]
    telling = _scores_of(material, chunk)
    best = [
        sorted(held[at][1], key=lambda span: -telling.get(span.start, 0.0))
        for at in order
        if scores[at] >= _ALMOST * scores[order[0]]
    ]
    for place in range(3):
        for spans in best:
            yield from spans[place : place + 1]


def _scores_of(material: Material, chunk: Chunk) -> dict[int, float]:
    """Returns the scores of the sentences found in a document, by their places."""
    versions = [hit.chunk.version_id for hit in material.hits]
    return {item.span.start: item.score for item in material.evidence if versions[item.hit_index] == chunk.version_id}


def _carries(sentence: str, *, is_item: bool) -> bool:
    """Returns whether a sentence says something alone; an item of a list needs no full stop."""
    text = sentence[match.end() :] if (match := _CLAUSE.match(sentence)) else sentence
    size = max(len(text.split()), len(text) // 8)
    is_sentence = not _LABELLED.match(text) if is_item else text.rstrip()[-1:] in _ENDS
    stands_alone = is_sentence and not is_question(text) and not text[:1].isdigit()
    return stands_alone and (_SHORTEST_ITEM if is_item else _SHORTEST) <= size <= _LONGEST


def _fitting(text: str, spans: Iterator[Span], room: int) -> Iterator[Span]:
    """Yields spans until the words are used up, without those that repeat what was said."""
    said: frozenset[str] = frozenset()
    for span in spans:
        sentence = text[span.start : span.end]
        size = max(len(sentence.split()), len(sentence) // 8)
        own = frozenset(content_words(sentence))
        if said and size > room:
            return
        if len(own & said) < _REPEATED * len(own):
            yield span
            said |= own
            room -= size
