"""Remembers vectors, so that the stages of one question, and questions asked again, encode each text once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from rag.stages import Encoder
from rag.telemetry.recorder import CacheCounts
from rag.types import FloatArray


class CachingEncoder:
    """An encoder in front of another, with the ``capacity`` vectors of questions used last, and as many of passages.

    They have a room each: the hundreds of sentences that one question is compared with do not crowd out questions.
    """

    def __init__(self, encoder: Encoder, *, capacity: int) -> None:
        self._encoder = encoder
        self._questions = _Room(capacity)
        self._passages = _Room(capacity)

    @property
    def question_counts(self) -> CacheCounts:
        """What became of the questions that were asked for."""
        return self._questions.counts

    @property
    def passage_counts(self) -> CacheCounts:
        """What became of the passages and sentences that were asked for."""
        return self._passages.counts

    @property
    def name(self) -> str:
        """The name of the encoder behind."""
        return self._encoder.name

    @property
    def tokenizer_file(self) -> Path:
        """That of the encoder behind."""
        return self._encoder.tokenizer_file

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._encoder.dimensions

    @property
    def max_tokens(self) -> int:
        """Longest text read in one pass."""
        return self._encoder.max_tokens

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        """Returns what the encoder behind does, asking it only for questions it has not seen lately."""
        return self._remembered(self._questions, texts, self._encoder.encode_questions)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32`` as the encoder behind does, asking it only for texts it has not seen lately."""
        return self._remembered(self._passages, texts, self._encoder.encode)

    def _remembered(
        self, room: _Room, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatArray]
    ) -> FloatArray:
        known = room.find(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(missing, encode(missing), strict=True))
        room.keep({text: known[text] for text in texts})
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack([known[text] for text in texts])

    def clear(self) -> None:
        """Forgets every vector: among them are those of sentences of documents that may be deleted by now."""
        self._questions.clear()
        self._passages.clear()


class _Room:
    """The vectors used last, by text. Safe to use from several threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = Lock()
        self.counts = CacheCounts()

    def find(self, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Returns those that are known."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
            self.counts.hits += sum(text in known for text in texts)
            self.counts.misses += sum(text not in known for text in texts)
        return known

    def keep(self, vectors: Mapping[str, FloatArray]) -> None:
        """Keeps these as the ones used last; those used longest ago make room."""
        with self._lock:
            for text, vector in vectors.items():
                self._vectors[text] = vector
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
                self.counts.evictions += 1
            self.counts.entries = len(self._vectors)

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._vectors.clear()
            self.counts.entries = 0
