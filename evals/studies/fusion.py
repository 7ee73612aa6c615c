"""Chooses the fusion settings on several sets, with each set held out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from statistics import fmean

from evals.datasets.dataset import RetrievalSet
from evals.datasets.indexed_corpus import SCOPE, indexed
from evals.metrics import ndcg_at_k
from rag.factory import build_encoder, build_reranker
from rag.models.calibrations import Fusion, FusionMethod
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.fusion import fuse
from rag.settings import Settings
from rag.stages import Reranker
from rag.types import Candidates, IndexQuery, SentenceVectors

_SEED = 1
_CACHED_VECTORS = 50_000
WAYS = (
    Fusion(method=FusionMethod.RRF),
    *(
        Fusion(method=method, dense_weight=weight)
        for method, weight in product((FusionMethod.MIN_MAX, FusionMethod.Z_SCORE), (1.0, 1.5, 2.0))
    ),
    *(
        Fusion(dense_weight=weight, dense_spread=spread, bm25_by_cover=by_cover)
        for weight, spread, by_cover in product((1.0, 1.5, 2.0), (0.05, 0.08, 0.11), (False, True))
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionChoice:
    """nDCG@10 after reranking, for each of ``WAYS``, by set.

    ``held_out`` holds for each set the best way on the mean of the others, and its score on this set.
    """

    scores: tuple[Mapping[str, float], ...]
    held_out: Mapping[str, tuple[Fusion, float]]

    def best(self) -> Fusion:
        """Returns the settings with the best mean over all sets."""
        return WAYS[max(range(len(WAYS)), key=lambda way: fmean(self.scores[way].values()))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    text: str
    gains: Mapping[str, int]
    found: Candidates
    sentences: Mapping[str, SentenceVectors]


async def choose_fusion(
    sets: Sequence[RetrievalSet], settings: Settings, *, queries: int, on_progress: Callable[[str, int, int], None]
) -> FusionChoice:
    """Asks ``queries`` questions of each set, drawn with a fixed seed, with each of ``WAYS``."""
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    reranker = build_reranker(settings, EvidenceScorer(encoder))
    scores: tuple[dict[str, float], ...] = tuple({} for _ in WAYS)
    for dataset in sets:
        asked = await _ask(dataset, settings, encoder, queries=queries, on_progress=on_progress)
        for number, way in enumerate(WAYS):
            scores[number][dataset.name] = _score(asked, way, reranker, depth=settings.reranker.candidates)
            on_progress(f"{dataset.name}: fusing", number + 1, len(WAYS))
    return FusionChoice(scores=scores, held_out={dataset.name: _held_out(scores, dataset.name) for dataset in sets})


async def _ask(
    dataset: RetrievalSet,
    settings: Settings,
    encoder: CachingEncoder,
    *,
    queries: int,
    on_progress: Callable[[str, int, int], None],
) -> list[_Asked]:
    drawn = Random(_SEED).sample(sorted(dataset.queries), min(queries, len(dataset.queries)))  # noqa: S311 - a sample
    asked = []
    async with indexed(dataset.corpus, settings, encoder, on_progress=on_progress) as index:
        for query_id in drawn:
            text = dataset.queries[query_id]
            vector = encoder.encode_questions([text])[0]
            query = IndexQuery(text=text, vector=vector, limit=settings.retrieval.candidates)
            found = await index.search(SCOPE, query)
            ids = list({side.chunk.chunk_id for side in (*found.dense, *found.bm25)})
            sentences = await index.sentences(SCOPE, ids)
            asked.append(_Asked(text=text, gains=dataset.judgements[query_id], found=found, sentences=sentences))
    return asked


def _score(asked: Sequence[_Asked], way: Fusion, reranker: Reranker, *, depth: int) -> float:
    scores = []
    for question in asked:
        hits = fuse(question.found, way, question=question.text)
        first = [replace(hit, sentences=question.sentences.get(hit.chunk.chunk_id)) for hit in hits[:depth]]
        ranked = (*reranker.rerank(question.text, first), *hits[depth:])
        documents = list(dict.fromkeys(hit.chunk.document_id for hit in ranked))
        scores.append(ndcg_at_k(documents, question.gains, k=10))
    return fmean(scores)


def _held_out(scores: Sequence[Mapping[str, float]], name: str) -> tuple[Fusion, float]:
    def on_others(way: int) -> float:
        return fmean([score for other, score in scores[way].items() if other != name] or [0.0])

    best = max(range(len(WAYS)), key=on_others)
    return WAYS[best], scores[best][name]
