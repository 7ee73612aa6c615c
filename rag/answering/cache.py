"""Keeps the most recently used answers, within a number of bytes. In memory only; pure but for the clock."""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256

from rag.answers import AnswerEvent, Question
from rag.telemetry.recorder import CacheCounts
from rag.text.folding import fold_forms


def normalise(question: str) -> str:
    """Returns the same text for questions that differ in Unicode form, case and white space only."""
    return " ".join(fold_forms(question).casefold().split())


def key_of(question: Question, *, state: str, writer: str) -> bytes:
    """Returns a hash of all that one pipeline's answer depends on; the words themselves are not kept.

    ``state`` is that of the question's scope; it differs after every change of what is visible in it. ``writer`` is
    the name of the generator that would write now; it differs once a model server comes up or goes down.
    """
    parts = (
        question.scope,
        state,
        writer,
        normalise(question.text),
        question.history,
        question.search_query,
        question.filter.document_ids if question.filter.document_ids is None else sorted(question.filter.document_ids),
        sorted(question.filter.media_types),
        question.tuning,
    )
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    events: tuple[AnswerEvent, ...]
    size_bytes: int
    expires_at: float


class AnswerCache:
    """The answers of one pipeline, whose models, prompts and settings do not change.

    Not to be shared between threads: one event loop asks, stores and clears.

    Args:
        capacity_bytes: most memory that the events of all answers take; a larger answer is not kept.
        max_age_seconds: an older answer is not given. It bounds changes that no key shows, such as another model at
            the same address.
    """

    def __init__(
        self, *, capacity_bytes: int, max_age_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity_bytes = capacity_bytes
        self._max_age_seconds = max_age_seconds
        self._clock = clock
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self.counts = CacheCounts()
        self.cleared = 0

    def get(self, key: bytes) -> tuple[AnswerEvent, ...] | None:
        """Returns the events of an answer, or None. The caller counts hits and misses: it may reject the answer."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= self._clock():
            self.discard(key)
            return None
        self._entries.move_to_end(key)
        return entry.events

    def put(self, key: bytes, events: Iterable[AnswerEvent]) -> None:
        """Keeps an answer; the least recently used ones make room for it."""
        kept = tuple(events)
        entry = _Entry(events=kept, size_bytes=_size_of(kept, set()), expires_at=self._clock() + self._max_age_seconds)
        self.discard(key)
        if entry.size_bytes > self._capacity_bytes:
            return
        self._entries[key] = entry
        self._count(entry.size_bytes)
        while self.counts.size_bytes > self._capacity_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._count(-oldest.size_bytes)
            self.counts.evictions += 1

    def discard(self, key: bytes) -> None:
        """Removes an answer, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._count(-entry.size_bytes)

    def clear(self) -> None:
        """Removes every answer and counts up ``cleared``, so that an answer begun before is not stored."""
        self._entries.clear()
        self._count(-self.counts.size_bytes)
        self.cleared += 1

    def _count(self, change_bytes: int) -> None:
        self.counts.size_bytes += change_bytes
        self.counts.entries = len(self._entries)


def _size_of(value: object, seen: set[int]) -> int:
    """Returns the bytes of a value and of its parts, each object counted once."""
    if id(value) in seen:
        return 0
    seen.add(id(value))
    parts: Iterable[object] = ()
    if is_dataclass(value):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, tuple | list | frozenset):
        parts = value
    return sys.getsizeof(value) + sum(_size_of(part, seen) for part in parts)
