"""Finds a model's context window, and the longest version of a prompt that fits into it."""

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
"""Most tokens that a chat template adds to a message; known models add three to six."""


class ContextWindow:
    """The context window of one model.

    Args:
        server: asked for the window's size and for counts of tokens.
        tokens: the size as configured; 0 asks the server.
        tokenizer: the model's own; without one the server counts where an estimate does not fit.
    """

    def __init__(self, server: ModelCalls, *, tokens: int = 0, tokenizer: Tokenizer | None = None) -> None:
        self._server = server
        self._tokens = tokens
        self._tokenizer = tokenizer
        self._estimator = EstimatedTokens()

    @property
    def model(self) -> str:
        """The model's name."""
        return self._server.model

    async def size(self) -> int:
        """Returns the window in tokens: as configured, else as the server tells it, else a small one."""
        return self._tokens or await self._server.context_tokens() or _ASSUMED_TOKENS

    def estimate(self, messages: Sequence[ChatMessage]) -> int:
        """Returns an estimate that the messages' number of tokens hardly exceeds."""
        return _total(self._estimator, messages)

    async def count(self, messages: Sequence[ChatMessage]) -> int:
        """Returns the number of tokens by the model's tokenizer; an estimate where there is none."""
        if self._tokenizer is not None:
            return await asyncio.to_thread(_total, self._tokenizer, messages)
        return await self._server.count(messages) or self.estimate(messages)

    async def longest(self, versions: int, write: Callable[[int], Sequence[ChatMessage]], *, room: int) -> int | None:
        """Returns the number of the first version of a prompt that fits into ``room``; None if not even the last does.

        ``write`` returns a version, each shorter than the one before. If the first one's estimate fits it is not
        counted. Otherwise versions are counted; the ratio of estimate to count chooses the next one to count.
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
