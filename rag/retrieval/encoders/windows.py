"""Splits texts longer than an encoder reads into windows, and averages vectors of windows and of tokens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rag.types import FloatArray, IntArray, Span


def split_windows(token_count: int, max_tokens: int) -> tuple[tuple[int, int], ...]:
    """Returns half-open ranges that cover ``token_count`` tokens, as few and as even as possible.

    An empty text has one empty window, because it gets a vector, too.
    """
    count = max(1, -(-token_count // max_tokens))
    edges = [token_count * window // count for window in range(count + 1)]
    return tuple(pairwise(edges))


def pool_windows(vectors: FloatArray, *, owners: Sequence[int], weights: Sequence[int], count: int) -> FloatArray:
    """Averages window vectors by text, weighted by their tokens, and normalises the means.

    ``vectors`` is ``(m, d)``; window ``i`` belongs to text ``owners[i]`` and holds ``weights[i]`` tokens. Every text
    below ``count`` has at least one window. Returns ``(count, d) float32``, rows L2-normalised.
    """
    pooled = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    weighted = vectors * np.maximum(np.asarray(weights, dtype=np.float32), 1.0)[:, np.newaxis]
    np.add.at(pooled, np.asarray(owners, dtype=np.intp), weighted)
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    normalised: FloatArray = pooled / np.maximum(lengths, np.finfo(np.float32).tiny)
    return normalised


def token_ranges(sentences: Sequence[Span], places: Sequence[tuple[int, int]]) -> IntArray:
    """Returns which tokens of a window belong to which sentences of its text.

    ``places`` are the half-open ranges of characters of the window's tokens, in order. Returns ``(sentences, 2)
    int32``, half-open ranges of tokens; one without a token of its sentence is empty.
    """
    starts, ends = np.array(places, dtype=np.int32).reshape(-1, 2).T
    first = np.searchsorted(ends, [span.start for span in sentences], side="right")
    last = np.searchsorted(starts, [span.end for span in sentences], side="left")
    return np.stack([first, np.maximum(first, last)], axis=1).astype(np.int32)
