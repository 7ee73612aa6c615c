"""How much a model reads at a time, and the longest version of a prompt that fits."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence

from rag.generation.model_servers.calls import ModelCalls
from rag.generation.prompts.data import ChatMessage
from rag.stages import Tokenizer
from rag.text.tokens import EstimatedTokens

_ASSUMED_TOKENS = 4_096
_TEMPLATE_TOKENS = 8
"""What a chat template writes around a message, at most; the models seen need three to six."""


class ContextWindow:
    """The context window of one model.

    Args:
        server: tells the window's size and counts tokens, where it can.
        tokens: the size, if the settings say it; 0 asks the server.
        tokenizer: the model's own; without one the server is asked when an estimate does not fit.
    """

    def __init__(self, server: ModelCalls, *, tokens: int = 0, tokenizer: Tokenizer | None = None) -> None:
        self._server = server
        self._tokens = tokens
        self._tokenizer = tokenizer
        self._estimator = EstimatedTokens()

    @property
    def model(self) -> str:
        """The model whose window it is."""
        return self._server.model

    async def size(self) -> int:
        """Returns the window in tokens: as set, as the server says, or a small one if neither does."""
        return self._tokens or await self._server.context_tokens() or _ASSUMED_TOKENS

    def estimate(self, messages: Sequence[ChatMessage]) -> int:
        """Returns a number of tokens that the messages hardly exceed, without asking anyone."""
        return _total(self._estimator, messages)

    async def count(self, messages: Sequence[ChatMessage]) -> int:
        """Returns the number of tokens by the model's tokenizer; an estimate where there is none."""
        if self._tokenizer is not None:
            return await asyncio.to_thread(_total, self._tokenizer, messages)
        return await self._server.count(messages) or self.estimate(messages)

    async def longest(self, versions: int, write: Callable[[int], Sequence[ChatMessage]], *, room: int) -> int | None:
        """Returns the first of ``versions`` of a prompt, each shorter than the one before, that fits into ``room``.

        The estimate decides where it is small enough; else the first version is counted, and what the count says of
        the estimate chooses the next to count. None if not even the last one fits.
        """
        if self.estimate(write(0)) <= room:
            return 0
        version = 0
        while version < versions:
            messages = write(version)
            count = await self.count(messages)
            if count <= room:
                return version
            allowed = room * self.estimate(messages) / count
            last = max(version + 1, versions - 1)
            version = bisect_left(
                range(last), x=True, lo=version + 1, key=lambda later: self.estimate(write(later)) <= allowed
            )
        return None


def _total(tokenizer: Tokenizer, messages: Sequence[ChatMessage]) -> int:
    return sum(tokenizer.count(content) + _TEMPLATE_TOKENS for _, content in messages) + _TEMPLATE_TOKENS
