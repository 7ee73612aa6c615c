"""Finds what a document says about itself: its author, dates, version and status. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from rag.composition.phrases.asked import Asked
from rag.text.facts import stated
from rag.text.sentences import split_sentences
from rag.text.words import words
from rag.types import DocumentText, Span

DATED = frozenset({Asked.UPDATED, Asked.PUBLISHED, Asked.EFFECTIVE})
SELF_TOLD = (Asked.AUTHOR, Asked.STATUS, Asked.VERSION, Asked.PUBLISHED, Asked.UPDATED, Asked.EFFECTIVE)
"""What a document may say of itself."""
_MOST_WORDS = 14
"""Words of a line without a colon that says something about the document."""
_MOST_LINES, _MOST_LABELS, _LONGEST_LABEL, _LABEL_WORDS = 4_000, 20, 60, 4
_FIRST_WORDS = 6
"""Words of a sentence of which one names the document, where the sentence is about it."""
_YEAR_DIGITS = 4
_FIRST_WITHOUT_SPACES = "\u3000"
_MARKS = " \t|>*_(•–-"
_SEPARATOR = re.compile(r"[*_]{0,3} ?(?:[:：](?!//)|\|)[*_]{0,3}\s{0,8}(?=\S)")
_NEXT_LABEL = re.compile(r"\s(?=[A-Z][\w-]{1,30}: )|\s\|\s")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """The labels before a value, longest first, and the words that say it in a sentence."""

    labels: tuple[str, ...]
    said: tuple[str, ...]


def statement(document: DocumentText, kind: Asked) -> Span | None:
    """Returns the place at which a document states its author, a date, version or status; None where it does not.

    A line such as ``Author: Ada Berg`` comes before one such as ``Last updated 3 May 2021`` and before a sentence.
    """
    lines = list(_lines(document.text))
    for find in (_with_colon, _without_colon):
        found = next((span for line in lines if (span := find(document.text, line, kind)) is not None), None)
        if found is not None:
            return found
    return _sentence(document.text, lines, kind)


@cache
def document_nouns() -> frozenset[str]:
    """Returns the words for documents, as ``words`` gives them."""
    return frozenset(word for noun in _file()["nouns"]["words"] for word in words(noun))


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        if number == _MOST_LINES:
            return
        if line.strip():
            yield Span(start=start, end=start + len(line.rstrip()))
        start += len(line)


def _with_colon(text: str, line: Span, kind: Asked) -> Span | None:
    """Returns a label with its value; one line may hold several."""
    separators = list(islice(_SEPARATOR.finditer(text, line.start, line.end), _MOST_LABELS))
    starts = [_label_before(text, line.start, one.start(), _all_labels()) for one in separators]
    for at, one in enumerate(separators):
        start = _label_before(text, line.start, one.start(), _said(kind).labels)
        if start is None:
            continue
        next_label = _NEXT_LABEL.search(text, one.end(), line.end)
        ends = [other for other in starts[at + 1 :] if other is not None and other >= one.end()]
        end = min([line.end, *ends[:1], *([next_label.start()] if next_label else [])])
        if _is_value(text[one.end() : end], kind):
            return Span(start=start, end=one.end() + len(text[one.end() : end].rstrip(" ,;|*_")))
    return None


def _label_before(text: str, start: int, end: int, labels: tuple[str, ...]) -> int | None:
    """Returns where the longest of the labels begins that end at ``end``; None where none does."""
    before = text[max(start, end - _LONGEST_LABEL) : end].rstrip(_MARKS).casefold()
    if not before.endswith(labels):
        return None
    for label in labels:  # the longest first
        at = len(before) - len(label)
        is_word = at <= 0 or not before[at - 1].isalnum() or label[0] >= _FIRST_WITHOUT_SPACES
        if before.endswith(label) and is_word:
            return max(start, end - _LONGEST_LABEL) + at
    return None


def _without_colon(text: str, line: Span, kind: Asked) -> Span | None:
    """Returns a short line that begins with a label, such as ``Version 3.2 of May 2024``."""
    written = text[line.start : line.end]
    found = list(_WORD.finditer(written))
    if kind not in DATED | {Asked.VERSION} or len(found) > _MOST_WORDS:
        return None
    labels = frozenset(_said(kind).labels)
    start = len(written) - len(written.lstrip(_MARKS))
    for word in found[:_LABEL_WORDS]:
        if written[start : word.end()].casefold() in labels and _is_value(written[word.end() :], kind):
            return Span(start=line.start + start, end=line.end)
    return None


def _sentence(text: str, lines: Sequence[Span], kind: Asked) -> Span | None:
    """Returns the first sentence that says it with a verb: "This plan was last revised in May 2024"."""
    wanted = _said(kind).said
    for line in lines:
        if not any(phrase in text[line.start : line.end].casefold() for phrase in wanted):
            continue
        for one in split_sentences(text[line.start : line.end]):
            sentence = text[line.start + one.start : line.start + one.end]
            says = any(phrase in sentence.casefold() for phrase in wanted)
            if says and _is_about_itself(sentence) and _is_value(sentence, kind):
                return Span(start=line.start + one.start, end=line.start + one.end)
    return None


def _is_about_itself(sentence: str) -> bool:
    """Returns whether one of the first words of a sentence is that of a document: "This policy", "Dieses Handbuch"."""
    first = words(" ".join(sentence.split()[:_FIRST_WORDS])[:_LONGEST_LABEL])[:_FIRST_WORDS]
    return not document_nouns().isdisjoint(first)


def is_dated(text: str) -> bool:
    """Returns whether a text has a day, a month with a year, or a year."""
    facts = stated(text)
    return bool(facts.dates) or any(len(number) == _YEAR_DIGITS for number in facts.numbers)


def _is_value(text: str, kind: Asked) -> bool:
    if kind in DATED:
        return is_dated(text)
    return bool(stated(text).numbers) if kind is Asked.VERSION else bool(text.strip())


@cache
def _said(kind: Asked) -> _Said:
    held = _file()[kind.value]
    return _Said(labels=tuple(sorted(held["labels"], key=len, reverse=True)), said=tuple(held["said"]))


@cache
def _all_labels() -> tuple[str, ...]:
    return tuple(sorted((label for kind in SELF_TOLD for label in _said(kind).labels), key=len, reverse=True))


@cache
def _file() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))
