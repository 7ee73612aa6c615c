"""Shows passages that state different values for the same thing side by side, each with its document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.labels import apart, day_of, told_apart
from rag.composition.material import Material
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.phrases.wording import worded
from rag.composition.ranking import Ranked
from rag.text.facts import stated
from rag.text.words import content_words, words
from rag.types import Chunk

_LOOKED_AT = 12
"""Sentences, best first, among which contradictions are looked for."""
_SAME_SUBJECT = 0.6
"""Jaccard overlap of the words beside the values from which on two sentences speak of the same thing."""
_LEAST_SHARE = 0.6
"""Share of the best score that a sentence of another document must have to stand beside the best one."""
_SAME_MATTER = 0.4
"""Share of the words from which on a newer edition's sentence is about the same as the older one's."""
_MOST = 3
_PAIR = 2
_DEEP = 2
"""Headings from which on the last but one is no title."""
_OR = re.compile(r"(\w{1,30})(?:\s(?:or|oder|ou|o|of)\s|还是)(\w{1,30})", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictionPlanner:
    """Gives both passages where the best one is contradicted, or each document's if the question asks for that."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the passages with their documents; None where nothing contradicts the best one.

        A question that says which edition it means is answered from that one alone.
        """
        sentences = material.ranked[:_LOOKED_AT]
        if not sentences:
            return None
        asks = Asked.CONFLICT in asked_for(material.question)
        if material.focus.is_explicit and not asks:
            return None
        chosen = _alternatives(material) if asks else []
        against = chosen[1:] or [item for item in sentences[1:] if _contradicts(material, sentences[0], item)]
        current = [] if against else _of_newer_edition(material, sentences)
        chosen = chosen or [sentences[0], *(against[:1] or current)]
        if asks and not against:
            chosen = _best_of_documents(material, sentences)
        if len(chosen) == 1:
            return None
        chosen.sort(key=lambda item: (item in current, day_of(_chunk(material, item))), reverse=True)
        names = told_apart([_chunk(material, item) for item in chosen])
        said = [_labelled(material, item, name) for item, name in zip(chosen, names, strict=True)]
        if against:
            marks = tuple(mark for one in said for mark in one.marks)
            said = [ComposedSentence(text=worded("differ", material.question), marks=marks), *said]
        days = [day_of(_chunk(material, item)) for item in chosen]
        if (against or current) and days[0] > days[1] > "":
            text = worded("newer", material.question, name=names[0], day=days[0])
            said.append(ComposedSentence(text=text, marks=said[-len(chosen)].marks, before="\n"))
        return Composed(
            shape=Shape.COMPARISON, sentences=tuple(said), passages=material.passages, certain=asks and bool(against)
        )


def _of_newer_edition(material: Material, sentences: Sequence[Ranked]) -> list[Ranked]:
    """Returns what the newest edition says, where the best sentence is of an older one."""
    first = sentences[0]
    newest = material.focus.newer.get(_chunk(material, first).version_id)
    said, asked = frozenset(content_words(first.evidence.text)), first.evidence.words

    def likeness(item: Ranked) -> float:
        shared = len(said & frozenset(content_words(item.evidence.text))) / max(1, len(said))
        return (2 * shared + len(asked & item.evidence.words) / max(1, len(asked))) / 3

    fitting = [
        item
        for item in sentences
        if _chunk(material, item).version_id == newest and item.score >= _LEAST_SHARE * first.score
    ]
    best = max(fitting, key=likeness, default=None)
    return [best] if best and likeness(best) >= _SAME_MATTER else []


def _alternatives(material: Material) -> list[Ranked]:
    """Returns two sentences that say the same of the two words between which the question asks, such as days and weeks.

    Empty where there are none. They may stand in one document.
    """
    found = _OR.search(material.question)
    named = content_words(" ".join(found.groups())) if found else ()
    if len(named) != _PAIR:
        return []
    one, two = named
    held = [(item, frozenset(content_words(item.evidence.text))) for item in material.ranked]
    firsts = [(item, own - {one}) for item, own in held if one in own and two not in own]
    seconds = [(item, own - {two}) for item, own in held if two in own and one not in own]
    pairs = [
        [item, other]
        for item, own in firsts
        for other, same in seconds
        if len(own & same) >= _SAME_SUBJECT * len(own | same) > 0
    ]
    return max(pairs, key=lambda both: both[0].score + both[1].score, default=[])


def _contradicts(material: Material, first: Ranked, other: Ranked) -> bool:
    """Returns whether two sentences of different places say the same with different figures."""
    one, two = _chunk(material, first), _chunk(material, other)
    if one.version_id == two.version_id or _differ_above(one.heading_path, two.heading_path):
        return False
    if _is_named_alone(material.question, one, two) or _is_named_alone(material.question, two, one):
        return False
    ours, theirs = stated(first.evidence.text), stated(other.evidence.text)
    if not (ours.numbers - theirs.numbers and theirs.numbers - ours.numbers):
        return False
    subject, same = _subject(first.evidence.text), _subject(other.evidence.text)
    return len(subject & same) >= _SAME_SUBJECT * len(subject | same) > 0


def _is_named_alone(question: str, one: Chunk, other: Chunk) -> bool:
    """Returns whether the question has a word of the first one's names that the other has nowhere."""
    named = frozenset(content_words(question)).intersection(words(" ".join([apart(one.name), *one.heading_path])))
    return not named <= frozenset(words(f"{apart(other.name)} {other.indexed_text}"))


def _differ_above(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Returns whether the same heading stands below different ones, as in the sections of two roles."""
    return path[-1:] == other[-1:] != () and len(path) > _DEEP and len(other) > _DEEP and path[-2] != other[-2]


def _subject(text: str) -> frozenset[str]:
    return frozenset(word for word in content_words(text) if not _DIGIT.search(word))


def _best_of_documents(material: Material, sentences: Sequence[Ranked]) -> list[Ranked]:
    best: dict[str, Ranked] = {}
    for item in sentences:
        if item.score >= _LEAST_SHARE * sentences[0].score:
            best.setdefault(_chunk(material, item).document_id, item)
    return list(best.values())[:_MOST]


def _labelled(material: Material, item: Ranked, name: str) -> ComposedSentence:
    mark = CitationMark(number=material.passages[item.evidence.hit_index].number, span=item.evidence.span)
    return ComposedSentence(text=f"{name}: {item.evidence.text}", marks=(mark,), before="\n")


def _chunk(material: Material, item: Ranked) -> Chunk:
    return material.chunk_of(item.evidence)
