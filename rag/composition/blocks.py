"""Finds what of a document belongs together: lists with their introduction, paragraphs with their commands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from rag.text.sentences import split_sentences
from rag.types import DocumentText, Element, ElementKind, Span

_NUMBER = re.compile(r"(?:step |schritt |étape |paso )?\(?(\d{1,2})[.):\]]\s", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"[:：]\s*\Z|\b(?:following|steps|below|folgende\w?|suivant\w{0,2}|siguiente\w?|seguent\w|seguinte\w?|volgende)\b|以下|如下",
    re.IGNORECASE,
)


_BETWEEN_STEPS = 2
"""Commands and remarks between two steps of a list at most."""


class BlockKind(StrEnum):
    """What a block is made of."""

    LIST = "list"
    NUMBERED = "numbered"
    BELOW_ITEM = "below_item"
    COMMANDS = "commands"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Parts that belong together, under their heading; ``lead`` is the sentence that introduces them."""

    kind: BlockKind
    heading_path: tuple[str, ...]
    lead: Span | None
    parts: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """The place from the introduction to the last part."""
        return Span(start=(self.lead or self.parts[0]).start, end=self.parts[-1].end)


def blocks(document: DocumentText) -> list[Block]:
    """Returns the document's blocks in reading order; a paragraph is a block and can be part of another."""
    found: list[Block] = []
    for section in _sections(document.elements):
        found += _lists(document.text, section)
        found += _commands(section)
        found += [
            Block(kind=BlockKind.PARAGRAPH, heading_path=element.heading_path, lead=None, parts=(element.span,))
            for element in section
            if element.kind is ElementKind.PARAGRAPH
        ]
    return found


def _sections(elements: Sequence[Element]) -> Iterator[list[Element]]:
    for is_heading, group in groupby(elements, key=lambda element: element.kind is ElementKind.HEADING):
        if not is_heading:
            yield list(group)


def _lists(text: str, section: Sequence[Element]) -> Iterator[Block]:
    """Yields each run of items, and the numbered ones inside of it once more as a list of their own."""
    numbers = [_number(text, element) for element in section]
    at = 0
    while at < len(section):
        end = _end_of_list(section, numbers, at)
        if end > at:
            yield _list(text, section, at, end, kind=BlockKind.NUMBERED if numbers[at] == 1 else BlockKind.LIST)
            inner = next((place for place in range(at + 1, end) if numbers[place] == 1), end)
            inner_end = _end_of_list(section, numbers, inner, only_numbered=True) if inner < end else inner
            if inner_end > inner + 1:
                yield _list(text, section, inner, inner_end, kind=BlockKind.NUMBERED)
            yield from _below_items(text, section[at:end], numbers[at:end])
        at = max(end, at + 1)


def _below_items(text: str, items: Sequence[Element], numbers: Sequence[int | None]) -> Iterator[Block]:
    """Yields the items below each item that introduces others, up to the next such item, in lists without numbers."""
    if any(number is not None for number in numbers):
        return
    leads = [at for at, item in enumerate(items) if _introduction(text, item.span) is not None]
    for at, end in pairwise([*leads, len(items)]):
        if end - at > _BETWEEN_STEPS:
            yield _list(text, items, at + 1, end, kind=BlockKind.BELOW_ITEM)


def _end_of_list(
    section: Sequence[Element], numbers: Sequence[int | None], at: int, *, only_numbered: bool = False
) -> int:
    """Returns the end of the list that begins at ``at``; ``at`` itself where none does."""
    end, last = at, numbers[at]
    if section[at].kind is not ElementKind.LIST_ITEM and last != 1:
        return at
    for place in range(at, len(section)):
        kind, number = section[place].kind, numbers[place]
        follows = number is not None and (place == at or last is None or number == last + 1)
        if follows or (kind is ElementKind.LIST_ITEM and not only_numbered):
            end, last = place + 1, number if number is not None else last
        elif kind is ElementKind.TABLE or last is None or place - end > _BETWEEN_STEPS:
            break
    # Commands and remarks under a step belong to it; those after the last one only as far as they are commands.
    while end < len(section) and last is not None and section[end].kind is ElementKind.CODE:
        end += 1
    return end if end > at + 1 else at


def _number(text: str, element: Element) -> int | None:
    if element.kind not in {ElementKind.LIST_ITEM, ElementKind.PARAGRAPH}:
        return None
    match = _NUMBER.match(text, element.span.start, element.span.end)
    return int(match[1]) if match else None


def _list(text: str, section: Sequence[Element], at: int, end: int, *, kind: BlockKind) -> Block:
    return Block(
        kind=kind,
        heading_path=section[at].heading_path,
        lead=_introduction(text, section[at - 1].span) if at else None,
        parts=tuple(element.span for element in section[at:end]),
    )


def _introduction(text: str, before: Span) -> Span | None:
    sentences = split_sentences(text[before.start : before.end])
    if not sentences or not _INTRODUCES.search(text[before.start + sentences[-1].start : before.end]):
        return None
    return Span(start=before.start + sentences[-1].start, end=before.start + sentences[-1].end)


def _commands(section: Sequence[Element]) -> Iterator[Block]:
    """Yields the paragraphs that stand directly before code, each with its code, up to the last code of the section."""
    group: list[Element] = []
    pending: Element | None = None
    for element in section:
        if element.kind is ElementKind.CODE:
            group += [pending, element] if pending is not None else [element]
            pending = None
        elif pending is not None and group:  # two paragraphs without code between: another matter
            yield _of_commands(group)
            group, pending = [], element
        else:
            pending = element if element.kind in {ElementKind.PARAGRAPH, ElementKind.LIST_ITEM} else None
    if group:
        yield _of_commands(group)


def _of_commands(group: Sequence[Element]) -> Block:
    return Block(
        kind=BlockKind.COMMANDS,
        heading_path=group[0].heading_path,
        lead=None,
        parts=tuple(element.span for element in group),
    )
