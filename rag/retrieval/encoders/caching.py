"""Caches vectors, so that the stages of a question, and repeated questions, encode each text once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from threading import Lock

import numpy as np

from rag.stages import Encoder
from rag.telemetry.recorder import CacheCounts
from rag.types import FloatArray, Span

CACHE_OWNER: ContextVar[str] = ContextVar("cache_owner", default="")
"""The tenant whose texts are encoded: how long a text takes must not tell one tenant what another one asked."""


class CachingEncoder:
    """Wraps an encoder with two LRU caches of ``capacity`` vectors each, one for questions and one for passages."""

    def __init__(self, encoder: Encoder, *, capacity: int) -> None:
        self._encoder = encoder
        # Two, because the hundreds of sentences that one question is compared with would crowd out questions.
        self._questions = _VectorCache(capacity)
        self._passages = _VectorCache(capacity)

    @property
    def question_counts(self) -> CacheCounts:
        return self._questions.counts

    @property
    def passage_counts(self) -> CacheCounts:
        return self._passages.counts

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def tokenizer_file(self) -> Path:
        return self._encoder.tokenizer_file

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    @property
    def max_tokens(self) -> int:
        return self._encoder.max_tokens

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        return self._encode_missing(self._questions, texts, self._encoder.encode_questions)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        return self._encode_missing(self._passages, texts, self._encoder.encode)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Encodes every text, and keeps the vectors of passages only."""
        vectors, of_sentences = self._encoder.encode_with_sentences(texts, sentences)
        self._passages.store(dict(zip(texts, vectors, strict=True)))
        return vectors, of_sentences

    def _encode_missing(
        self, cache: _VectorCache, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatArray]
    ) -> FloatArray:
        known = cache.find(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(missing, encode(missing), strict=True))
        cache.store({text: known[text] for text in texts})
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack([known[text] for text in texts])

    def clear(self) -> None:
        """Drops every vector, because some belong to sentences of deleted documents."""
        self._questions.clear()
        self._passages.clear()


class _VectorCache:
    """An LRU cache of vectors by tenant and text. Safe to use from several threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: OrderedDict[tuple[str, str], FloatArray] = OrderedDict()
        self._lock = Lock()
        self.counts = CacheCounts()

    def find(self, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Returns the cached vectors of ``texts``."""
        owner = CACHE_OWNER.get()
        with self._lock:
            known = {text: self._vectors[owner, text] for text in texts if (owner, text) in self._vectors}
            self.counts.hits += sum(text in known for text in texts)
            self.counts.misses += sum(text not in known for text in texts)
        return known

    def store(self, vectors: Mapping[str, FloatArray]) -> None:
        """Adds vectors as the most recently used, and evicts the least recently used."""
        owner = CACHE_OWNER.get()
        with self._lock:
            for text, vector in vectors.items():
                self._vectors[owner, text] = vector
                self._vectors.move_to_end((owner, text))
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
                self.counts.evictions += 1
            self.counts.entries = len(self._vectors)

    def clear(self) -> None:
        with self._lock:
            self._vectors.clear()
            self.counts.entries = 0
