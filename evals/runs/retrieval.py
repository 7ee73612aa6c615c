"""Measures retrieval by stage: each side alone, fused by rank, fused as configured, reranked, second round."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from evals.datasets.dataset import RetrievalSet
from evals.datasets.indexed_corpus import SCOPE, indexed
from evals.metrics import Gain, ndcg_at_k, paired_bootstrap, percentile, recall_at_k
from rag.answers import Question
from rag.factory import build_encoder, build_search
from rag.models.calibrations import Fusion, FusionMethod
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.fusion import fuse
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder
from rag.telemetry.recorder import Recorder
from rag.types import Candidates, Hit

_DEEPEST = 100
_CACHED_VECTORS = 4_096
_RECIPROCAL = Fusion(method=FusionMethod.RRF)
STAGES = ("BM25", "dense", "RRF", "fused", "reranked", "second round")

Ranking = Mapping[str, Sequence[str]]
"""Document ids by query, best first, without duplicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuality:
    """Means over the queries."""

    ndcg_at_10: float
    recall_at_1: float
    recall_at_5: float
    hit_at_5: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds of one stage over the queries."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalReport:
    """The figures of one measurement. ``gain_over_rrf`` is in nDCG@10."""

    dataset: str
    passages: int
    queries: int
    encoder: str
    index: str
    indexing_seconds: float
    quality: dict[str, RankingQuality]
    gain_over_rrf: dict[str, Gain]
    latency_milliseconds: dict[str, Latency]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


async def rank(dataset: RetrievalSet, settings: Settings, *, on_progress: Callable[[str, int, int], None]) -> Ranking:
    """Searches for every query with all stages, like the service, and returns the final rankings."""
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    async with indexed(dataset.corpus, settings, encoder, on_progress=on_progress) as index:
        measurement = _Measurement(settings, encoder, index)
        await measurement.ask_all(dataset.queries, on_progress)
    return measurement.rankings[STAGES[-1]]


async def evaluate_retrieval(
    dataset: RetrievalSet, settings: Settings, *, on_progress: Callable[[str, int, int], None]
) -> RetrievalReport:
    """Indexes the corpus in a temporary folder and measures every query."""
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    started = time.perf_counter()
    async with indexed(dataset.corpus, settings, encoder, on_progress=on_progress) as index:
        seconds = time.perf_counter() - started
        measurement = _Measurement(settings, encoder, index)
        await measurement.ask_all(dataset.queries, on_progress)
    return RetrievalReport(
        dataset=dataset.name,
        passages=len(dataset.corpus),
        queries=len(dataset.queries),
        encoder=encoder.name,
        index=index.name,
        indexing_seconds=seconds,
        quality={stage: quality(ranking, dataset.judgements) for stage, ranking in measurement.rankings.items()},
        gain_over_rrf={
            stage: paired_bootstrap(
                _ndcg_of_each(measurement.rankings["RRF"], dataset.judgements),
                _ndcg_of_each(measurement.rankings[stage], dataset.judgements),
            )
            for stage in STAGES[3:]
        },
        latency_milliseconds={
            stage: Latency(p50=percentile(times, 0.5), p95=percentile(times, 0.95))
            for stage, times in measurement.times.items()
        },
    )


class _Measurement:
    """Asks queries one after the other, and collects the rankings and times of each stage."""

    def __init__(self, settings: Settings, encoder: Encoder, index: ChunkIndex) -> None:
        self._search = build_search(settings, encoder=encoder, index=index, visible=lambda _, versions: versions)
        self.rankings: dict[str, dict[str, list[str]]] = {stage: {} for stage in STAGES}
        self.times: dict[str, list[float]] = defaultdict(list)

    async def ask_all(self, queries: Mapping[str, str], on_progress: Callable[[str, int, int], None]) -> None:
        for number, (query_id, text) in enumerate(queries.items(), start=1):
            await self._ask(query_id, text)
            on_progress("asking", number, len(queries))

    async def _ask(self, query_id: str, text: str) -> None:
        recorder = Recorder()
        found = await self._search.find(Question(text=text, scope=SCOPE), text, recorder, limit=_DEEPEST)
        for stage in recorder.stages:
            self.times[stage.stage].append(stage.milliseconds)
        bm25, dense = _sides(found.candidates)
        by_rank = fuse(found.candidates, _RECIPROCAL)
        for stage_name, hits in zip(
            STAGES, (bm25, dense, by_rank, found.fused, found.reranked, found.hits), strict=True
        ):
            self.rankings[stage_name][query_id] = list(dict.fromkeys(hit.chunk.document_id for hit in hits))


def _sides(found: Candidates) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    alone = (Candidates(dense=(), bm25=found.bm25), Candidates(dense=found.dense, bm25=()))
    bm25, dense = (fuse(side, _RECIPROCAL) for side in alone)
    return bm25, dense


def _ndcg_of_each(ranking: Ranking, judgements: Mapping[str, Mapping[str, int]]) -> list[float]:
    return [ndcg_at_k(ranked, judgements[query], k=10) for query, ranked in ranking.items()]


def quality(ranking: Ranking, judgements: Mapping[str, Mapping[str, int]]) -> RankingQuality:
    """Averages over the queries of ``ranking``, which must not be empty."""

    def mean(metric: Callable[[Sequence[str], Mapping[str, int]], float]) -> float:
        return sum(metric(ranked, judgements[query]) for query, ranked in ranking.items()) / len(ranking)

    return RankingQuality(
        ndcg_at_10=mean(lambda ranked, gains: ndcg_at_k(ranked, gains, k=10)),
        recall_at_1=mean(lambda ranked, gains: recall_at_k(ranked, gains, k=1)),
        recall_at_5=mean(lambda ranked, gains: recall_at_k(ranked, gains, k=5)),
        hit_at_5=mean(lambda ranked, gains: float(recall_at_k(ranked, gains, k=5) > 0)),
    )
