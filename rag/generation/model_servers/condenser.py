"""Has the model rewrite a follow-up question so that it stands on its own; resolves it by words if that fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from rag.answers import Condensed, Degradation, Question
from rag.errors import GeneratorError
from rag.generation.follow_up import resolve_follow_up
from rag.generation.model_servers.calls import ModelCalls
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.prompts.data import CondensePrompt
from rag.text.words import content_words

_MAX_TOKENS = 128
_LEAST_SHARE_KNOWN = 0.5


class ModelCondenser:
    """Asks the model with the condense prompt, and waits ``timeout_seconds`` at most."""

    def __init__(
        self, *, server: ModelCalls, window: ContextWindow, prompt: CondensePrompt, timeout_seconds: float
    ) -> None:
        self._server = server
        self._window = window
        self._prompt = prompt
        self._timeout_seconds = timeout_seconds

    async def condense(self, question: Question) -> Condensed:
        """Returns the model's question. If the model fails or is too slow, words resolve it, with a degradation."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._rewrite(question)
        except TimeoutError:
            reason = f"The model took longer than {self._timeout_seconds:g} s to rewrite the question."
        except GeneratorError as error:
            reason = str(error)
        return replace(
            resolve_follow_up(question.text, question.history),
            degraded=Degradation(stage="condense", reason=f"{reason} It was resolved by its words instead."),
        )

    async def _rewrite(self, question: Question) -> Condensed:
        turns = question.history
        room = await self._window.size() - _MAX_TOKENS
        start = await self._window.longest(
            len(turns), lambda oldest: self._prompt.messages(question.text, turns[oldest:]), room=room
        )
        if start is None:
            raise GeneratorError(self._server.model, "the last turn does not fit into its context window")
        reply = await self._server.complete(self._prompt.messages(question.text, turns[start:]), max_tokens=_MAX_TOKENS)
        rewritten = reply.strip().partition("\n")[0].strip()
        if not _is_about(rewritten, question):
            raise GeneratorError(self._server.model, "it returned no question about what was said")
        degraded = None
        if start:
            reason = f"The model's context window has no room for the oldest {start} of {len(turns)} earlier turns."
            degraded = Degradation(stage="condense", reason=reason)
        return Condensed(text=rewritten, degraded=degraded)


def _is_about(rewritten: str, question: Question) -> bool:
    """Returns whether the conversation holds at least half of the content words of the model's question."""
    # Small models make up questions, or repeat their instructions.
    known = set(content_words(" ".join([question.text, *(turn.content for turn in question.history)])))
    found = set(content_words(rewritten))
    return bool(found) and _LEAST_SHARE_KNOWN * len(found) <= len(found & known)
