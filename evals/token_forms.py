"""Forms in which the token vectors of a passage could be kept, and what late interaction makes of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.types import FloatArray
from rag.words import content_words

_UNKNOWN = "[UNK]"
_BYTE = 8
_LARGEST_INT8 = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenForm:
    """How token vectors are kept: how long, in how many ``bits`` a dimension, and which of them."""

    name: str
    dimensions: int
    bits: int = 16
    content_only: bool = False
    pooled: bool = False

    def size_bytes(self, vectors: FloatArray) -> float:
        """Returns what the vectors, ``(t, d)``, take up."""
        return vectors.size * self.bits / _BYTE


FORMS = (
    TokenForm(name="384", dimensions=384),
    TokenForm(name="384, 1 bit", dimensions=384, bits=1),
    TokenForm(name="PCA 128", dimensions=128),
    TokenForm(name="PCA 128, int8", dimensions=128, bits=8),
    TokenForm(name="PCA 128, 1 bit", dimensions=128, bits=1),
    TokenForm(name="PCA 128, no stop words", dimensions=128, content_only=True),
    TokenForm(name="PCA 128, pairs pooled", dimensions=128, pooled=True),
    TokenForm(name="PCA 64", dimensions=64),
    TokenForm(name="PCA 64, int8, no stop words, pooled", dimensions=64, bits=8, content_only=True, pooled=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionTokens:
    """The vectors of a question's tokens that the encoder knows, ``(t, d)``, of ``count`` tokens in all."""

    vectors: FloatArray
    count: int


def principal_axes(vectors: FloatArray) -> FloatArray:
    """Returns the axes of ``vectors``, ``(t, d)``, as the columns of ``(d, d)``, those that hold most of them first.

    The mean stays in, so that dot products are kept as they are.
    """
    axes: FloatArray = np.linalg.eigh(vectors.T @ vectors)[1][:, ::-1]
    return axes


def stored(form: TokenForm, tokens: Sequence[str], vectors: FloatArray, axes: FloatArray) -> FloatArray:
    """Returns a passage's token vectors as they come back from where they are kept: ``(t, d)``, L2-normalised."""
    kept = _projected(form, vectors[_counting(form, tokens) & _known(tokens)], axes)
    if form.pooled:
        starts = np.arange(0, len(kept), 2)
        kept = _unit(np.add.reduceat(kept, starts, axis=0)) if len(kept) else kept
    match form.bits:
        case 1:
            kept = np.where(kept < 0, np.float32(-1), np.float32(1))
        case 8:
            kept = np.rint(kept * (_LARGEST_INT8 / np.abs(kept).max(axis=1, keepdims=True, initial=np.float32(1e-9))))
        case _:
            kept = kept.astype(np.float16).astype(np.float32)
    return _unit(kept)


def asked(form: TokenForm, tokens: Sequence[str], vectors: FloatArray, axes: FloatArray) -> QuestionTokens:
    """Returns a question's tokens to compare with passages in ``form``: projected and chosen alike, but exact."""
    counting = _counting(form, tokens)
    vectors = _projected(form, vectors[counting & _known(tokens)], axes)
    return QuestionTokens(vectors=vectors, count=int(counting.sum()))


def maxsim(question: QuestionTokens, passage: FloatArray) -> float:
    """Mean over the question's tokens of the best cosine with any of the passage's (Khattab & Zaharia 2020).

    A token that the encoder does not know counts 0: its vector says nothing of the word. 0.0 where nothing is left.
    """
    if not len(question.vectors) or not len(passage):
        return 0.0
    return float((question.vectors @ passage.T).max(axis=1).sum()) / question.count


def _counting(form: TokenForm, tokens: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([not form.content_only or bool(content_words(token)) for token in tokens], dtype=np.bool_)


def _known(tokens: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([token != _UNKNOWN for token in tokens], dtype=np.bool_)


def _projected(form: TokenForm, vectors: FloatArray, axes: FloatArray) -> FloatArray:
    return vectors if form.dimensions == vectors.shape[1] else _unit(vectors @ axes[:, : form.dimensions])


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return unit
