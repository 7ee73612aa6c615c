"""Fits the abstention model on questions with and without an answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from evals.datasets.squad import SquadDataset, SquadQuestion
from evals.indexed_corpus import SCOPE, indexed
from rag.context.abstention import AbstentionGate, Signals
from rag.context.evidence import EvidenceScorer
from rag.factory import build_encoder, build_reranker
from rag.retrieval.caching_encoder import CachingEncoder
from rag.retrieval.fusion import fuse
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder
from rag.types import Candidates, Hit, IndexQuery, ScoredChunk

_DEEP = 400
"""How far to search so that enough is left when an article is taken out."""
_CACHED_VECTORS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionFit:
    """The weights, and how well they tell the two kinds of questions apart on data they were not fitted on."""

    weights: dict[str, float]
    auc: float
    abstained_at_5_percent_refused: float


async def fit_abstention(
    dataset: SquadDataset,
    settings: Settings,
    *,
    sample: int,
    lexical: bool,
    on_progress: Callable[[str, int, int], None],
) -> AbstentionFit:
    """Fits on ``sample`` answerable questions and as many unanswerable ones, drawn with a fixed seed.

    Up to half of the unanswerable ones are the data set's own; the others are answerable ones whose article is taken
    out. ``lexical`` leaves out what the encoder says: for questions in a language that it does not know.
    """
    draw = random.Random(7)  # noqa: S311 - a sample, not a secret
    own = [question for question in dataset.questions if not question.answers]
    adversarial = draw.sample(own, min(sample // 2, len(own)))
    known = [question for question in dataset.questions if question.answers]
    answerable = draw.sample(known, 2 * sample - len(adversarial))
    cases = [
        *((question, True, False) for question in answerable[:sample]),
        *((question, False, False) for question in adversarial),
        *((question, False, True) for question in answerable[sample:]),
    ]
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    scorer = EvidenceScorer(encoder)
    reranker = build_reranker(settings, scorer)
    gate = AbstentionGate(scorer=scorer, threshold=settings.abstention.threshold)
    rows: list[Signals] = []
    async with indexed(dataset.passages(), settings, encoder, on_progress=on_progress) as index:
        for number, (question, _, without_article) in enumerate(cases, start=1):
            candidates = await _search(question, encoder, index, without_article=without_article)
            hits = reranker.rerank(question.text, _fused(candidates, settings))
            rows.append(gate.signals(question.text, hits[: settings.retrieval.limit]))
            on_progress("asking", number, len(cases))
    names = [field.name for field in fields(Signals) if not (lexical and field.name in {"dense", "cosine"})]
    inputs = np.array([[getattr(row, name) for name in names] for row in rows])
    return _fit(names, inputs, np.array([answered for _, answered, _ in cases]))


async def _search(question: SquadQuestion, encoder: Encoder, index: ChunkIndex, *, without_article: bool) -> Candidates:
    query = IndexQuery(text=question.text, vector=encoder.encode_questions([question.text])[0], limit=_DEEP)
    found = await index.search(SCOPE, query)

    def allowed(side: tuple[ScoredChunk, ...]) -> tuple[ScoredChunk, ...]:
        return tuple(item for item in side if not (without_article and item.chunk.title == question.article))

    return Candidates(dense=allowed(found.dense), bm25=allowed(found.bm25))


def _fused(found: Candidates, settings: Settings) -> tuple[Hit, ...]:
    chosen = settings.retrieval
    candidates = Candidates(dense=found.dense[: chosen.candidates], bm25=found.bm25[: chosen.candidates])
    hits = fuse(candidates, chosen.fusion)
    return hits[: settings.reranker.candidates]


def _fit(names: list[str], inputs: np.ndarray, answered: np.ndarray) -> AbstentionFit:
    model = LogisticRegression(C=10.0, max_iter=1_000)
    held_out = cross_val_predict(model, inputs, answered, cv=10, method="predict_proba")[:, 1]
    threshold = np.quantile(held_out[answered], 0.05)
    model.fit(inputs, answered)
    values = [float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])]
    return AbstentionFit(
        weights=dict(zip(["intercept", *names], values, strict=True)),
        auc=float(roc_auc_score(answered, held_out)),
        abstained_at_5_percent_refused=float((held_out[~answered] < threshold).mean()),
    )
