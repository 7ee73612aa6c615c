"""Measures compression: the share of answers kept against the share of tokens kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from evals.datasets.dataset import RetrievalSet
from evals.datasets.gold import states_fact
from evals.datasets.indexed_corpus import SCOPE, indexed
from rag.answering.compression import SentenceCompressor, WholePassages
from rag.answers import Question
from rag.factory import build_encoder, build_search, build_tokenizer
from rag.retrieval.bm25 import bm25_scores
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.evidence import Evidence, EvidenceScorer, SentenceScorer, quote
from rag.retrieval.units import sentence_spans
from rag.settings import Settings
from rag.stages import Compressor, Encoder
from rag.telemetry.recorder import Recorder
from rag.types import Hit

BUDGETS = (100, 200, 300, 380, 500, 600)
_SEED = 1
_CACHED_VECTORS = 50_000
_NO_SPAN_ANSWERS = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Shares of tokens and of answers kept, over the questions whose answer is in the passages."""

    tokens: float
    answers: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionReport:
    """``kept`` by method and token budget, over the ``questions`` whose answer the search found."""

    dataset: str
    questions: int
    tokens_before: float
    kept: Mapping[str, Mapping[int, Kept]]


class Bm25Sentences:
    """Scores sentences by BM25 alone, as a baseline."""

    def score(self, question: str, hits: Sequence[Hit]) -> list[Evidence]:
        """Returns the sentences of the hits; the highest score is 1."""
        spans = [(index, span) for index, hit in enumerate(hits) for span in sentence_spans(hit.chunk)]
        texts = [quote(hits[index].chunk, span) for index, span in spans]
        scores = bm25_scores(question, texts)
        highest = float(scores.max(initial=0.0)) or 1.0
        return [
            Evidence(
                hit_index=index, span=span, text=text, score=float(score) / highest, cosine=math.nan, words=frozenset()
            )
            for (index, span), text, score in zip(spans, texts, scores, strict=True)
        ]


async def evaluate_compression(
    dataset: RetrievalSet, settings: Settings, *, queries: int, on_progress: Callable[[str, int, int], None]
) -> CompressionReport:
    """Searches like the service, and compresses the hits by each method within each budget."""
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    asked = await _ask(dataset, settings, encoder, queries=queries, on_progress=on_progress)
    tokenizer = build_tokenizer(encoder)
    before = [sum(tokenizer.count(hit.chunk.text) for hit in hits) for _, hits, _ in asked]
    scorers: dict[str, SentenceScorer] = {"evidence": EvidenceScorer(encoder), "BM25": Bm25Sentences()}
    kept: dict[str, dict[int, Kept]] = {}
    for budget in BUDGETS:
        methods: dict[str, Compressor] = {
            name: SentenceCompressor(scorer=scorer, tokenizer=tokenizer, budget_tokens=budget)
            for name, scorer in scorers.items()
        }
        methods["whole passages"] = WholePassages(tokenizer=tokenizer, budget_tokens=budget)
        for name, method in methods.items():
            contexts = [method.compress(text, hits) for text, hits, _ in asked]
            kept.setdefault(name, {})[budget] = Kept(
                tokens=fmean(context.tokens_after / size for context, size in zip(contexts, before, strict=True)),
                answers=fmean(
                    _answered((passage.text for passage in context.passages), answers)
                    for context, (_, _, answers) in zip(contexts, asked, strict=True)
                ),
            )
    return CompressionReport(dataset=dataset.name, questions=len(asked), tokens_before=fmean(before), kept=kept)


async def _ask(
    dataset: RetrievalSet,
    settings: Settings,
    encoder: Encoder,
    *,
    queries: int,
    on_progress: Callable[[str, int, int], None],
) -> list[tuple[str, tuple[Hit, ...], tuple[str, ...]]]:
    """Returns (question, hits, answers) for the questions whose answer is in the hits."""
    told = sorted(query for query, answers in dataset.answers.items() if not _NO_SPAN_ANSWERS.issuperset(answers))
    drawn = Random(_SEED).sample(told, min(queries, len(told)))  # noqa: S311 - a sample
    asked = []
    async with indexed(dataset.corpus, settings, encoder, on_progress=on_progress) as index:
        search = build_search(settings, encoder=encoder, index=index, visible=lambda _, versions: versions)
        for number, query in enumerate(drawn, start=1):
            text, answers = dataset.queries[query], dataset.answers[query]
            question = Question(text=text, scope=SCOPE)
            hits = (await search.find(question, text, Recorder(), limit=settings.retrieval.limit)).hits
            if _answered((hit.chunk.text for hit in hits), answers):
                asked.append((text, hits, answers))
            on_progress("asking", number, len(drawn))
    return asked


def _answered(texts: Iterable[str], answers: Sequence[str]) -> bool:
    together = " ".join(texts)
    return any(states_fact(together, answer) for answer in answers)
