"""Keeps from a model what passages say to it: cuts it out, or has it marked as data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answers import AnswerTable, Composed
from rag.guard.orders.detector import Level, Order, OrderDetector
from rag.guard.verdict import Inspected
from rag.settings.protection.guard import GuardPassages, GuardRules
from rag.text.words import content_words
from rag.types import Chunk, Context, Hit, Passage, Span

_REMEMBERED = 20_000
"""Passages whose orders are kept in memory: the same come again and again."""
_SURE = 0.9
_ABOUT_IT = 2
"""Content words that an order shares with a question which asks for it."""


class PassageGuard:
    """Inspects passages. Safe to call from several threads."""

    def __init__(self, detector: OrderDetector) -> None:
        self._detector = detector
        self._known: OrderedDict[str, tuple[Order, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def orders_in(self, text: str) -> tuple[Order, ...]:
        """Returns what a text says to a model."""
        with self._lock:
            if (known := self._known.get(text)) is not None:
                self._known.move_to_end(text)
                return known
        found = self._detector.find(text)
        with self._lock:
            self._known[text] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forgets all passages: some may be deleted."""
        with self._lock:
            self._known.clear()

    def inspect(
        self,
        question: str,
        context: Context,
        rules: GuardRules,
        *,
        tables: Sequence[AnswerTable],
        found: Sequence[Hit],
    ) -> Inspected:
        """Returns the passages without orders and without requests that are foreign to text and question.

        What was ``found`` but is not shown counts, too.
        """
        if rules.passages is GuardPassages.OFF:
            return Inspected(context=context, tables=tuple(tables))
        asked = frozenset(content_words(question))
        seen = [self._seen(passage, asked, rules) for passage in context.passages]
        shown = {passage.hit.chunk.chunk_id for passage in context.passages}
        seen += [
            self._seen(Passage(number=0, hit=hit, kept=()), asked, rules)
            for hit in found
            if hit.chunk.chunk_id not in shown
        ]
        kept_tables = tuple(table for table in tables if not self._holds_order(_cells(table)))
        return Inspected(
            context=replace(context, passages=tuple(one.passage for one in seen if one.passage.kept)),
            tables=kept_tables,
            marked=frozenset(one.passage.number for one in seen if one.is_marked and one.passage.kept),
            orders=sum(one.orders for one in seen) + len(tables) - len(kept_tables),
            requests=sum(one.requests for one in seen),
        )

    def quotable(self, composed: Composed | None, rules: GuardRules) -> Composed | None:
        """Returns a composed answer without sentences that are orders to a model; None where nothing is left."""
        if composed is None:
            return None
        kept = tuple(sentence for sentence in composed.sentences if not self.gives_orders(sentence.text, rules))
        if len(kept) == len(composed.sentences):
            return composed
        return replace(composed, sentences=kept) if kept else None

    def gives_orders(self, text: str, rules: GuardRules) -> bool:
        """Returns whether a text holds an order to a model."""
        return rules.passages is not GuardPassages.OFF and self._holds_order(text)

    def _holds_order(self, text: str) -> bool:
        return any(order.level is Level.ORDER for order in self.orders_in(text))

    def _seen(self, passage: Passage, asked: frozenset[str], rules: GuardRules) -> _Seen:
        chunk = passage.hit.chunk
        found = [order for order in self.orders_in(chunk.text) if not _is_asked_for(order, asked)]
        dropped = [order for order in found if _is_dropped(order, rules)]
        orders = [order for order in found if order.level is Level.ORDER]
        places = [
            Span(start=chunk.span.start + order.span.start, end=chunk.span.start + order.span.end) for order in dropped
        ]
        kept = tuple(left for span in passage.kept for left in _without(span, places, passage))
        headed = self._with_harmless_titles(chunk)
        hit = passage.hit if headed is chunk else replace(passage.hit, chunk=headed)
        return _Seen(
            passage=replace(passage, hit=hit, kept=kept),
            is_marked=len(dropped) < len(found),
            orders=len(orders) + (headed is not chunk),
            requests=len(found) - len(orders),
        )

    def _with_harmless_titles(self, chunk: Chunk) -> Chunk:
        title = "" if self._holds_order(chunk.title) else chunk.title
        path = tuple(heading for heading in chunk.heading_path if not self._holds_order(heading))
        if (title, path) == (chunk.title, chunk.heading_path):
            return chunk
        return replace(chunk, title=title or chunk.name, heading_path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    passage: Passage
    is_marked: bool
    orders: int
    requests: int


def _is_asked_for(order: Order, asked: frozenset[str]) -> bool:
    """Returns whether the question is about what a sentence asks for, so that it may be the answer."""
    shared = len(asked.intersection(content_words(order.text)))
    return bool(shared) if order.level is Level.REQUEST else shared >= _ABOUT_IT and order.score < _SURE


def _is_dropped(order: Order, rules: GuardRules) -> bool:
    if rules.passages is GuardPassages.MARK:
        return False
    return order.level is Level.REQUEST or order.score >= rules.threshold


def _without(span: Span, places: Sequence[Span], passage: Passage) -> list[Span]:
    """Returns what is left of a kept span; pieces without a word are left out."""
    left = [span]
    for place in places:
        left = (
            [
                Span(start=start, end=end)
                for one in left
                for start, end in ((one.start, min(one.end, place.start)), (max(one.start, place.end), one.end))
                if start < end
            ]
            if any(place.start < one.end and one.start < place.end for one in left)
            else left
        )
    return [trimmed for one in left if (trimmed := _trimmed(one, passage)) is not None] if left != [span] else left


def _trimmed(span: Span, passage: Passage) -> Span | None:
    words = passage.quote(span)
    if not any(each.isalnum() for each in words):
        return None
    start = span.start + len(words) - len(words.lstrip())
    return Span(start=start, end=start + len(words.strip()))


def _cells(table: AnswerTable) -> str:
    return "\n".join([table.title, *table.header, *(cell.text for row in table.rows for cell in row)])
