"""No reranking: the order in which fusion left the hits."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Hit


class FusedOrder:
    """Keeps the hits as they are."""

    @property
    def name(self) -> str:
        """``none``: nothing reads the passages again."""
        return "none"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns ``hits``; the question is not looked at."""
        del question
        return tuple(hits)
