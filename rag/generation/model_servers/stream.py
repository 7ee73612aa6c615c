"""Reads streamed chat completion chunks, and takes nothing about them for granted. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from rag.answers import AbstentionReason, CitationMark, Declined, GenerationEvent, TextDelta, Usage
from rag.errors import GeneratorError
from rag.generation.endpoints.routing import BYTES_PER_TOKEN

_NO_ANSWER = "NO_ANSWER"
_MARKER = re.compile(r"(?<![ \t])[ \t]*+[\[【]\s*+(\d{1,3}(?:\s*+[,，、]\s*+\d{1,3})*)\s*+[\]】]")
_UNFINISHED = re.compile(r"(?<![ \t])[ \t]*+(?:[\[【][\s\d,，、]{0,24})?$")
_MOST_CHARACTERS_PER_TOKEN = 16
"""Far above any language's average: a server that writes more has ignored its limit of tokens."""

_MOST_TOKENS = 10_000_000
"""More than any model reads."""


class ChatStream:
    """Turns the chunks of one answer into events: text and marks, a refusal and, last, usage.

    Args:
        numbers: of the passages that were shown; marks of others are dropped.
        prompt_bytes: from which usage is estimated where the server does not count.
    """

    def __init__(self, numbers: Collection[int], *, max_tokens: int, prompt_bytes: int) -> None:
        self._max_tokens = max_tokens
        self._prompt_bytes = prompt_bytes
        self._model = "vllm"
        self._finish_reason: str | None = None
        self._pieces = 0
        self._characters = 0
        self._counted = False
        self._opening = _Opening()
        self._markers = MarkerParser(numbers)

    def read(self, chunk: object) -> Iterator[GenerationEvent]:
        """Yields the events that are certain once the chunk has arrived.

        Raises:
            GeneratorError: the chunk makes no sense, or the answer goes on for too long.
        """
        piece = _read(chunk)
        self._pieces += bool(piece.text)
        self._characters += len(piece.text)
        self._model = piece.model or self._model
        self._finish_reason = piece.finish_reason or self._finish_reason
        if self._characters > _MOST_CHARACTERS_PER_TOKEN * self._max_tokens:
            raise GeneratorError(
                self._model, f"it went on beyond the {self._max_tokens:,} tokens that it was asked for"
            )
        yield from self._markers.feed(self._opening.release(piece.text))
        if piece.counts is not None:
            self._counted = True
            prompt_tokens, completion_tokens, cached = piece.counts
            yield self._usage(prompt_tokens, completion_tokens, cached=cached)

    def finish(self) -> Iterator[GenerationEvent]:
        """Yields the last events, after the last chunk.

        Raises:
            GeneratorError: the answer is not complete.
        """
        if self._finish_reason is None:
            raise GeneratorError(self._model, "the stream ended before the answer was complete")
        if self._opening.declines:
            yield Declined(reason=AbstentionReason.MODEL_DECLINED)
        else:
            yield from self._markers.feed(self._opening.release("", finished=True))
            yield from self._markers.finish()
        if not self._counted:
            yield self._usage(self._prompt_bytes // BYTES_PER_TOKEN, self._pieces, estimated=True)

    def _usage(self, prompt_tokens: int, completion_tokens: int, *, cached: int = 0, estimated: bool = False) -> Usage:
        return Usage(
            model=self._model,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cached_prompt_tokens=cached,
            truncated=self._finish_reason == "length",
            estimated=estimated,
        )


class MarkerParser:
    """Splits streamed text into text and citation marks, which the model writes as ``[2]`` or ``[1, 3]``.

    A marker is taken out of the text with the white space before it, and dropped if it names a passage that was not
    shown. Text that may still become a marker is held back until that is decided.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = frozenset(numbers)
        self._held = ""

    def feed(self, text: str) -> Iterator[TextDelta | CitationMark]:
        """Yields the text and marks that are certain once ``text`` has arrived."""
        buffer = self._held + text
        unfinished = _UNFINISHED.search(buffer)
        cut = unfinished.start() if unfinished else len(buffer)
        self._held = buffer[cut:]
        yield from self._split(buffer[:cut])

    def finish(self) -> Iterator[TextDelta | CitationMark]:
        """Yields what was held back, after the end of the stream."""
        held, self._held = self._held, ""
        yield from self._split(held)

    def _split(self, text: str) -> Iterator[TextDelta | CitationMark]:
        position = 0
        for match in _MARKER.finditer(text):
            if match.start() > position:
                yield TextDelta(text=text[position : match.start()])
            for number in re.findall(r"\d+", match.group(1)):
                if int(number) in self._numbers:
                    yield CitationMark(number=int(number))
            position = match.end()
        if position < len(text):
            yield TextDelta(text=text[position:])


class _Opening:
    """Holds the first words back until they can no longer become NO_ANSWER."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def release(self, text: str, *, finished: bool = False) -> str:
        """Returns the text that may be shown now."""
        if self._held is None:
            return text
        self._held += text
        if not finished and _NO_ANSWER.startswith(self._held.strip()[: len(_NO_ANSWER)]):
            return ""
        released, self._held = self._held, None
        return released

    @property
    def declines(self) -> bool:
        """True if the whole answer was NO_ANSWER, or empty."""
        return self._held is not None and (not self._held.strip() or self._held.strip().startswith(_NO_ANSWER))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The content of one chunk; ``counts`` are prompt, completion and cached prompt tokens."""

    text: str
    model: str
    finish_reason: str | None
    counts: tuple[int, int, int] | None


def _read(chunk: object) -> _Piece:
    """Returns the content of a chunk.

    Raises:
        GeneratorError: it is no chunk of a chat completion.
    """
    # The SDK does not check the JSON from which it builds its objects.
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
    """Returns the counts of tokens; None for those that cannot be true."""
    prompt, completion = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not (_is_count(prompt) and _is_count(completion)):
        return None
    cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
    return prompt, completion, cached if _is_count(cached) else 0


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
