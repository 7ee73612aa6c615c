"""Scores the sentences of the hits against the question, for compression, abstention, reranking and quoting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rag.errors import EncoderError
from rag.retrieval.bm25 import bm25_scores
from rag.retrieval.units import answered_by_metadata, is_heading, is_question, sentence_spans, states_something
from rag.stages import Encoder
from rag.text.words import content_words, words
from rag.types import Chunk, FloatArray, Hit, Span

# Encoding them takes most of the time to the first word.
ENCODED_SENTENCES = 8
"""Sentences encoded for one question at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence of a hit and how well it answers the question.

    ``score`` lies in [0, 1]; ``cosine`` is NaN for a sentence that was not encoded; ``words`` are the question's
    content words that occur in the sentence or in the headings above it.
    """

    hit_index: int
    span: Span
    text: str
    score: float
    cosine: float
    words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """``answers`` is the question before the sentence, or the one that a line of metadata answers, or empty."""

    span: Span
    text: str
    answers: str


class SentenceScorer(Protocol):
    """Scores how well each sentence of the hits answers a question."""

    def score(self, question: str, hits: Sequence[Hit]) -> list[Evidence]:
        """Returns every sentence of the hits in reading order."""
        ...


class EvidenceScorer:
    """Scores sentences by cosine, BM25, coverage of the question's words, and the rank of their hit."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def score(self, question: str, hits: Sequence[Hit], kept: Sequence[Sequence[Span]] | None = None) -> list[Evidence]:
        """Returns every sentence of the hits in reading order; ``kept`` limits each hit to its spans.

        Headings are left out, unless they state something: they are context of the sentences below them. A sentence
        directly after a question (as in a FAQ) gets that question's cosine, and so does a line of metadata. Only the
        ``ENCODED_SENTENCES`` statements with the best BM25 score and rank are encoded.
        """
        sentences = [
            (index, sentence)
            for index, hit in enumerate(hits)
            for sentence in _sentences(hit.chunk, None if kept is None else kept[index])
        ]
        if not sentences:
            return []
        in_context = [
            f"{_heading(hits[index].chunk)}: {sentence.answers} {sentence.text}" for index, sentence in sentences
        ]
        lexical = _scaled(bm25_scores(question, in_context))
        prior = np.array([1 / math.log2(index + 2) for index, _ in sentences], dtype=np.float32)
        are_statements = np.array([not is_question(sentence.text) for _, sentence in sentences])
        # The first line of several introduces them: a comment, say, or a command before its options.
        encodable_texts = [sentence.answers or sentence.text.partition("\n")[0] for _, sentence in sentences]
        cosines = self._cosines(question, encodable_texts, np.where(are_statements, lexical + 0.3 * prior, -np.inf))
        asked = frozenset(content_words(question))
        found = [asked & frozenset(words(context)) for context in in_context]
        cover = np.array([len(item) / max(1, len(asked)) for item in found], dtype=np.float32)
        likeness = np.clip(np.nan_to_num(cosines, nan=0.0), 0, 1)
        # The best of a coarse grid on a sample of SQuAD 2.0's answerable questions.
        scores = 0.55 * likeness + 0.18 * lexical + 0.18 * cover + 0.09 * prior
        return [
            Evidence(
                hit_index=index,
                span=sentence.span,
                text=sentence.text,
                score=float(score),
                cosine=float(cosine),
                words=shared,
            )
            for (index, sentence), shared, score, cosine in zip(sentences, found, scores, cosines, strict=True)
        ]

    def _cosines(self, question: str, sentences: Sequence[str], priority: FloatArray) -> FloatArray:
        cosines = np.full(len(sentences), np.nan, dtype=np.float32)
        chosen = [at for at in np.argsort(-priority, kind="stable")[:ENCODED_SENTENCES] if priority[at] > -np.inf]
        if not chosen:
            return cosines
        # The other signals suffice; the search stage reports a failing encoder.
        with suppress(EncoderError):
            vectors = self._encoder.encode([sentences[index] for index in chosen])
            cosines[chosen] = vectors @ self._encoder.encode_questions([question])[0]
        return cosines


def quote(chunk: Chunk, span: Span) -> str:
    """Returns the words of ``span``, which must lie inside the chunk."""
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]


def _heading(chunk: Chunk) -> str:
    return chunk.heading_path[-1] if chunk.heading_path else chunk.title


def _sentences(chunk: Chunk, kept: Sequence[Span] | None) -> list[_Sentence]:
    """Returns the kept sentences in reading order, headings only where they state something."""
    found: list[_Sentence] = []
    before = ""
    for span in sentence_spans(chunk):
        text = quote(chunk, span)
        answers = before if is_question(before) else answered_by_metadata(text, chunk.title)
        if (kept is None or span in kept) and not (is_heading(chunk, text) and not states_something(text)):
            found.append(_Sentence(span=span, text=text, answers=answers))
        before = text
    return found


def _scaled(scores: FloatArray) -> FloatArray:
    highest = float(scores.max(initial=0.0))
    return scores / highest if highest > 0 else np.zeros_like(scores)
