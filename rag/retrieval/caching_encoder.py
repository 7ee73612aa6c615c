"""Remembers vectors, so that the stages of one question, and questions asked again, encode each text once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from rag.observability import CacheCounts
from rag.stages import Encoder
from rag.types import FloatArray


class CachingEncoder:
    """An encoder in front of another, with the ``capacity`` vectors used last."""

    def __init__(self, encoder: Encoder, *, capacity: int) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._vectors: OrderedDict[tuple[str, str], FloatArray] = OrderedDict()
        self._lock = Lock()
        self.counts = CacheCounts()

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
        return self._remembered("question", texts, self._encoder.encode_questions)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32`` as the encoder behind does, asking it only for texts it has not seen lately."""
        return self._remembered("passage", texts, self._encoder.encode)

    def _remembered(self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatArray]) -> FloatArray:
        with self._lock:
            known = {text: self._vectors[kind, text] for text in texts if (kind, text) in self._vectors}
            self.counts.hits += len(known)
            missing = list(dict.fromkeys(text for text in texts if text not in known))
            self.counts.misses += len(missing)
        known.update(zip(missing, encode(missing), strict=True))
        with self._lock:
            for text in texts:
                self._vectors[kind, text] = known[text]
                self._vectors.move_to_end((kind, text))
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
                self.counts.evictions += 1
            self.counts.entries = len(self._vectors)
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack([known[text] for text in texts])

    def clear(self) -> None:
        """Forgets every vector: among them are those of sentences of documents that may be deleted by now."""
        with self._lock:
            self._vectors.clear()
            self.counts.entries = 0
