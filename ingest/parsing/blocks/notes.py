"""Puts footnotes and endnotes where their marks stand, so that a sentence is read and quoted with its note. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.text.sentences import split_sentences

_MARK = re.compile(r"([.!?;,:…]?)[ \t]?\[\^([^\]\s]{1,12})\]")
_NOTE = re.compile(r"\[\^([^\]\s]{1,12})\]:?\s+(\S.*)", re.DOTALL)
_LONGEST_WITHIN = 240
_MOST_MARKS = 3
"""Marks of a paragraph at most; one that has more cites sources, which would hide what it says."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The place of a text among those that were given, its words now, and the place of the text that cites it."""

    at: int
    text: str | None
    cited_at: int | None = None


def placed_notes(texts: Sequence[str | None]) -> Iterator[Placed]:
    """Yields texts with each short note in brackets at its mark, and a longer one after the text that has its mark.

    A note stays where it is if its place cannot be told: its mark stands nowhere, or there are several notes of that
    mark. None is what no note is put into, such as a table.
    """
    notes = {at: (match[1], match[2].strip()) for at, text in enumerate(texts) if (match := _NOTE.match(text or ""))}
    times = Counter(mark for mark, _ in notes.values())
    citing: dict[str, int] = {}
    for at, text in enumerate(texts):
        marks = [match[2] for match in _MARK.finditer(text or "")] if notes and at not in notes else []
        for mark in marks if len(marks) <= _MOST_MARKS else ():
            citing.setdefault(mark, at)
    moved = {at: note for at, note in notes.items() if times[note[0]] == 1 and note[0] in citing}
    within = {mark: words.rstrip(".。") for mark, words in moved.values() if _is_short(words)}
    after: dict[int, list[int]] = {}
    for at, (mark, _) in moved.items():
        if mark not in within:
            after.setdefault(citing[mark], []).append(at)
    for at, text in enumerate(texts):
        if at not in moved:
            yield Placed(at, _filled(text, within) if text and within else text)
            yield from (Placed(note, texts[note], at) for note in after.get(at, ()))


def _is_short(words: str) -> bool:
    """Returns whether a note is one short sentence, without a mark of its own."""
    is_line = len(words) <= _LONGEST_WITHIN and "\n" not in words and "[^" not in words
    return is_line and len(split_sentences(words)) == 1


def _filled(text: str, notes: dict[str, str]) -> str:
    def at_mark(mark: re.Match[str]) -> str:
        words = notes.get(mark[2])
        return mark[0] if words is None else f" ({words}){mark[1]}"

    return _MARK.sub(at_mark, text)
