"""Reranks by a cross-encoder, within a budget of time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Protocol

from rag.types import FloatArray, Hit

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
    """Orders hits by ``weight`` parts of the model's score and the rest of the fused one.

    Hits are read in their order, a few at a time, until the next few would go over ``budget_milliseconds``; the first
    few always are. Those not read stay behind those that were, without a ``rerank_score``. Scores are remembered by
    question and chunk, whose text never changes.
    """

    def __init__(
        self,
        scorer: PairScorer,
        *,
        weight: float,
        budget_milliseconds: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._scorer = scorer
        self._weight = weight
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

        The model reads the question with the chunk's indexed text, title and headings included.

        Raises:
            RerankerError: the model failed.
        """
        scores = self._scores(question, hits)
        top = max((hit.score for hit in hits), default=0.0) or 1.0
        read = [
            replace(hit, rerank_score=self._weight * scores[at] + (1 - self._weight) * hit.score / top)
            for at, hit in enumerate(hits)
            if at in scores
        ]
        unread = [hit for at, hit in enumerate(hits) if at not in scores]
        return (*sorted(read, key=lambda hit: -(hit.rerank_score or 0.0)), *unread)

    def _scores(self, question: str, hits: Sequence[Hit]) -> dict[int, float]:
        """Returns the scores of the hits that there was time for, by their place."""
        asked = sha256(question.encode("utf-8", "replace")).digest()
        with self._lock:
            known = {at: self._remembered.get((asked, hit.chunk.chunk_id)) for at, hit in enumerate(hits)}
        scores = {at: score for at, score in known.items() if score is not None}
        missing = [at for at in known if at not in scores]
        begun = batch_begun = self._clock()
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            found = self._scorer.score(question, [hits[at].chunk.indexed_text for at in batch])
            scores.update({at: float(score) for at, score in zip(batch, found, strict=True)})
            self._remember({(asked, hits[at].chunk.chunk_id): scores[at] for at in batch})
            now = self._clock()
            took, batch_begun = now - batch_begun, now
            if now - begun + took > self._budget_seconds:
                break
        return scores

    def _remember(self, scores: dict[tuple[bytes, str], float]) -> None:
        with self._lock:
            self._remembered.update(scores)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
