"""An encoder without a model: texts with common words have a high cosine. Deterministic and fast."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from rag.errors import EncoderError
from rag.text.words import words
from rag.types import FloatArray, Span
from tests.support.models import minilm_tokenizer_file


class HashEncoder:
    """Sums a fixed random direction for each word."""

    def __init__(self, dimensions: int = 64) -> None:
        self._dimensions = dimensions
        self.encoded: list[str] = []
        self.sentences: list[str] = []

    @property
    def name(self) -> str:
        return "hash"

    @property
    def tokenizer_file(self) -> Path:
        return minilm_tokenizer_file()

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return 254

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        return self.encode(texts)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Reads each sentence alone, into ``sentences``; an empty one has zeros."""
        cut = [[text[span.start : span.end] for span in spans] for text, spans in zip(texts, sentences, strict=True)]
        self.sentences.extend(sentence for of_text in cut for sentence in of_text)
        held = [np.array([[bool(sentence)] for sentence in of_text]).reshape(-1, 1) for of_text in cut]
        return self.encode(texts), tuple(self._vectors(of_text) * has for of_text, has in zip(cut, held, strict=True))

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.encoded.extend(texts)
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text) or ("",):
                vectors[row] += np.random.default_rng(crc32(word.encode())).standard_normal(self._dimensions)
            vectors[row] /= np.linalg.norm(vectors[row])
        return vectors


class FailingEncoder(HashEncoder):
    """Fails on every text."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        raise EncoderError(f"cannot encode {len(texts)} texts")
