"""What the guard found in the passages of a question, and what it did to the answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answers import AnswerTable, GuardReceipt
from rag.guard.orders.detector import Level
from rag.types import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """The passages that may be shown to a model, and what their texts say to one.

    ``marked`` are the numbers of passages that are shown as data. ``level`` is the worst found.
    """

    context: Context
    tables: tuple[AnswerTable, ...] = ()
    marked: frozenset[int] = frozenset()
    orders: int = 0
    requests: int = 0

    @property
    def level(self) -> Level:
        """The worst that the passages say to a model."""
        return Level.ORDER if self.orders else Level.REQUEST if self.requests else Level.NONE


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Counts of one question; ``quotes``: the question is to be answered without a model."""

    refused: bool = False
    quotes: bool = False
    orders: int = 0
    requests: int = 0
    marked: int = 0
    withheld: int = 0
    defused: int = 0
    leaks: int = 0

    def note(self, inspected: Inspected) -> None:
        """Adds what was found in the passages."""
        self.orders += inspected.orders
        self.requests += inspected.requests
        self.marked += len(inspected.marked)

    @property
    def receipt(self) -> GuardReceipt:
        """The counts as the receipt shows them."""
        return GuardReceipt(
            question=self.refused or self.quotes,
            orders=self.orders,
            requests=self.requests,
            marked=self.marked,
            withheld=self.withheld,
            defused=self.defused,
            leaks=self.leaks,
        )
