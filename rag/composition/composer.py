"""Composes answers without a model: the first planner whose shape fits the question and what was found."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Protocol

from rag.answers import AnswerTable, CitationMark, Composed, Shape
from rag.composition.focus import years_of
from rag.composition.material import Material
from rag.composition.phrases.asked import Asked, asked_for, holds, parts_of
from rag.composition.siblings import names_another, names_any
from rag.retrieval.evidence import EvidenceScorer
from rag.stages import DocumentTexts
from rag.text.links import without_targets
from rag.text.sections import release_of
from rag.text.words import words
from rag.types import Hit, Passage, Scope

_LOG = logging.getLogger(__name__)

_NOTE_MARK = re.compile(r"\s?\[\^[^\]\s]{1,12}\]")
_QUANTITIES = frozenset({Asked.QUANTITY, Asked.MONEY})
_OTHERS = frozenset(
    {Asked.PLACE, Asked.PERSON, Asked.REASON, Asked.OPTION, Asked.STEPS, Asked.LIST, Asked.COMPARISON, Asked.CONFLICT}
)
"""What a question may ask for beside a quantity."""


class Planner(Protocol):
    """Composes answers of one shape."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the answer; None where the question or what was found does not fit the shape."""
        ...


class Composer:
    """Asks the planners in their order; the last one fits any question."""

    def __init__(
        self, planners: Sequence[Planner], *, scorer: EvidenceScorer, texts: DocumentTexts | None = None
    ) -> None:
        self._planners = planners
        self._scorer = scorer
        self._texts = texts

    def compose(  # noqa: PLR0913 - what is known of a question, each part named by its caller
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        scope: Scope,
        closed: bool = False,
        alone: str = "",
        said: str = "",
        found: Sequence[Hit] = (),
        allows: Callable[[str], bool] = lambda _: True,
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> Composed | None:
        """Returns the answer to a question that stands on its own; None where the passages hold none.

        A planner that fails, which none should, is passed over: ``on_failure`` is told, and the next one answers.
        ``alone`` is a follow-up question before it was resolved, ``said`` the answer before it, ``found`` are all hits
        of the search, ``allows`` says of each document id whether the question is about it.
        Its passages are those that it cites, with new numbers. With ``closed`` they are ``passages``, as they are.
        """
        material = Material(
            question=question,
            scope=scope,
            passages=tuple(passages),
            scorer=self._scorer,
            texts=self._texts,
            closed=closed,
            alone=alone,
            said=said,
            found=tuple(found),
            allows=allows,
        )
        for planner in self._planners:
            try:
                composed = planner.plan(material)
                if composed is None:
                    continue
                if _lacks_what_is_asked(composed, material) or _is_of_another_year(composed, material):
                    return None
                composed = _shown(composed, question)
                if not closed:
                    composed = _below_own_headings(_renumbered(composed), material)
                return _certain_if_exact(_named(composed, material), material)
            except Exception:  # noqa: BLE001 - the failure of one shape must not lose the answer of another
                name = type(planner).__name__
                _LOG.exception("%s failed.", name)
                on_failure(f"{name} failed; the next one answered.")
        return None


def _shown(composed: Composed, question: str) -> Composed:
    """Returns the answer without marks of notes and, unless the question asks where something is, without addresses."""
    is_place = Asked.PLACE in asked_for(question)
    plain = [(one, _NOTE_MARK.sub("", one.text)) for one in composed.sentences]
    sentences = [replace(one, text=text if is_place else without_targets(text)) for one, text in plain]
    return replace(composed, sentences=tuple(sentences))


def _lacks_what_is_asked(composed: Composed, material: Material) -> bool:
    """Returns whether the question asks for a quantity or a price, and nothing else, and the answer has none.

    Where it asks for several, the answer must have one of them.
    """
    asked = asked_for(material.question)
    parts = [part for part in parts_of(material.question) if not asked_for(part).isdisjoint(_QUANTITIES)]
    if composed.shape is not Shape.FACT or composed.certain or asked.isdisjoint(_QUANTITIES) or asked & _OTHERS:
        return False
    cited = {mark.number for sentence in composed.sentences for mark in sentence.marks}
    headings = [
        heading
        for passage in composed.passages
        if passage.number in cited
        for heading in passage.hit.chunk.heading_path
    ]
    text = "\n".join([*_not_of_another(material.question, composed), *headings])
    return not any(
        all(holds(kind, text, part) for kind in asked_for(part) & _QUANTITIES) for part in parts or [material.question]
    )


def _is_of_another_year(composed: Composed, material: Material) -> bool:
    """Returns whether the question names a year, and all that is cited is of documents of other years without it."""
    asked = material.focus.years
    if not asked or composed.shape is Shape.COMPARISON:
        return False
    cited = {mark.number for sentence in composed.sentences for mark in sentence.marks}
    chunks = [passage.hit.chunk for passage in composed.passages if passage.number in cited]
    texts = [f"{chunk.name} {chunk.indexed_text}" for chunk in chunks]
    named = any(year in text for text in texts for year in asked)
    return bool(chunks) and not named and all(map(years_of, chunks))


def _not_of_another(question: str, composed: Composed) -> Iterator[str]:
    """Yields the sentences but those of another numbered thing than the question names: of Hall 4 instead of Hall 3."""
    of_another = False
    for sentence in composed.sentences:
        of_another = names_another(question, sentence.text) or (of_another and not names_any(sentence.text))
        if not of_another:
            yield sentence.text


def _certain_if_exact(composed: Composed, material: Material) -> Composed:
    """Returns the answer, certain where its first sentence has the very identifier that is asked for."""
    if composed.certain or not composed.sentences:
        return composed
    first = composed.sentences[0]
    cited = {mark.number for mark in first.marks}
    paths = [passage.hit.chunk.heading_path for passage in composed.passages if passage.number in cited]
    headings = [heading for path in paths for heading in path]
    found = frozenset(words("\n".join([first.text, *headings])))
    return replace(composed, certain=material.focus.is_exact(first.text, found, headings))


def _named(composed: Composed, material: Material) -> Composed:
    """Returns the answer with the release or, where the question chose among editions of a document, the name of that.

    The name is the title, or that of the file where editions have one title.
    """
    focus = material.focus
    if composed.shape is not Shape.FACT or not composed.sentences:
        return composed
    composed = _under_release(composed)
    if not focus.editions:
        return composed
    first, *others = composed.sentences
    cited = {passage.number: passage.hit.chunk for passage in composed.passages}
    chunks = [cited[mark.number] for mark in first.marks if cited[mark.number].version_id in focus.editions]
    if not chunks:
        return composed
    title = chunks[0].title
    titled = {hit.chunk.version_id for hit in material.hits if hit.chunk.title == title}
    name = title if len(titled) == 1 else chunks[0].name if focus.is_explicit else ""
    if not name or name in first.text:
        return composed
    return replace(composed, sentences=(replace(first, text=f"{name}: {first.text}"), *others))


def _under_release(composed: Composed) -> Composed:
    """Returns the answer; a sentence of a list of changes begins with its release and the kind of change."""
    first, *others = composed.sentences
    cited = {mark.number for mark in first.marks}
    paths = [passage.hit.chunk.heading_path for passage in composed.passages if passage.number in cited]
    below = [path[at:] for path in paths for at, heading in enumerate(path) if release_of(heading)]
    if not below:
        return composed
    said = below[0][1:] if release_of(below[0][0]) in first.text else below[0]
    label = ", ".join(heading for heading in said if heading not in first.text)
    text = f"{label}: {first.text}" if label else first.text
    return replace(composed, sentences=(replace(first, text=text), *others))


def _renumbered(composed: Composed) -> Composed:
    """Returns the answer with the passages that it cites alone, each with the places that it cites."""
    marks = [mark for sentence in composed.sentences for mark in sentence.marks]
    marks += [cell.mark for table in composed.tables for row in table.rows for cell in row if cell.mark]
    cited = {number: at for at, number in enumerate(dict.fromkeys(mark.number for mark in marks), start=1)}
    by_number = {passage.number: passage for passage in composed.passages}
    passages = [
        replace(
            by_number[old],
            number=new,
            kept=tuple(sorted({mark.span for mark in marks if mark.number == old and mark.span is not None})),
        )
        for old, new in cited.items()
    ]

    def moved(mark: CitationMark) -> CitationMark:
        return replace(mark, number=cited[mark.number])

    return replace(
        composed,
        passages=tuple(passages),
        sentences=tuple(replace(sentence, marks=tuple(map(moved, sentence.marks))) for sentence in composed.sentences),
        tables=tuple(_moved_table(table, cited) for table in composed.tables),
    )


def _below_own_headings(composed: Composed, material: Material) -> Composed:
    """Returns the answer; its passages, which may hold several sections, have the headings above what is cited of them.

    Where that stands in several sections, they have the headings that these have in common.
    """
    passages = []
    for passage in composed.passages:
        chunk = passage.hit.chunk
        elements = [material.element_at(chunk, span) for span in passage.kept]
        paths = [element.heading_path if element else chunk.heading_path for element in elements]
        levels = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
        path = tuple(level[0] for level in levels) if paths else chunk.heading_path
        hit = replace(passage.hit, chunk=replace(chunk, heading_path=path))
        passages.append(replace(passage, hit=hit))
    return replace(composed, passages=tuple(passages))


def _moved_table(table: AnswerTable, cited: dict[int, int]) -> AnswerTable:
    rows = [
        tuple(replace(cell, mark=cell.mark and replace(cell.mark, number=cited[cell.mark.number])) for cell in row)
        for row in table.rows
    ]
    return replace(table, rows=tuple(rows))
