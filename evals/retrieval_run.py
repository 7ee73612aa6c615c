"""Measures retrieval on a BEIR dataset: BM25, dense, fused and reranked, with the milliseconds of each stage."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from evals.datasets.beir import BeirDataset, BeirDocument
from evals.retrieval_metrics import ndcg_at_k, percentile, recall_at_k
from rag.context.evidence import EvidenceScorer
from rag.factory import build_encoder, build_index, build_reranker
from rag.retrieval.caching_encoder import CachingEncoder
from rag.retrieval.fusion import reciprocal_rank_fusion
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder
from rag.types import Chunk, EncodedChunk, IndexQuery, Scope, Span

_SCOPE = Scope(tenant="evaluation", collection="beir")
_K = 10
_RECALL_K = 100
_BATCH = 256
_CACHED_VECTORS = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Means over the queries."""

    ndcg_at_10: float
    recall_at_100: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds of one stage over the queries."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalReport:
    """What one run measured."""

    dataset: str
    documents: int
    queries: int
    encoder: str
    index: str
    indexing_seconds: float
    quality: dict[str, Quality]
    latency_milliseconds: dict[str, Latency]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


async def evaluate_retrieval(
    dataset: BeirDataset, settings: Settings, *, on_progress: Callable[[str, int, int], None]
) -> RetrievalReport:
    """Indexes the corpus, one passage a document, in a folder of its own, and asks every query."""
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        settings = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": Path(folder)})})
        encoder = build_encoder(settings.encoder, settings.models)
        index = build_index(settings, encoder)
        try:
            started = time.perf_counter()
            await _index_corpus(dataset.corpus, encoder, index, on_progress)
            seconds = time.perf_counter() - started
            quality, latency = await _ask(dataset, settings, encoder, index, on_progress)
        finally:
            await index.close()
    return RetrievalReport(
        dataset=dataset.name,
        documents=len(dataset.corpus),
        queries=len(dataset.queries),
        encoder=encoder.name,
        index=index.name,
        indexing_seconds=seconds,
        quality=quality,
        latency_milliseconds=latency,
    )


async def _index_corpus(
    corpus: Sequence[BeirDocument],
    encoder: Encoder,
    index: ChunkIndex,
    on_progress: Callable[[str, int, int], None],
) -> None:
    for start in range(0, len(corpus), _BATCH):
        chunks = [_chunk(document) for document in corpus[start : start + _BATCH]]
        vectors = encoder.encode([chunk.indexed_text for chunk in chunks])
        batch = [EncodedChunk(chunk=chunk, vector=vector) for chunk, vector in zip(chunks, vectors, strict=True)]
        await index.upsert(_SCOPE, batch)
        on_progress("indexing", start + len(chunks), len(corpus))


def _chunk(document: BeirDocument) -> Chunk:
    return Chunk(
        chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, document.document_id)),
        document_id=document.document_id,
        version_id=document.document_id,
        ordinal=0,
        name=document.document_id,
        title=document.title,
        media_type="text/plain",
        heading_path=(),
        page=None,
        span=Span(start=0, end=len(document.text)),
        text=document.text,
    )


async def _ask(
    dataset: BeirDataset,
    settings: Settings,
    encoder: Encoder,
    index: ChunkIndex,
    on_progress: Callable[[str, int, int], None],
) -> tuple[dict[str, Quality], dict[str, Latency]]:
    chosen = settings.retrieval
    remembering = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
    reranker = build_reranker(settings.reranker, EvidenceScorer(remembering))
    ranked: dict[str, dict[str, list[str]]] = {"bm25": {}, "dense": {}, "hybrid": {}, "reranked": {}}
    times: dict[str, list[float]] = {"encode": [], "search": [], "fuse": [], "rerank": []}
    for number, (query_id, text) in enumerate(dataset.queries.items(), start=1):
        begun = time.perf_counter()
        vector = remembering.encode([text])[0]
        encoded = time.perf_counter()
        found = await index.search(_SCOPE, IndexQuery(text=text, vector=vector, limit=_RECALL_K))
        searched = time.perf_counter()
        narrowed = replace(found, dense=found.dense[: chosen.candidates], bm25=found.bm25[: chosen.candidates])
        hits = reciprocal_rank_fusion(
            narrowed, k=chosen.rrf_k, dense_weight=chosen.dense_weight, bm25_weight=chosen.bm25_weight
        )
        fused = time.perf_counter()
        depth = settings.reranker.candidates
        reranked = [*reranker.rerank(text, hits[:depth]), *hits[depth:]]
        moments = (begun, encoded, searched, fused, time.perf_counter())
        for stage, (start, end) in zip(times, pairwise(moments), strict=True):
            times[stage].append((end - start) * 1_000)
        ranked["bm25"][query_id] = [scored.chunk.document_id for scored in found.bm25]
        ranked["dense"][query_id] = [scored.chunk.document_id for scored in found.dense]
        ranked["hybrid"][query_id] = [hit.chunk.document_id for hit in hits]
        ranked["reranked"][query_id] = [hit.chunk.document_id for hit in reranked]
        on_progress("asking", number, len(dataset.queries))
    quality = {side: _quality(lists, dataset.judgements) for side, lists in ranked.items()}
    latency = {stage: Latency(p50=percentile(v, 0.5), p95=percentile(v, 0.95)) for stage, v in times.items()}
    return quality, latency


def _quality(ranked: dict[str, list[str]], judgements: dict[str, dict[str, int]]) -> Quality:
    count = len(ranked)
    return Quality(
        ndcg_at_10=sum(ndcg_at_k(ids, judgements[query], k=_K) for query, ids in ranked.items()) / count,
        recall_at_100=sum(recall_at_k(ids, judgements[query], k=_RECALL_K) for query, ids in ranked.items()) / count,
    )
