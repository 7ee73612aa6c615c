"""Finds what of a document belongs together: lists with their introduction, paragraphs with their commands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise, takewhile

from rag.text.sections import MAIL_HEADER, release_of
from rag.text.sentences import split_sentences
from rag.types import PROSE, DocumentText, Element, ElementKind, Span

_NUMBER = re.compile(r"(?:step |schritt |étape |paso )?\(?(?:(\d{1,2})[.):\]]|([a-z])\))\s", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"[:：]\s*\Z|\b(?:following|steps|below|folgende\w?|suivant\w{0,2}|siguiente\w?|seguent\w|seguinte\w?|volgende)\b|以下|如下",
    re.IGNORECASE,
)
_ENDS = frozenset(".!?;。！？；)")
"""Ends of sentences that do not go on in a list below them."""
_FEWEST, _MOST = 2, 12
"""Headings below a heading that are a list."""
_BETWEEN_STEPS = 2
"""Commands and remarks between two steps of a list at most."""


class BlockKind(StrEnum):
    """What a block is made of."""

    LIST = "list"
    NUMBERED = "numbered"
    BELOW_ITEM = "below_item"
    COMMANDS = "commands"
    INTRODUCED = "introduced"
    PARAGRAPH = "paragraph"
    HEADINGS = "headings"
    COLUMN = "column"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Parts that belong together, under their heading; ``lead`` is the sentence that introduces them.

    ``table`` is the place of the table whose column they are.
    """

    kind: BlockKind
    heading_path: tuple[str, ...]
    lead: Span | None
    parts: tuple[Span, ...]
    table: Span | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The places of the introduction, if there is one, and of the parts."""
        return (self.lead, *self.parts) if self.lead else self.parts

    def has(self, start: int) -> bool:
        """Returns whether something that begins at ``start`` stands in the block, or in a row of its column."""
        return any(span.start <= start < span.end for span in ((self.table,) if self.table else self.spans))


def blocks(document: DocumentText) -> list[Block]:
    """Returns the document's blocks in reading order; a paragraph is a block and can be part of another."""
    found: list[Block] = []
    for section in _sections(document):
        found += _lists(document.text, section)
        found += _commands(section)
        found += _introduced(document.text, section)
        found += [
            Block(kind=BlockKind.PARAGRAPH, heading_path=element.heading_path, lead=None, parts=(element.span,))
            for element in section
            if element.kind is ElementKind.PARAGRAPH
        ]
    return [*found, *_headings(document), *_columns(document), *_releases(document)]


def _releases(document: DocumentText) -> Iterator[Block]:
    """Yields each heading of a release with all that stands below it."""
    leads: dict[tuple[str, ...], Span] = {}
    below: dict[tuple[str, ...], list[Span]] = {}
    for element in document.elements:
        path = element.heading_path
        at = next((at for at, heading in enumerate(path, start=1) if release_of(heading)), 0)
        heading = document.text[element.span.start : element.span.end].strip()
        if at:
            below.setdefault(path[:at], []).append(element.span)
        elif element.kind is ElementKind.HEADING and release_of(heading):
            leads[(*path, heading)] = element.span
    for path, spans in below.items():
        yield Block(kind=BlockKind.RELEASE, heading_path=path, lead=leads.get(path), parts=tuple(spans))


def _columns(document: DocumentText) -> Iterator[Block]:
    """Yields what the first columns of small tables name, under the column's own name."""
    paths = {element.span: element.heading_path for element in document.elements if element.kind is ElementKind.TABLE}
    for table in document.tables:
        size = table.row_count - table.header_rows
        if not table.header_rows or not _FEWEST <= size <= _MOST or table.column_count < _FEWEST:
            continue
        cells = [cell for cell in table.cells(document.text) if cell.column == 0 and cell.span is not None]
        names = tuple(cell.text for cell in cells if cell.row < table.header_rows)
        parts = tuple(cell.span for cell in cells if cell.span and cell.row >= table.header_rows and cell.text.strip())
        if len(parts) >= _FEWEST:
            path = (*paths.get(table.span, ()), *names)
            yield Block(kind=BlockKind.COLUMN, heading_path=path, lead=None, parts=parts, table=table.span)


def _headings(document: DocumentText) -> Iterator[Block]:
    """Yields the headings directly below each heading, with the sentence between them that introduces them."""
    below: dict[tuple[str, ...], list[Element]] = {}
    first: dict[tuple[str, ...], Element] = {}
    for element in document.elements:
        if element.kind is ElementKind.HEADING:
            below.setdefault(element.heading_path, []).append(element)
        elif element.kind is ElementKind.PARAGRAPH:
            first.setdefault(element.heading_path, element)
    for path, headings in below.items():
        before = first.get(path)
        if path and _FEWEST <= len(headings) <= _MOST:
            yield Block(
                kind=BlockKind.HEADINGS,
                heading_path=path,
                lead=_overview(document.text, before.span) if before else None,
                parts=tuple(heading.span for heading in headings),
            )


def _overview(text: str, paragraph: Span) -> Span | None:
    """Returns the sentence of a paragraph that introduces what stands below, or the first one."""
    spans = split_sentences(text[paragraph.start : paragraph.end])
    placed = [Span(start=paragraph.start + span.start, end=paragraph.start + span.end) for span in spans]
    return next(
        (span for span in placed if _INTRODUCES.search(text, span.start, span.end)), placed[0] if placed else None
    )


def _sections(document: DocumentText) -> Iterator[list[Element]]:
    """Yields what stands between headings, but for the headers of mails: no question asks for their list."""
    elements = [one for one in document.elements if not MAIL_HEADER.match(document.text, one.span.start)]
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
    if element.kind not in PROSE:
        return None
    match = _NUMBER.match(text, element.span.start, element.span.end)
    if match is None:
        return None
    return int(match[1]) if match[1] else ord(match[2].lower()) - ord("a") + 1


def _list(text: str, section: Sequence[Element], at: int, end: int, *, kind: BlockKind) -> Block:
    return Block(
        kind=kind,
        heading_path=section[at].heading_path,
        lead=_introduction(text, section[at - 1].span) if at else None,
        parts=tuple(element.span for element in section[at:end]),
    )


def _introduction(text: str, before: Span) -> Span | None:
    sentences = split_sentences(text[before.start : before.end])
    last = text[before.start + sentences[-1].start : before.end] if sentences else ""
    if not last or (last.rstrip()[-1:] in _ENDS and not _INTRODUCES.search(last)):
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
            pending = element if element.kind in PROSE else None
    if group:
        yield _of_commands(group)


def _introduced(text: str, section: Sequence[Element]) -> Iterator[Block]:
    """Yields the code directly below each sentence that introduces it, with that sentence."""
    for at, (before, element) in enumerate(pairwise(section), start=1):
        lead = _introduction(text, before.span) if element.kind is ElementKind.CODE else None
        if lead is not None and before.kind is not ElementKind.CODE:
            parts = takewhile(lambda other: other.kind is ElementKind.CODE, section[at:])
            yield Block(
                kind=BlockKind.INTRODUCED,
                heading_path=element.heading_path,
                lead=lead,
                parts=tuple(part.span for part in parts),
            )


def _of_commands(group: Sequence[Element]) -> Block:
    return Block(
        kind=BlockKind.COMMANDS,
        heading_path=group[0].heading_path,
        lead=None,
        parts=tuple(element.span for element in group),
    )
