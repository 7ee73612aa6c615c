"""Writes the messages of a request: chooses the prompt, and leaves out what the model's window has no room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from rag.answers import Degradation, GenerationRequest, Role, Turn
from rag.errors import GeneratorError
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.prompts.data import AnswerPrompt, ChatMessage
from rag.types import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPrompt:
    """The messages for a model. ``passages`` are those in them, with the numbers they have in the request."""

    name: str
    messages: Sequence[ChatMessage]
    passages: tuple[Passage, ...]
    max_tokens: int
    left_out: tuple[Degradation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """The parts of a request that one version of its prompt holds."""

    turns: tuple[Turn, ...]
    passages: tuple[Passage, ...]
    examples: bool


class PromptChoice:
    """Gives each conversation one of the prompts, in proportion to their weights, which are above 0.

    Weighted rendezvous hashing (Schindelhauer & Schomaker 2005): the same conversation always has the same prompt, and
    a changed weight or a new prompt moves as few conversations as possible.
    """

    def __init__(self, weighted: Sequence[tuple[AnswerPrompt, float]]) -> None:
        self._weighted = tuple(weighted)

    def choose(self, request: GenerationRequest) -> AnswerPrompt:
        """Returns the prompt of the conversation, which its tenant and its first question identify."""
        opening = next((turn.content for turn in request.history if turn.role is Role.USER), request.question)
        key = f"{request.scope.tenant}\0{' '.join(opening.split()).casefold()}"
        return max(self._weighted, key=lambda pair: _rank(pair[0].name, key, weight=pair[1]))[0]


class PromptWriter:
    """Writes prompts for one model, for answers of up to ``max_tokens``."""

    def __init__(self, *, choice: PromptChoice, window: ContextWindow, max_tokens: int) -> None:
        self._choice = choice
        self._window = window
        self._max_tokens = max_tokens

    async def write(self, request: GenerationRequest) -> WrittenPrompt:
        """Returns the prompt, which leaves room for ``max_tokens``, or for half the window if that is less.

        Whole parts are left out until it fits: the oldest turns first, then the examples, then the worst passages.

        Raises:
            GeneratorError: the window is too small for the question and one passage.
        """
        prompt = self._choice.choose(request)
        versions = _versions(request, prompt)

        def messages(number: int) -> Sequence[ChatMessage]:
            version = versions[number]
            return prompt.messages(
                request.question,
                version.passages,
                version.turns,
                examples=version.examples,
                shape=request.shape,
                tables=request.tables,
                instructions="\n\n".join(filter(None, (request.tuning.instructions, request.notes))),
                marked=request.marked,
            )

        size = await self._window.size()
        max_tokens = min(self._max_tokens, size // 2)
        chosen = await self._window.longest(len(versions), messages, room=size - max_tokens)
        if chosen is None:
            raise GeneratorError(
                self._window.model,
                f"its context window of {size:,} tokens is too small for the question, one passage and an answer; "
                "serve it with a longer one, or set CITEWELL_GENERATION__CONTEXT_TOKENS if it is longer",
            )
        return WrittenPrompt(
            name=prompt.name,
            messages=messages(chosen),
            passages=versions[chosen].passages,
            max_tokens=max_tokens,
            left_out=_left_out(versions[0], versions[chosen], size),
        )


def _versions(request: GenerationRequest, prompt: AnswerPrompt) -> list[_Version]:
    """Returns the versions of a request, the whole one first and each shorter than the one before."""
    passages, turns = request.passages, request.history
    # An exchange goes as a whole: many chat templates refuse a history that begins with the assistant.
    starts = [start for start in range(1, len(turns)) if turns[start].role is Role.USER]
    histories = [turns[start:] for start in (0, *starts, *([len(turns)] if turns else []))]
    versions = [_Version(turns=kept, passages=passages, examples=True) for kept in histories]
    if prompt.has_examples:
        versions.append(_Version(turns=(), passages=passages, examples=False))
    fewer = (passages[:count] for count in range(len(passages) - 1, 0, -1))
    versions.extend(_Version(turns=(), passages=kept, examples=not prompt.has_examples) for kept in fewer)
    return versions


def _left_out(whole: _Version, kept: _Version, size: int) -> tuple[Degradation, ...]:
    if kept == whole:
        return ()
    turns, passages = len(whole.turns) - len(kept.turns), whole.passages[len(kept.passages) :]
    parts = []
    if turns:
        parts.append(f"the oldest {turns} of {len(whole.turns)} earlier turns")
    if kept.examples != whole.examples:
        parts.append("the prompt's examples")
    if passages:
        numbers = ", ".join(f"[{passage.number}]" for passage in passages)
        parts.append(f"the passages {numbers}")
    reason = (
        f"The model's context window of {size:,} tokens has no room for {' and '.join(parts)}. "
        "Serve it with a longer one, or set CITEWELL_GENERATION__CONTEXT_TOKENS if it is longer."
    )
    return (Degradation(stage="prompt", reason=reason),)


def _rank(name: str, key: str, *, weight: float) -> float:
    digest = blake2b(f"{name}\0{key}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return -weight / math.log(uniform)
