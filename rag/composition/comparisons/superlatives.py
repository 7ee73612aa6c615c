"""Finds the document of a kind that states the most or the least of something: "which projector is the lightest"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.about.naming import first_of_documents
from rag.composition.comparisons.lines import Line, lines_of
from rag.composition.labels import apart
from rag.composition.material import Citing, Material
from rag.composition.phrases.wording import worded
from rag.composition.ranking import share_of
from rag.composition.tables.question import Asked, Operation, asked_of
from rag.composition.tables.typed_columns import decimal_sign, value_of
from rag.text.dates import dates_of
from rag.text.words import words
from rag.types import Chunk

_DIRECTIONS = {Operation.MAX: -1, Operation.MIN: 1, Operation.NEXT: 1}
_DATES = "date"
_NUMBER = re.compile(r"(?<![\w.,-])([$€£¥]?) ?(\d[\d.,]{0,15}\d|\d)(?: ?(%|°?[^\W\d_]{1,12}(?:/[a-z]{1,6})?))?")
_FEWEST, _MOST, _SHOWN = 2, 12, 6
"""Documents of a kind that are compared, and those that are said."""
_WHICH = re.compile(
    r"\b(?:which|what|welche[rsn]?|quel(?:le)?s?|cuál|qué|quale|qual|welke?)\s(?:of\s(?:the|our|these|your)\s)?(\w{3,30})",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_HALF = 0.5
"""Share of the words for a thing that a sentence has which states it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    chunk: Chunk
    line: Line
    value: float | str
    unit: str


def superlative(material: Material) -> Composed | None:
    """Returns what each document of the kind states, the one asked for first; None where fewer than two state it."""
    asked = asked_of(material.question)
    direction = next((_DIRECTIONS[one] for one in asked.operations if one in _DIRECTIONS), 0)
    chunks = first_of_documents([*material.hits, *material.found])
    kind, chunks = _of_kind(material.question, chunks)
    if not direction or not kind or not _FEWEST <= len(chunks) <= _MOST:
        return None
    things = [word for word in asked.words if word not in kind]
    found = [_stated(material, chunk, things, asked) for chunk in chunks]
    stated = [one for one in found if one is not None]
    if len(stated) < _FEWEST or len({(one.unit, type(one.value)) for one in stated}) > 1:
        return None
    ordered = sorted(stated, key=lambda one: one.value, reverse=direction < 0)
    citing = Citing(material)
    sentences: list[ComposedSentence] = []
    for one in ordered[:_SHOWN]:
        mark = citing.mark(one.chunk, one.line.span)
        if mark is not None:
            text = f"{one.chunk.title or one.chunk.name}: {one.line.text}"
            sentences.append(ComposedSentence(text=text, marks=(mark,), before="\n" if sentences else ""))
    silent = [chunk.title or chunk.name for chunk, one in zip(chunks, found, strict=True) if one is None]
    if sentences and silent:
        text = f"{', '.join(silent)}: {worded('not_stated', material.question)}."
        sentences.append(ComposedSentence(text=text, marks=sentences[0].marks, before="\n"))
    return citing.composed(Shape.COMPARISON, sentences, certain=True) if sentences else None


def _of_kind(question: str, chunks: Sequence[Chunk]) -> tuple[frozenset[str], list[Chunk]]:
    """Returns the word for the kind that the question asks for ("which contract"), and the documents named so."""
    match = _WHICH.search(question)
    kind = frozenset(words(match[1])) if match else frozenset[str]()
    return kind, [chunk for chunk in chunks if kind <= frozenset(words(f"{chunk.title} {apart(chunk.name)}"))]


def _stated(material: Material, chunk: Chunk, things: Sequence[str], asked: Asked) -> _Stated | None:
    """Returns the sentence of a document that says how much of the thing there is, with that value."""
    document = material.document(chunk)
    if document is None:
        return None
    best: tuple[float, _Stated] | None = None
    for line in lines_of(document):
        share = _cover(line, things, asked)
        read = _date_in(line.text, things) if _DATES in asked.concepts else _number_in(line.text, document.text)
        if read is not None and share >= _HALF and (best is None or share > best[0]):
            best = share, _Stated(chunk=chunk, line=line, value=read[0], unit=read[1])
    return best[1] if best else None


def _cover(line: Line, things: Sequence[str], asked: Asked) -> float:
    held = frozenset(words(f"{line.heading} {line.text}"))
    if things:
        return share_of(things, held)
    return max((share_of([word], held) for word in asked.concept_words), default=0.0)


def _number_in(text: str, document: str) -> tuple[float, str] | None:
    match = _NUMBER.search(text)
    value = value_of(match[2], decimal_sign(document)) if match else None
    return None if match is None or value is None else (value, match[1] or (match[3] or "").rstrip("s"))


def _date_in(text: str, things: Sequence[str]) -> tuple[str, str] | None:
    """Returns the first date after a word for the thing, else the first one."""
    found = [(start, day) for (start, _), days in dates_of(text) for day in sorted(days)[:1] if all(day)]
    named = (match.start() for match in _WORD.finditer(text) if share_of(words(match.group()), frozenset(things)))
    at = next(named, 0)
    after = [day for start, day in found if start >= at] or [day for _, day in found]
    return ("-".join(f"{part:04d}" for part in after[0]), "") if after else None
