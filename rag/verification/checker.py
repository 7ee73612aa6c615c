"""Checks the sentences of an answer against the passages it may cite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add, or_

import numpy as np

from rag.answers import AnswerSentence, Citation, CitationMark
from rag.errors import EncoderError, RerankerError
from rag.models.calibrations import EncoderCalibration, SupportFeatures, SupportModel, calibration_of
from rag.retrieval.rerankers.cross_encoder import PairScorer
from rag.stages import Encoder
from rag.text.facts import Stated, stated
from rag.text.sentences import is_row, split_sentences
from rag.text.words import is_mostly_cjk
from rag.types import Chunk, FloatArray, Passage, Span, context_prefix
from rag.verification.support import Claim, Source, checked_facts, support_features

_SEVERAL = 2
_MOST_READ = 2
"""How many stretches of the passages the scorer reads for a sentence: those that share most words with it."""


class EncoderLikeness:
    """Scores by the cosine of vectors; the vector of several sentences is the mean of theirs."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder  # it caches the vectors: the same passages come again and again

    @property
    def name(self) -> str:
        """The encoder's name."""
        return self._encoder.name

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1].

        Raises:
            RerankerError: the encoder failed.
        """
        split = [[text[span.start : span.end] for span in split_sentences(text)] or [text] for text in texts]
        try:
            vectors = self._encoder.encode([question, *(sentence for sentences in split for sentence in sentences)])
        except EncoderError as error:
            raise RerankerError(str(error)) from error
        at = 1
        scores = np.zeros(len(texts), dtype=np.float32)
        for row, sentences in enumerate(split):
            mean = vectors[at : at + len(sentences)].mean(axis=0)
            scores[row] = vectors[0] @ mean / max(float(np.linalg.norm(mean)), 1e-9)
            at += len(sentences)
        return np.clip(scores, 0, 1)


class SupportChecker:
    """Finds the words of passages that support a sentence.

    They must hold every number and date of the sentence, and their passage every name. Then a model decides by words
    and by the likeness that ``scorer`` gives, or by words alone where the scorer fails or does not know the language.
    """

    def __init__(self, scorer: PairScorer, calibration: EncoderCalibration | None = None) -> None:
        self._scorer = scorer
        self._calibration = calibration or calibration_of(scorer.name)

    def over(self, passages: Sequence[Passage]) -> PassageChecker:
        """Returns the checker of one answer, which rests on these passages."""
        return PassageChecker(passages, self._scorer, self._calibration)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """One or more places in passages that may together support a sentence."""

    places: tuple[tuple[Passage, Span], ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A stretch with the probability that it supports the claim, and whether that is enough."""

    stretch: _Stretch
    probability: float
    supports: bool


class PassageChecker:
    """Checks sentences against the passages of one answer, which it analyses once."""

    def __init__(self, passages: Sequence[Passage], scorer: PairScorer, calibration: EncoderCalibration) -> None:
        self._passages = {passage.number: passage for passage in passages}
        self._single = {passage.number: _single(passage) for passage in passages}
        self._pairs = {passage.number: _pairs(passage, self._single[passage.number]) for passage in passages}
        self._whole = {number: _joined(single).source.facts for number, single in self._single.items() if single}
        self._scorer = scorer
        self._model = calibration.support.encoded
        self._words_only = calibration.support.words_only
        self._knows_cjk = calibration.knows_cjk

    def check(
        self,
        index: int,
        text: str,
        marks: Sequence[CitationMark],
        *,
        claims: Sequence[str] = (),
        certain: bool = False,
    ) -> AnswerSentence:
        """Returns the sentence with its citations, each of which names one of the passages.

        ``claims`` are wordings of what it says, by default its own: the first one that has support counts.
        A mark with an exact span is kept if the sentence stands there word for word. Otherwise the best stretch of each
        marked passage is cited if it supports the sentence, or the best of several marked passages together, or, where
        nothing marked does, the best of all passages. A sentence without support is returned without citations. The
        marks of a ``certain`` sentence are all kept; one without any says nothing about the documents, and needs none.
        """
        if certain and not marks:
            return AnswerSentence(index=index, text=text, citations=(), supported=True)
        marks = [mark for mark in marks if mark.number in self._passages]
        citations = [
            _citation(self._passages[mark.number], mark.span)
            for mark in marks
            if mark.span is not None
            and (certain or _folded(self._passages[mark.number].quote(mark.span)) == _folded(text))
        ]
        marked = tuple(dict.fromkeys(mark.number for mark in marks))
        for claim in claims or (text,):
            citations = citations or self._supporting(Claim.of(claim), marked)
        return AnswerSentence(
            index=index,
            text=text,
            citations=tuple(citations),
            supported=bool(citations),
            facts=checked_facts(text, *self._stated(citations)),
        )

    def _stated(self, citations: Sequence[Citation]) -> tuple[Stated, Stated]:
        """Returns the facts of the cited words, and of their passages; of all passages where nothing is cited."""
        cited = {each.number for each in citations} or self._whole.keys()
        passages = reduce(or_, (self._whole[number] for number in cited if number in self._whole), stated(""))
        if not citations:
            return passages, passages
        headings = (context_prefix(chunk.title, chunk.heading_path) for chunk in self._chunks(citations))
        return stated("\n".join((*headings, *(each.quote for each in citations)))), passages

    def _chunks(self, citations: Sequence[Citation]) -> list[Chunk]:
        return [self._passages[number].hit.chunk for number in dict.fromkeys(each.number for each in citations)]

    def features_of(self, text: str) -> list[SupportFeatures]:
        """Returns the features of the sentence with each stretch that may support it, for fitting the model."""
        claim = Claim.of(text)
        chosen = [one for group in (self._single, self._pairs) for one in self._candidates(claim, self._all(group))]
        likenesses = self._likenesses(claim, chosen) or [0.0] * len(chosen)
        return [
            support_features(claim, one.source, likeness=likeness)
            for one, likeness in zip(chosen, likenesses, strict=True)
        ]

    def _supporting(self, claim: Claim, marked: Sequence[int]) -> list[Citation]:
        # The shortest stretches come first: a reader has to look at all of what is cited.
        levels: tuple[tuple[Sequence[_Stretch], int | None], ...] = (
            ([stretch for number in marked for stretch in self._single[number]], None),
            ([stretch for number in marked for stretch in self._pairs[number]], None),
            (self._together(claim, marked), None),
            (self._all(self._single), 1),
            (self._all(self._pairs), 1),
        )
        for stretches, most in levels:
            found = self._supported(claim, stretches)[:most]
            if found:
                break
        return [_citation(passage, span) for stretch in found for passage, span in stretch.places]

    def _all(self, stretches: dict[int, list[_Stretch]]) -> list[_Stretch]:
        return [stretch for of_passage in stretches.values() for stretch in of_passage]

    def _together(self, claim: Claim, marked: Sequence[int]) -> list[_Stretch]:
        """Returns the best sentence of each of several marked passages as one stretch."""
        marked = [number for number in marked if self._single[number]]
        if len(marked) < _SEVERAL:
            return []
        return [_joined([max(self._single[number], key=lambda one: one.source.shared(claim)) for number in marked])]

    def _supported(self, claim: Claim, stretches: Sequence[_Stretch]) -> list[_Stretch]:
        """Returns the best stretch of each passage that supports the claim, best first."""
        best: dict[int, _Stretch] = {}
        for judged in sorted(self._judge(claim, stretches), key=lambda one: -one.probability):
            if judged.supports:
                best.setdefault(judged.stretch.places[0][0].number, judged.stretch)
        return list(best.values())

    def _judge(self, claim: Claim, stretches: Sequence[_Stretch]) -> list[_Judged]:
        """Judges the candidates.

        The scorer does not read those that words decide, nor those that could not pass with the best of scores.
        """
        candidates = [
            (one, support_features(claim, one.source, likeness=1.0)) for one in self._candidates(claim, stretches)
        ]
        settled = [(one, seen) for one, seen in candidates if self._model.settles(seen)]
        if settled:
            return [self._judged(one, seen, self._model) for one, seen in settled]
        open_ = [one for one, seen in candidates if self._model.supports(seen)]
        likenesses = self._likenesses(claim, open_)
        if likenesses is None:
            return [self._judged(one, support_features(claim, one.source), self._words_only) for one in open_]
        return [
            self._judged(one, support_features(claim, one.source, likeness=likeness), self._model)
            for one, likeness in zip(open_, likenesses, strict=True)
        ]

    def _judged(self, stretch: _Stretch, seen: SupportFeatures, model: SupportModel) -> _Judged:
        return _Judged(stretch=stretch, probability=model.probability(seen), supports=model.supports(seen))

    def _candidates(self, claim: Claim, stretches: Sequence[_Stretch]) -> list[_Stretch]:
        """Returns the few stretches that share most words with the claim and hold its numbers, dates and names."""
        shared = [(one.source.shared(claim), one) for one in stretches]
        possible = [
            (words, one)
            for words, one in shared
            if words and one.source.facts.holds_figures(claim.facts) and not self._names_missing(claim, one)
        ]
        return [one for _, one in sorted(possible, key=lambda item: -item[0])[:_MOST_READ]]

    def _names_missing(self, claim: Claim, stretch: _Stretch) -> bool:
        there = reduce(or_, (self._whole[passage.number] for passage, _ in stretch.places))
        return bool(there.missing_names(claim.facts))

    def _likenesses(self, claim: Claim, stretches: Sequence[_Stretch]) -> list[float] | None:
        """Returns the scores in order; None where the scorer fails or does not know the language."""
        if is_mostly_cjk(claim.text) and not self._knows_cjk:
            return None
        if not stretches:
            return []
        try:
            return [float(score) for score in self._scorer.score(claim.text, [one.source.text for one in stretches])]
        except RerankerError:
            return None


def _single(passage: Passage) -> list[_Stretch]:
    chunk = passage.hit.chunk
    heading = Source.of(context_prefix(chunk.title, chunk.heading_path))
    return [
        _Stretch(places=((passage, span),), source=Source.of(passage.quote(span)).under(heading))
        for span in passage.kept
    ]


def _pairs(passage: Passage, sentences: Sequence[_Stretch]) -> list[_Stretch]:
    """Returns every two sentences that follow each other with only white space between, as one stretch.

    A row of a table stands alone: with the next one it would hold what neither says.
    """
    pairs = []
    for one, other in pairwise(sentences):
        if is_row(one.source.text) or is_row(other.source.text):
            continue
        first, second = one.places[0][1], other.places[0][1]
        if not passage.quote(Span(start=first.end, end=second.start)).strip():
            place = (passage, Span(start=first.start, end=second.end))
            pairs.append(_Stretch(places=(place,), source=one.source + other.source))
    return pairs


def _joined(stretches: Sequence[_Stretch]) -> _Stretch:
    return _Stretch(
        places=tuple(place for stretch in stretches for place in stretch.places),
        source=reduce(add, (stretch.source for stretch in stretches)),
    )


def _citation(passage: Passage, span: Span) -> Citation:
    chunk = passage.hit.chunk
    return Citation(
        number=passage.number,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        page=chunk.page_of(span),
        span=span,
        quote=passage.quote(span),
    )


def _folded(text: str) -> str:
    return " ".join(text.split())
