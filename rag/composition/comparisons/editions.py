"""Compares two editions of a document: the sentences below the same headings that differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.about.naming import first_of_documents
from rag.composition.comparisons.lines import Line, lines_of
from rag.composition.labels import apart
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asking_words
from rag.composition.phrases.wording import worded
from rag.composition.ranking import asked_words, share_of
from rag.text.words import words
from rag.types import Chunk

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?(?!\d)|(?<![\w.])v?\d{1,2}\.\d{1,2}(?![\w.])")
_AGES = re.compile(
    r"\b(?:old|older|new|newer|previous|former|current|latest|last|alte\w?|neue\w?|frühere\w?|bisherige\w?|ancien(?:ne)?|"
    r"nouve(?:au|lle)|précédente?|antigu[ao]|nuev[ao]|anterior|vecchi[ao]|nuov[ao]|precedente|antig[ao]|nov[ao]|oude|nieuwe|"
    r"vorige)\b|旧|新",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_SAME = 0.3
"""Share of the words that two sentences must have in common to be two wordings of one."""
_ALMOST = 0.8
_MOST, _MOST_OF_SUBJECT = 10, 3
_PAIR = 2


_Change = tuple[Line | None, Line | None]


def compared_editions(material: Material) -> Composed | None:
    """Returns what differs between two editions that the question names; None where it names none."""
    pair = _editions(material)
    if pair is None:
        return None
    old, new = (material.document(chunk) for chunk in pair)
    if old is None or new is None:
        return None
    changes = list(_changes(list(lines_of(old)), list(lines_of(new))))
    changes = _about(material, pair, changes)
    if not changes:
        return None
    citing = Citing(material)
    names = [_edition(one, pair) for one in pair]
    sentences: list[ComposedSentence] = []
    for change in changes:
        for chunk, name, line in zip(pair, names, change, strict=True):
            mark = citing.mark(chunk, line.span) if line else _beside(citing, pair, change)
            if mark is not None:
                said = line.text if line else f"{worded('not_stated', material.question)}."
                sentences.append(_sentence(name, said, change, mark, is_first=not sentences))
    return citing.composed(Shape.COMPARISON, sentences, certain=True) if sentences else None


def _sentence(name: str, said: str, change: _Change, mark: CitationMark, *, is_first: bool) -> ComposedSentence:
    heading = next((line.heading for line in change if line is not None and line.heading), "")
    label = f"{heading}, {name}" if heading else name
    return ComposedSentence(text=f"{label}: {said}", marks=(mark,), before="" if is_first else "\n")


def _beside(citing: Citing, pair: Sequence[Chunk], change: _Change) -> CitationMark | None:
    return next((citing.mark(chunk, line.span) for chunk, line in zip(pair, change, strict=True) if line), None)


def _editions(material: Material) -> tuple[Chunk, Chunk] | None:
    """Returns the older and the newer of two documents with one name but for a year or version, if both are meant."""
    found = first_of_documents(material.hits)
    named = frozenset(_DIGITS.findall(material.question))
    ages = {match.casefold() for match in _AGES.findall(material.question)}
    has_ages = len(ages) >= (1 if Asked.CHANGES in material.asked else _PAIR)
    for one, other in combinations(found, _PAIR):
        days = [_day_of(one), _day_of(other)]
        is_named = all(named.intersection(_DIGITS.findall(day)) for day in days)
        if _bare(one) == _bare(other) and days[0] != days[1] and (is_named or (has_ages and not named)):
            # Without a day it is the present one.
            return (one, other) if (days[0] or "~") < (days[1] or "~") else (other, one)
    return None


def _bare(chunk: Chunk) -> str:
    return _flat(_YEAR.sub(" ", apart(chunk.name)))


def _day_of(chunk: Chunk) -> str:
    return max(_YEAR.findall(apart(chunk.name)), default="")


def _edition(chunk: Chunk, pair: Sequence[Chunk]) -> str:
    """Returns what tells the edition from the other: its year, else its title, else its name."""
    titles = {one.title for one in pair}
    return _day_of(chunk) or (chunk.title if len(titles) > 1 else chunk.name)


def _changes(old: Sequence[Line], new: Sequence[Line]) -> Iterator[_Change]:
    """Yields the sentences that only one edition has, each with the one that took its place below the same heading."""
    known = [frozenset(_flat(line.text) for line in lines) for lines in (old, new)]
    gone = [line for line in old if _flat(line.text) not in known[1]]
    came: dict[str, list[Line]] = defaultdict(list)
    for line in new:
        if _flat(line.text) not in known[0]:
            came[_heading(line)].append(line)
    for line in gone:
        others = came[_heading(line)]
        best = max(others, key=lambda other: _likeness(line, other), default=None)
        if best is not None and _likeness(line, best) >= _SAME:
            others.remove(best)
            yield line, best
        else:
            yield line, None
    yield from ((None, line) for lines in came.values() for line in lines)


def _heading(line: Line) -> str:
    return _flat(_YEAR.sub(" ", line.heading))


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _likeness(one: Line, other: Line) -> float:
    return len(one.held & other.held) / (len(one.held | other.held) or 1)


def _about(material: Material, pair: Sequence[Chunk], changes: Sequence[_Change]) -> list[_Change]:
    """Returns the changes of what the question asks for, else the first ones."""
    names = frozenset(words(" ".join(f"{apart(one.name)} {one.title}" for one in pair)))
    known = names | asking_words(material.question) | frozenset(words(" ".join(_AGES.findall(material.question))))
    subject = [word for word in asked_words(material.question) if word not in known and not word.isdecimal()]
    covers = [
        share_of(subject, frozenset(words(" ".join(f"{line.heading} {line.text}" for line in change if line))))
        for change in changes
    ]
    top = max(covers, default=0.0)
    if not subject or top == 0:
        return list(changes[:_MOST])
    return [one for one, cover in zip(changes, covers, strict=True) if cover >= _ALMOST * top][:_MOST_OF_SUBJECT]
