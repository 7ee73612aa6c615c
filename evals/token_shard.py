"""How long Qdrant Edge takes for MaxSim over token vectors of its own. Only measured: the index keeps none."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Sequence
from statistics import median
from typing import cast

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeVectorParams,
    HnswIndexConfig,
    MultiVectorComparator,
    MultiVectorConfig,
    Point,
    Prefetch,
    Query,
    QueryRequest,
    UpdateOperation,
    VectorStorageDatatype,
)

from rag.types import FloatArray

_DENSE, _TOKENS = "dense", "tokens"
_DATATYPES = {16: VectorStorageDatatype.Float16, 8: VectorStorageDatatype.Turbo8}
KEPT_BITS = tuple(_DATATYPES)
"""Bits a dimension that Edge can keep alone; fewer it keeps only beside the vectors that they were made of."""


def rescoring_milliseconds(
    passages: Sequence[tuple[FloatArray, FloatArray]],
    questions: Sequence[tuple[FloatArray, FloatArray]],
    *,
    bits: int,
    rescored: int,
) -> float:
    """Returns what rescoring the first ``rescored`` hits in the same call adds to a dense search, the median.

    Passages and questions, of which there is at least one each, have a dense vector, ``(d,)``, and those of their
    tokens, ``(t, e)`` with ``t`` at least 1.
    """
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        dimensions = [vectors.shape[-1] for vectors in passages[0]]
        shard = EdgeShard.create(folder, _config(*dimensions, bits=bits))
        try:
            for dense, tokens in passages:
                vectors = {_DENSE: dense.tolist(), _TOKENS: tokens.tolist()}
                point = Point(str(uuid.uuid4()), vectors, {})
                shard.update(UpdateOperation.upsert_points([point]))
            shard.flush()
            return median(_added(shard, *question, rescored) for question in questions)
        finally:
            shard.close()


def _config(dense: int, tokens: int, *, bits: int) -> EdgeConfig:
    return EdgeConfig(
        vectors={
            _DENSE: EdgeVectorParams(size=dense, distance=Distance.Cosine),
            _TOKENS: EdgeVectorParams(
                size=tokens,
                distance=Distance.Cosine,
                datatype=_DATATYPES[bits],
                multivector_config=MultiVectorConfig(MultiVectorComparator.MaxSim),
                hnsw_config=HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=10),
            ),
        }
    )


def _added(shard: EdgeShard, dense: FloatArray, tokens: FloatArray, rescored: int) -> float:
    nearest = Query.Nearest(cast("list[float]", dense.tolist()), using=_DENSE)
    alike = Query.Nearest(cast("list[list[float]]", tokens.tolist()), using=_TOKENS)
    first = Prefetch(limit=rescored, query=nearest)
    alone = _clocked(shard, QueryRequest(limit=rescored, query=nearest))
    return _clocked(shard, QueryRequest(limit=rescored, prefetches=[first], query=alike)) - alone


def _clocked(shard: EdgeShard, request: QueryRequest) -> float:
    started = time.perf_counter()
    shard.query(request)
    return (time.perf_counter() - started) * 1_000
