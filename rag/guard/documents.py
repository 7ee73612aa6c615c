"""Looks at a document when it is taken in: what it says to a model, and what it hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.guard.hidden.characters import revealed, role_marks
from rag.guard.orders.detector import Level, Order, OrderDetector

_SURE = 0.9
_STRETCH = 20_000
"""Characters that are read at a time."""
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFindings:
    """What was found in a document: orders to a model, marks of roles, and what invisible characters spell."""

    orders: tuple[Order, ...]
    role_marks: int
    spelled: str

    @property
    def is_suspicious(self) -> bool:
        """Whether the document speaks to a model, so that it is kept out where that is the rule."""
        return bool(self.orders or self.spelled)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of the document."""
        told = []
        if self.orders:
            words = " ".join(self.orders[0].text.split())
            shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
            places = f"{len(self.orders):,} place{'' if len(self.orders) == 1 else 's'}"
            told.append(f"gives orders to a model in {places}, which answers leave out: {shown}")
        if self.spelled:
            told.append("invisible characters spell words, which answers leave out")
        if self.role_marks:
            count = self.role_marks
            told.append(f"{count:,} mark{'' if count == 1 else 's'} of a chat's roles in the text")
        return tuple(told)


class DocumentGuard:
    """Reads whole documents with ``detector``; only what is almost surely an order counts."""

    def __init__(self, detector: OrderDetector) -> None:
        self._detector = detector

    def read(self, texts: Sequence[str]) -> DocumentFindings:
        """Returns what is found in the texts of one document: its own, its title and what it says about itself."""
        stretches = [text[at : at + _STRETCH] for text in texts for at in range(0, len(text), _STRETCH)]
        found = [order for stretch in stretches for order in self._detector.find(stretch, orders_only=True)]
        return DocumentFindings(
            orders=tuple(order for order in found if order.level is Level.ORDER and order.score >= _SURE),
            role_marks=sum(len(role_marks(text)) for text in texts),
            spelled=" ".join(filter(None, map(revealed, texts))),
        )
