"""Composes summaries of a document, of a section, of a topic or of all documents: the sentences that carry them."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.about.naming import first_chunk, first_of_documents, named
from rag.composition.about.planner import first_line, outline
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.phrases.wording import worded
from rag.composition.summaries.sections import Part, Section, grouped, sections_of, size_of
from rag.composition.summaries.target import LEAST, Target, limit_of, subject_of, target_of
from rag.composition.tables.grid import grids_of
from rag.stages import Library, LibraryDocument
from rag.text.words import content_words, has_cjk, numbers
from rag.types import DocumentText, Span

_MOST_WORDS, _FEW_WORDS = 100, 60
_A_DOCUMENT = 30
"""Words that are said of each document where all are summarised."""
_DOCUMENTS, _OTHERS, _COLUMNS = 12, 6, 12
"""Documents, headings and columns that are named at most."""
_REPEATED, _SAME = 0.6, 0.85
"""Share of a sentence's words that were said before, from which on it adds nothing, and where it has new figures."""
_GIST_SHARE, _INTRODUCTION_SHARE = 0.9, 0.4
"""Share of the room that a section that says the whole in short may take, or the text before the first section."""
_LATER = 0.08
"""What a section loses for each one before it."""
_AGAIN = 0.1
"""What a topic's sentence loses for each better one of its section."""
_VALUES = frozenset(
    {Asked.AMOUNT, Asked.DATE, Asked.PERSON, Asked.PLACE, Asked.STEPS, Asked.REASON, Asked.LIST, Asked.DEFINITION}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPlanner:
    """Gives the sentences that carry a document, a section or a topic, each below its heading."""

    library: Library | None = None

    def plan(self, material: Material) -> Composed | None:
        """Returns the summary in reading order; None where the question asks for none."""
        asked = asked_for(material.question)
        is_brief = Asked.BRIEF in asked
        if asked.isdisjoint({Asked.SUMMARY, Asked.TOPIC}) and (not is_brief or asked & _VALUES):
            return None
        if not subject_of(material.question) and self.library and len(first_of_documents(material.hits)) > 1:
            return _of_all(material, material.documents_of(self.library))
        target = target_of(material, self.library)
        if target is None:
            return None
        limit = limit_of(material.question)
        room = _FEW_WORDS if is_brief or limit else _MOST_WORDS
        if not target.sections:
            return None if target.is_topic else _of_tables(material, target)
        chosen = _chosen(target, room, limit or len(target.document.text))
        composed = _composed(material, target, chosen, is_brief=is_brief or bool(limit))
        if composed is None:
            return outline(material, target.chunk, target.document) if target.is_sure else None
        return composed


def _chosen(target: Target, room: int, most: int) -> list[tuple[Section, Part]]:
    """Returns the parts that fit the room, each with its section: the best of every section first."""
    chosen: list[tuple[Section, Part]] = []
    said: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    left = room
    for section, part in _in_turn(target, room):
        own = frozenset(content_words(part.text))
        if len(chosen) == most or left <= 0:
            break
        is_new = len(own & said) < (_REPEATED if numbers(part.text) <= figures else _SAME) * len(own)
        size = part.size if target.is_topic else part.size + _label_size(section, target, chosen)
        if is_new and (size <= left or not chosen):
            chosen.append((section, part))
            said |= own
            figures |= numbers(part.text)
            left -= size
    return sorted(chosen, key=lambda pair: pair[1].place)


def _label_size(section: Section, target: Target, chosen: Sequence[tuple[Section, Part]]) -> int:
    """Returns the words of the label before the first part of a section."""
    return 0 if any(one.path == section.path for one, _ in chosen) else size_of(_label(section, target))


def _in_turn(target: Target, room: int) -> Iterator[tuple[Section, Part]]:
    """Yields what says the whole in short, then the best part of each section, the best first, then the next ones."""
    sections = target.sections
    first = next((section for section in sections if section.is_gist), None)
    share = _GIST_SHARE
    if first is None and not target.is_topic and len(sections) > 1 and len(sections[0].path) < len(sections[1].path):
        first, share = sections[0], _INTRODUCTION_SHARE
    used = 0
    for part in first.parts if first else ():
        if part.score > target.least and (not used or used + part.size <= share * room):
            used += part.size
            yield first, part  # type: ignore[misc]
    worth = {section.path: section.best - _LATER * at for at, section in enumerate(sections)}
    others = sorted((one for one in sections if one is not first), key=lambda one: -worth[one.path])
    ranked = [sorted(section.parts, key=lambda part: -part.score) for section in others]
    turns = [
        (place, -worth[section.path], _AGAIN * place - part.score, section, part)
        for section, parts in zip(others, ranked, strict=True)
        for place, part in enumerate(parts)
        if part.score > target.least
    ]
    order = operator.itemgetter(2) if target.is_topic else operator.itemgetter(0, 1)
    yield from ((section, part) for *_, section, part in sorted(turns, key=order))


def _composed(
    material: Material, target: Target, chosen: Sequence[tuple[Section, Part]], *, is_brief: bool
) -> Composed | None:
    citing = Citing(material)
    is_lined = len({section.path for section, _ in chosen}) > 1 and not target.is_topic
    sentences: list[ComposedSentence] = []
    last: Section | None = None
    for section, part in chosen:
        mark = citing.mark(target.chunk, part.span) or citing.mark(
            target.chunk, Span(start=part.place, end=part.place + 1)
        )
        if mark is None:
            continue
        is_next = last is not None and section.path != last.path
        before = "" if not sentences else "\n" if is_lined and is_next else "" if has_cjk(part.text) else " "
        label = _label(section, target) if is_lined and (last is None or is_next) else ""
        sentences.append(ComposedSentence(text=f"{label}{part.text}", marks=(mark,), before=before))
        last = section
    if not sentences:
        return None
    if not (is_brief or target.is_topic):
        sentences.extend(_left_out(material, citing, target, chosen))
    return citing.composed(Shape.SUMMARY, sentences, certain=target.is_sure)


def _label(section: Section, target: Target) -> str:
    """Returns the heading to be said before the first part of a section; empty above what introduces the document."""
    is_whole = section.is_gist or section.heading == target.document.title
    return "" if is_whole or not section.heading else f"{section.heading}: "


def _left_out(
    material: Material, citing: Citing, target: Target, chosen: Sequence[tuple[Section, Part]]
) -> Iterator[ComposedSentence]:
    """Yields the names of the sections of which nothing is said."""
    shown = {section.path for section, _ in chosen}
    left = [
        section for section in target.sections if section.path not in shown and section.heading and section.best > 0
    ]
    marks = [
        mark for section in left[:_OTHERS] if (mark := citing.mark(target.chunk, section.parts[0].span)) is not None
    ]
    if not marks:
        return
    names = [section.heading for section in left[:_OTHERS]]
    if len(left) > _OTHERS:
        names.append(worded("and_more", material.question, count=len(left) - _OTHERS))
    text = worded("also", material.question, names=", ".join(names))
    yield ComposedSentence(text=text, marks=tuple(marks), before="\n")


def _of_tables(material: Material, target: Target) -> Composed | None:
    """Says how many rows a document's tables have, and which columns."""
    citing = Citing(material)
    sentences: list[ComposedSentence] = []
    for grid in grids_of(target.chunk, target.document, target.document.tables[:_OTHERS]):
        mark = citing.mark(target.chunk, Span(start=grid.end - 1, end=grid.end)) or citing.mark(
            target.chunk, first_line(target.chunk)
        )
        name = named(target.chunk.name, grid.title or target.chunk.title)
        text = worded(
            "columns", material.question, name=name, count=grid.row_count, names=", ".join(grid.names[:_COLUMNS])
        )
        if mark is not None:
            sentences.append(ComposedSentence(text=text, marks=(mark,), before="\n" if sentences else ""))
    return citing.composed(Shape.SUMMARY, sentences, certain=target.is_sure) if sentences else None


def _of_all(material: Material, records: Sequence[LibraryDocument]) -> Composed | None:
    """Says of each document what it is about."""
    citing = Citing(material)
    sentences: list[ComposedSentence] = []
    for record in records[:_DOCUMENTS]:
        chunk = first_chunk(material, record)
        document = material.document(chunk) if chunk else None
        mark = citing.mark(chunk, first_line(chunk)) if chunk else None
        if chunk is None or document is None or mark is None:
            continue
        text = f"{named(chunk.name, chunk.title)}: {_in_one(document)}"
        sentences.append(ComposedSentence(text=text.rstrip(": "), marks=(mark,), before="\n" if sentences else ""))
    if sentences and len(records) > _DOCUMENTS:
        more = worded("and_more", material.question, count=len(records) - _DOCUMENTS)
        sentences.append(ComposedSentence(text=f"… {more}.", marks=sentences[0].marks, before="\n"))
    return citing.composed(Shape.SUMMARY, sentences, certain=True) if sentences else None


def _in_one(document: DocumentText) -> str:
    """Returns what a document is about in a sentence: its first one above all sections, else their headings."""
    groups = grouped(sections_of(document))
    if not groups:
        return ", ".join(dict.fromkeys(table.name for table in document.tables if table.name))
    first = next((group for group in groups if group.is_gist), groups[0])
    said = next((part.text for part in first.parts if part.size <= _A_DOCUMENT and part.score > LEAST), "")
    headings = [group.heading for group in groups if group.heading]
    is_said = said and (first.is_gist or len(groups) == 1 or len(first.path) < len(groups[1].path))
    return said if is_said or len(headings) < 2 else f"{', '.join(headings[:_OTHERS])}."  # noqa: PLR2004
