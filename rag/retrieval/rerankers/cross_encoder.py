"""Reranks by a cross-encoder, within a budget of time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Protocol

from rag.retrieval.evidence import quote, sentence_spans
from rag.stages import Reranker
from rag.types import Chunk, FloatArray, Hit, Span, context_prefix

WINDOW_WORDS = 60
"""What the cross-encoder that is trained here reads. Pairs of that size take it half the time of whole chunks."""

_BATCH = 4
_REMEMBERED = 4_096


class PairScorer(Protocol):
    """Reads a question and a text together. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """The model, as the receipt shows it."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1].

        Raises:
            RerankerError: the model failed.
        """
        ...


class CrossEncoderReranker:
    """Orders hits by ``weight`` parts of the model's score and the rest of what ``first`` gave them.

    ``first`` ranks before it; a hit that it did not score counts by its fused score, as a share of the best one's. Hits
    are then read in that order, a few at a time, until the first ``places`` can no longer change, or until the next
    few would go over ``budget_milliseconds``; the first few always are. Those not read stay behind those that were,
    without a ``rerank_score``. The model reads the hit's best sentence with its neighbours, up to ``window_words``
    words, where ``first`` found one, and otherwise the whole chunk; title and headings always. Scores are remembered
    by question and chunk, whose text never changes.
    """

    def __init__(
        self,
        scorer: PairScorer,
        *,
        first: Reranker,
        weight: float,
        places: int,
        window_words: int,
        budget_milliseconds: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._scorer = scorer
        self._first = first
        self._weight = weight
        self._places = places
        self._window_words = window_words
        self._budget_seconds = budget_milliseconds / 1_000
        self._clock = clock
        self._remembered: OrderedDict[tuple[bytes, str], float] = OrderedDict()
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._scorer.name

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the same hits, best first; ties keep the order they came in.

        Raises:
            RerankerError: the model failed.
        """
        ranked = self._first.rerank(question, hits)
        top = max((hit.score for hit in ranked), default=0.0) or 1.0
        before = [
            (1 - self._weight) * (hit.score / top if hit.rerank_score is None else hit.rerank_score) for hit in ranked
        ]
        scores = self._read(question, ranked, before)
        read = [replace(ranked[at], rerank_score=score) for at, score in sorted(scores.items())]
        unread = [replace(hit, rerank_score=None) for at, hit in enumerate(ranked) if at not in scores]
        return (*sorted(read, key=lambda hit: -(hit.rerank_score or 0.0)), *unread)

    def _read(self, question: str, hits: Sequence[Hit], before: Sequence[float]) -> dict[int, float]:
        """Returns the joint scores of the hits that had to be read and that there was time for, by their place."""
        asked = sha256(question.encode("utf-8", "replace")).digest()
        with self._lock:
            known = {at: self._remembered.get((asked, hit.chunk.chunk_id)) for at, hit in enumerate(hits)}
        scores = {at: before[at] + self._weight * score for at, score in known.items() if score is not None}
        missing = [at for at in known if at not in scores]
        begun = batch_begun = self._clock()
        for start in range(0, len(missing), _BATCH):
            if self._settled(scores.values(), [before[at] for at in missing[start:]]):
                break
            batch = missing[start : start + _BATCH]
            found = self._scorer.score(question, [self._text(hits[at]) for at in batch])
            self._remember({(asked, hits[at].chunk.chunk_id): float(one) for at, one in zip(batch, found, strict=True)})
            scores.update({at: before[at] + self._weight * float(one) for at, one in zip(batch, found, strict=True)})
            now = self._clock()
            took, batch_begun = now - batch_begun, now
            if now - begun + took > self._budget_seconds:
                break
        return scores

    def _settled(self, read: Iterable[float], unread: Sequence[float]) -> bool:
        """Returns whether no unread hit can come among the first places, whatever the model would say of it."""
        best = sorted(read, reverse=True)[: self._places]
        return len(best) == self._places and max(unread) + self._weight <= best[-1]

    def _text(self, hit: Hit) -> str:
        if hit.best_sentence is None or not self._window_words:
            return hit.chunk.indexed_text
        return reading_window(hit.chunk, hit.best_sentence, words=self._window_words)

    def _remember(self, scores: dict[tuple[bytes, str], float]) -> None:
        with self._lock:
            self._remembered.update(scores)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)


def reading_window(chunk: Chunk, best: Span, *, words: int = WINDOW_WORDS) -> str:
    """Returns title, headings, and the sentences around ``best`` as far as they have ``words`` words together.

    Sentences are added behind and in front by turns, whole; ``best`` is there in any case.
    """
    spans = sentence_spans(chunk)
    sizes = [len(quote(chunk, span).split()) for span in spans]
    first = last = next((at for at, span in enumerate(spans) if span.start <= best.start < span.end), 0)
    room = words - (sizes[first] if sizes else 0)
    grew = bool(spans)
    while grew:
        grew = False
        if last + 1 < len(spans) and sizes[last + 1] <= room:
            last, room, grew = last + 1, room - sizes[last + 1], True
        if first > 0 and sizes[first - 1] <= room:
            first, room, grew = first - 1, room - sizes[first - 1], True
    shown = Span(start=spans[first].start, end=spans[last].end) if spans else chunk.span
    return context_prefix(chunk.title, chunk.heading_path) + quote(chunk, shown)
