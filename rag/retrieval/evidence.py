"""Scores the sentences of the hits against the question, for compression, abstention, reranking and quoting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from rag.errors import EncoderError
from rag.models.calibrations import calibration_of
from rag.retrieval.bm25 import bm25_of_words
from rag.retrieval.units import (
    answered_by_metadata,
    first_line,
    is_heading,
    is_question,
    sentence_spans,
    states_something,
)
from rag.stages import Encoder
from rag.text.words import content_words, word_spans, words
from rag.types import Chunk, FloatArray, Hit, Span

# Encoding them would take most of the time to the first word.
ENCODED_SENTENCES = 8
"""Sentences encoded for one question at most, of those that were stored without a vector."""
_ANALYSED_CHUNKS = 512  # about 5 MB; one question reads some twenty


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
    """A sentence, what it is read with, and the words of both and of the heading above.

    ``answers`` is the question before the sentence, or the one that a line of metadata answers, or empty.
    """

    span: Span
    text: str
    answers: str
    words: tuple[str, ...]

    @property
    def is_statement(self) -> bool:
        return not is_question(self.text)


class SentenceScorer(Protocol):
    """Scores how well each sentence of the hits answers a question."""

    def score(self, question: str, hits: Sequence[Hit]) -> list[Evidence]:
        """Returns every sentence of the hits in reading order."""
        ...


class EvidenceScorer:
    """Scores sentences by cosine, BM25, coverage of the question's words, and the rank of their hit.

    Vectors that came with the hits are used; where there are none, a few sentences are encoded.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.calibration = calibration_of(encoder.name)
        self._sentences_of = lru_cache(maxsize=_ANALYSED_CHUNKS)(_analysed)

    def score(self, question: str, hits: Sequence[Hit], kept: Sequence[Sequence[Span]] | None = None) -> list[Evidence]:
        """Returns every sentence of the hits in reading order; ``kept`` limits each hit to its spans.

        Headings are left out, unless they state something: they are context of the sentences below them. A sentence
        directly after a question (as in a FAQ) gets that question's cosine, and so does a line of metadata. Of
        statements without a stored vector, the ``ENCODED_SENTENCES`` with the best BM25 score and rank are encoded.
        """
        sentences = [
            (index, sentence)
            for index, hit in enumerate(hits)
            for sentence in self._sentences_of(hit.chunk, hit.sentences.spans if hit.sentences else None)
            if kept is None or sentence.span in kept[index]
        ]
        if not sentences:
            return []
        lexical = _scaled(bm25_of_words(question, [sentence.words for _, sentence in sentences]))
        prior = np.array([1 / math.log2(index + 2) for index, _ in sentences], dtype=np.float32)
        cosines = self._cosines(question, hits, sentences, priority=lexical + 0.3 * prior)
        asked = frozenset(content_words(question))
        found = [asked.intersection(sentence.words) for _, sentence in sentences]
        cover = np.array([len(item) / max(1, len(asked)) for item in found], dtype=np.float32)
        likeness = np.clip(np.nan_to_num(cosines, nan=0.0), 0, 1)
        # The best of a coarse grid on SQuAD 2.0's training articles and HotpotQA, with both installed encoders.
        scores = 0.55 * likeness + 0.17 * lexical + 0.22 * cover + 0.06 * prior
        return [
            Evidence(
                hit_index=index,
                span=sentence.span,
                text=sentence.text,
                score=score,
                cosine=cosine,
                words=shared,
            )
            for (index, sentence), shared, score, cosine in zip(
                sentences, found, scores.tolist(), cosines.tolist(), strict=True
            )
        ]

    def likeness(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns the cosine of each text to the question; 0 where the encoder fails."""
        likeness = np.zeros(len(texts), dtype=np.float32)
        # The search stage reports a failing encoder.
        with suppress(EncoderError):
            if texts:
                likeness = self._encoder.encode(texts) @ self._encoder.encode_questions([question])[0]
        return likeness

    def nearest_words(self, question: str, asked: Sequence[Span], texts: Sequence[str]) -> FloatArray | None:
        """Returns how alike each of the words ``asked`` is to the nearest word of the texts, each read in its context.

        That is ColBERT's MaxSim (Khattab and Zaharia 2020) by words. None where the encoder gives no vectors of words.
        """
        with suppress(EncoderError):
            spans = [asked, *(word_spans(text) for text in texts)]
            _, vectors = self._encoder.encode_with_sentences([question, *texts], spans)
            found = [of_text for of_text in vectors[1:] if len(of_text)]
            if found and len(asked):
                nearest: FloatArray = (vectors[0] @ np.concatenate(found).T).max(axis=1)
                return nearest
        return None

    def shifts(self, question: str, asked: Sequence[Span]) -> FloatArray:
        """Returns how far the meaning of the question moves without each of its words, as 1 less the cosine."""
        if not asked:
            return np.zeros(0, dtype=np.float32)
        left = [f"{question[: span.start]}{question[span.end :]}" for span in asked]
        vectors = self._encoder.encode_questions([question, *left])
        moved: FloatArray = 1 - vectors[1:] @ vectors[0]
        return moved

    def forget(self) -> None:
        """Drops the sentences kept from earlier questions, because some belong to deleted documents."""
        self._sentences_of.cache_clear()

    def _cosines(
        self, question: str, hits: Sequence[Hit], sentences: Sequence[tuple[int, _Sentence]], *, priority: FloatArray
    ) -> FloatArray:
        """Returns the cosines of the statements, NaN for those that were neither stored nor encoded."""
        cosines = np.full(len(sentences), np.nan, dtype=np.float32)
        statements = [at for at, (_, sentence) in enumerate(sentences) if sentence.is_statement]
        if not statements:
            return cosines
        # The other signals suffice; the search stage reports a failing encoder.
        with suppress(EncoderError):
            asked = self._encoder.encode_questions([question])[0]
            stored = [_stored_cosines(hit, asked) for hit in hits]
            for at in statements:
                index, sentence = sentences[at]
                cosines[at] = np.nan if sentence.answers else stored[index].get(sentence.span, np.nan)
            missing = [at for at in statements if math.isnan(cosines[at])]
            chosen = sorted(missing, key=lambda at: -priority[at])[:ENCODED_SENTENCES]
            # A question is compared with a question, as the encoder was trained to read them.
            answers = [at for at in chosen if sentences[at][1].answers]
            others = [at for at in chosen if not sentences[at][1].answers]
            if answers:
                cosines[answers] = self._encoder.encode_questions([sentences[at][1].answers for at in answers]) @ asked
            if others:
                cosines[others] = self._encoder.encode([first_line(sentences[at][1].text) for at in others]) @ asked
        return cosines


def _stored_cosines(hit: Hit, asked: FloatArray) -> Mapping[Span | None, float]:
    if hit.sentences is None:
        return {}
    return dict(zip(hit.sentences.spans, (hit.sentences.vectors() @ asked).tolist(), strict=True))


def quote(chunk: Chunk, span: Span) -> str:
    """Returns the words of ``span``, which must lie inside the chunk."""
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]


def heading_of(chunk: Chunk) -> str:
    """Returns the heading directly above a chunk, or its document's title."""
    return chunk.heading_path[-1] if chunk.heading_path else chunk.title


def _analysed(chunk: Chunk, spans: tuple[Span, ...] | None) -> tuple[_Sentence, ...]:
    """Returns the sentences in reading order, headings only where they state something.

    ``spans`` are those found when the chunk was stored; to find them would take a third of the time of reranking.
    """
    found: list[_Sentence] = []
    above = words(heading_of(chunk))
    before = ""
    for span in sentence_spans(chunk) if spans is None else spans:
        text = quote(chunk, span)
        answers = before if is_question(before) else answered_by_metadata(text, chunk.title)
        if not is_heading(chunk, text) or states_something(text):
            all_words = (*above, *words(answers), *words(text))
            found.append(_Sentence(span=span, text=text, answers=answers, words=all_words))
        before = text
    return tuple(found)


def _scaled(scores: FloatArray) -> FloatArray:
    highest = float(scores.max(initial=0.0))
    return scores / highest if highest > 0 else np.zeros_like(scores)
