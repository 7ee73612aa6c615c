"""BM25 over a few texts in memory. Pure; the only door to ``rank_bm25``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rank_bm25 import BM25Okapi

from rag.text.words import content_words, words
from rag.types import FloatArray


def bm25_scores(query: str, texts: Sequence[str]) -> FloatArray:
    """Returns ``(n,) float32``, one score per text, at least 0; 0 for a text without a word of the query.

    Okapi BM25 (k1 1.5, b 0.75). Each word of the query counts once; stop words count only in a query that has no other
    words. The inverse document frequency is Lucene's, ``ln(1 + (N - n + 0.5) / (n + 0.5))``: it stays above 0 for a
    word that occurs in most texts, which is common among few texts.
    """
    return bm25_of_words(query, [words(text) for text in texts])


def bm25_of_words(query: str, documents: Sequence[Sequence[str]]) -> FloatArray:
    """Returns the scores of ``bm25_scores`` for texts that are given as their words."""
    asked = tuple(dict.fromkeys(content_words(query) or words(query)))
    if not asked or not any(documents):
        return np.zeros(len(documents), dtype=np.float32)
    scorer = BM25Okapi(documents)
    scorer.idf = {word: _idf(sum(word in document for document in scorer.doc_freqs), len(documents)) for word in asked}
    return np.asarray(scorer.get_scores(asked), dtype=np.float32)


def _idf(found: int, count: int) -> float:
    return math.log1p((count - found + 0.5) / (found + 0.5))
