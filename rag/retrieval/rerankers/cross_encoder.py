"""Reranks with a cross-encoder, within a time budget."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Protocol

from rag.models.pair_form import PairForm
from rag.retrieval.evidence import quote
from rag.retrieval.units import sentence_spans
from rag.stages import Reranker
from rag.types import Chunk, FloatArray, Hit, Span, context_prefix

WINDOW_WORDS = 60
"""Words of a chunk that a trained cross-encoder reads. Pairs of this size take half the time of whole chunks."""

_BATCH = 4
_CACHED_SCORES = 4_096


class PairScorer(Protocol):
    """Scores pairs of question and text. Safe to call from several threads."""

    @property
    def name(self) -> str: ...

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1].

        Raises:
            RerankerError: the model failed.
        """
        ...


class CrossEncoderReranker:
    """Orders hits by ``form.weight`` times the model's score plus the rest times the score of ``first``.

    ``first`` reranks before the model; a hit without a score from it counts by its fused score as a share of the best
    one's. Where ``form`` does not ask the model, the order of ``first`` stays. Else it scores hits in that order, in
    batches of 4, until it has read ``form.reads``, the first ``places`` can no longer change, or the next batch would
    exceed ``budget_milliseconds``; it always scores the first batch. Unscored hits stay behind the scored ones, without
    a ``rerank_score``. The model reads title, headings, and up to ``window_words`` words around
    the best sentence that ``first`` found; without one it reads the whole chunk. Scores are cached by question and
    chunk.
    """

    def __init__(
        self,
        scorer: PairScorer,
        *,
        first: Reranker,
        form: PairForm,
        places: int,
        window_words: int,
        budget_milliseconds: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._scorer = scorer
        self._first = first
        self._form = form
        self._weight = form.weight
        self._places = places
        self._window_words = window_words
        self._budget_seconds = budget_milliseconds / 1_000
        self._clock = clock
        self._cache: OrderedDict[tuple[bytes, str], float] = OrderedDict()
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._scorer.name

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the same hits, best first; ties keep their order.

        Raises:
            RerankerError: the model failed.
        """
        ranked = self._first.rerank(question, hits)
        best = [hit.rerank_score or 0.0 for hit in ranked[:2]]
        if len(best) > 1 and not self._form.asks(question, ranked[0].chunk.text, lead=best[0] - best[1]):
            return ranked
        top = max((hit.score for hit in ranked), default=0.0) or 1.0
        before = [
            (1 - self._weight) * (hit.score / top if hit.rerank_score is None else hit.rerank_score) for hit in ranked
        ]
        scores = self._score(question, ranked, before)
        read = [replace(ranked[at], rerank_score=score) for at, score in sorted(scores.items())]
        unread = [replace(hit, rerank_score=None) for at, hit in enumerate(ranked) if at not in scores]
        return (*sorted(read, key=lambda hit: -(hit.rerank_score or 0.0)), *unread)

    def _score(self, question: str, hits: Sequence[Hit], before: Sequence[float]) -> dict[int, float]:
        """Returns the combined scores of the hits that were scored, by index in ``hits``."""
        asked = sha256(question.encode("utf-8", "replace")).digest()
        with self._lock:
            readable = enumerate(hits[: self._form.reads])
            known = {at: self._cache.get((asked, hit.chunk.chunk_id)) for at, hit in readable}
        scores = {at: before[at] + self._weight * score for at, score in known.items() if score is not None}
        missing = [at for at in known if at not in scores]
        begun = batch_begun = self._clock()
        for start in range(0, len(missing), _BATCH):
            if self._settled(scores.values(), [before[at] for at in missing[start:]]):
                break
            batch = missing[start : start + _BATCH]
            found = self._scorer.score(question, [self._text(hits[at]) for at in batch])
            self._store({(asked, hits[at].chunk.chunk_id): float(one) for at, one in zip(batch, found, strict=True)})
            scores.update({at: before[at] + self._weight * float(one) for at, one in zip(batch, found, strict=True)})
            now = self._clock()
            took, batch_begun = now - batch_begun, now
            if now - begun + took > self._budget_seconds:
                break
        return scores

    def _settled(self, read: Iterable[float], unread: Sequence[float]) -> bool:
        """Returns whether no unread hit can still reach the first ``places``."""
        best = sorted(read, reverse=True)[: self._places]
        return len(best) == self._places and max(unread) + self._weight <= best[-1]

    def _text(self, hit: Hit) -> str:
        if hit.best_sentence is None or not self._window_words:
            return hit.chunk.indexed_text
        return reading_window(hit.chunk, hit.best_sentence, words=self._window_words)

    def _store(self, scores: dict[tuple[bytes, str], float]) -> None:
        with self._lock:
            self._cache.update(scores)
            while len(self._cache) > _CACHED_SCORES:
                self._cache.popitem(last=False)


def reading_window(chunk: Chunk, best: Span, *, words: int = WINDOW_WORDS) -> str:
    """Returns title, headings, and whole sentences around ``best``, up to ``words`` words in total.

    Sentences are added after and before ``best`` in turn; ``best`` is always included.
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
