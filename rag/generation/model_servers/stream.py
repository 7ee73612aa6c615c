"""Reads a stream of chat completion chunks, which may be anything: text and marks, a refusal to answer, usage."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from rag.answers import AbstentionReason, Declined, GenerationEvent, Usage
from rag.errors import GeneratorError
from rag.generation.endpoints.routing import BYTES_PER_TOKEN
from rag.generation.model_servers.markers import MarkerParser

_NO_ANSWER = "NO_ANSWER"
_MOST_CHARACTERS_PER_TOKEN = 16
"""Far above any language's average: a server that writes more than this has not kept to its number of tokens."""

_MOST_TOKENS = 10_000_000
"""More than any model reads."""


async def read_stream(
    chunks: AsyncIterable[object], numbers: Collection[int], *, max_tokens: int, prompt_bytes: int
) -> AsyncGenerator[GenerationEvent, None]:
    """Yields text and marks and, last, usage, which is estimated where the server does not count.

    Raises:
        GeneratorError: the stream breaks off, goes on for too long, or makes no sense.
    """
    answer = _Answer(numbers)
    async for chunk in chunks:
        piece = _read(chunk)
        answer.pieces += bool(piece.text)
        answer.characters += len(piece.text)
        answer.model = piece.model or answer.model
        answer.finish_reason = piece.finish_reason or answer.finish_reason
        if answer.characters > _MOST_CHARACTERS_PER_TOKEN * max_tokens:
            raise GeneratorError(answer.model, f"it went on beyond the {max_tokens:,} tokens that it was asked for")
        for event in answer.release(piece.text):
            yield event
        if piece.counts is not None:
            answer.counted = True
            prompt_tokens, completion_tokens, cached = piece.counts
            yield answer.usage(prompt_tokens, completion_tokens, cached=cached)
    if answer.finish_reason is None:
        raise GeneratorError(answer.model, "the stream ended before the answer was complete")
    for event in answer.finish():
        yield event
    if not answer.counted:
        yield answer.usage(prompt_bytes // BYTES_PER_TOKEN, answer.pieces, estimated=True)


class _Answer:
    """What has come so far."""

    def __init__(self, numbers: Collection[int]) -> None:
        self.model = "vllm"
        self.finish_reason: str | None = None
        self.pieces = 0
        self.characters = 0
        self.counted = False
        self._opening = _Opening()
        self._parser = MarkerParser(numbers)

    def release(self, text: str) -> Iterator[GenerationEvent]:
        yield from self._parser.feed(self._opening.release(text))

    def finish(self) -> Iterator[GenerationEvent]:
        if self._opening.declines:
            yield Declined(reason=AbstentionReason.MODEL_DECLINED)
            return
        yield from self._parser.feed(self._opening.release("", finished=True))
        yield from self._parser.finish()

    def usage(self, prompt_tokens: int, completion_tokens: int, *, cached: int = 0, estimated: bool = False) -> Usage:
        return Usage(
            model=self.model,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cached_prompt_tokens=cached,
            truncated=self.finish_reason == "length",
            estimated=estimated,
        )


class _Opening:
    """Holds the first words back until they can no longer become NO_ANSWER."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def release(self, text: str, *, finished: bool = False) -> str:
        """Returns what may be shown."""
        if self._held is None:
            return text
        self._held += text
        if not finished and _NO_ANSWER.startswith(self._held.strip()[: len(_NO_ANSWER)]):
            return ""
        released, self._held = self._held, None
        return released

    @property
    def declines(self) -> bool:
        """Whether the whole answer was NO_ANSWER, or nothing."""
        return self._held is not None and (not self._held.strip() or self._held.strip().startswith(_NO_ANSWER))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one chunk says; ``counts`` are prompt tokens, completion tokens, and cached ones of the prompt's."""

    text: str
    model: str
    finish_reason: str | None
    counts: tuple[int, int, int] | None


def _read(chunk: object) -> _Piece:
    """Takes nothing for granted: the SDK builds its objects from whatever JSON comes.

    Raises:
        GeneratorError: it is no chunk of a chat completion.
    """
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        raise GeneratorError("vllm", "what it sends is no chat completion")
    text, finish_reason = "", None
    for choice in choices[:1]:
        content = getattr(getattr(choice, "delta", None), "content", None)
        text = content if isinstance(content, str) else ""
        reason = getattr(choice, "finish_reason", None)
        finish_reason = reason if isinstance(reason, str) else None
    model = getattr(chunk, "model", None)
    return _Piece(
        text=text,
        model=model if isinstance(model, str) else "",
        finish_reason=finish_reason,
        counts=_counts(getattr(chunk, "usage", None)),
    )


def _counts(usage: object) -> tuple[int, int, int] | None:
    """Returns None for counts that cannot be true."""
    prompt, completion = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not (_is_count(prompt) and _is_count(completion)):
        return None
    cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
    return prompt, completion, cached if _is_count(cached) else 0


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
