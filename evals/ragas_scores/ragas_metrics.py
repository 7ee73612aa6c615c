"""Wraps the metrics of Ragas, which takes four seconds to load: import this module late, and in a thread.

Only the metrics' own ``ascore`` is called: ``evaluate`` and the synchronous calls of Ragas would patch asyncio for the
whole process (nest_asyncio).
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping, Sequence

os.environ["RAGAS_DO_NOT_TRACK"] = "true"  # read once, before the first usage report

from ragas._analytics import _analytics_batcher
from ragas.embeddings.base import BaseRagasEmbedding
from ragas.llms.base import InstructorBaseRagasLLM
from ragas.metrics.collections import (
    AnswerRelevancy,
    BaseMetric,
    ContextPrecisionWithReference,
    ContextRecall,
    FactualCorrectness,
    Faithfulness,
    NoiseSensitivity,
    NonLLMStringSimilarity,
    SemanticSimilarity,
)
from ragas.metrics.collections.factual_correctness.util import NLIStatementOutput as FactualVerdicts
from ragas.metrics.collections.faithfulness.util import NLIStatementOutput as FaithfulnessVerdicts

from evals.ragas_scores.judge import Judge, Reply
from evals.ragas_scores.samples import NotComputedError, Sample
from rag.errors import CitewellError, JudgeError
from rag.retrieval.encoders.caching import CachingEncoder
from rag.stages import Encoder

_CACHED_VECTORS = 4_096
_analytics_batcher.shutdown()  # its thread would wake every second during the life of a service


class RagasMetrics:
    """The metrics by name, with our judge and our encoder."""

    def __init__(self, *, encoder: Encoder, judge: Judge | None) -> None:
        self._embeddings = _Embeddings(CachingEncoder(encoder, capacity=_CACHED_VECTORS))
        self._metrics: Mapping[str, BaseMetric] = {
            "semantic_similarity": SemanticSimilarity(embeddings=self._embeddings),
            "string_similarity": NonLLMStringSimilarity(),
        } | (_judged(_Llm(judge), self._embeddings) if judge else {})

    async def score(self, metric: str, sample: Sample) -> float:
        """Returns a metric of a sample.

        Raises:
            NotComputedError: Ragas failed or gave no number.
        """
        try:
            if metric == "semantic_similarity":
                # Ragas encodes these in the event loop; cached texts return at once.
                await self._embeddings.aembed_texts([sample.reference, sample.response])
            result = await self._metrics[metric].ascore(**sample.arguments(metric))
            value = float(result.value)
        except CitewellError as error:
            raise NotComputedError(str(error)) from error
        except Exception as error:  # Ragas raises any error on an unexpected reply
            raise NotComputedError(f"Ragas stopped with {type(error).__name__}: {error}") from error
        if not math.isfinite(value):
            raise NotComputedError("Ragas found nothing to count in the judge's reply")
        return value


def _judged(llm: InstructorBaseRagasLLM, embeddings: BaseRagasEmbedding) -> dict[str, BaseMetric]:
    return {
        "faithfulness": _WholeFaithfulness(llm=llm),
        "answer_relevancy": AnswerRelevancy(llm=llm, embeddings=embeddings),
        "context_precision": ContextPrecisionWithReference(llm=llm),
        "context_recall": ContextRecall(llm=llm),
        "factual_correctness": _WholeFactualCorrectness(llm=llm),
        "noise_sensitivity": _WholeNoiseSensitivity(llm=llm),
    }


# Ragas counts the verdicts that it gets; these classes require one for every statement.


class _WholeFaithfulness(Faithfulness):
    async def _create_verdicts(self, statements: list[str], context: str) -> FaithfulnessVerdicts:
        verdicts = await super()._create_verdicts(statements, context)
        _check(statements, verdicts.statements)
        return verdicts


class _WholeFactualCorrectness(FactualCorrectness):
    async def _decompose_claims(self, text: str) -> list[str]:
        if claims := await super()._decompose_claims(text):
            return claims
        raise JudgeError("it found no claim")

    async def _verify_claims(self, claims: list[str], reference: str) -> FactualVerdicts:
        verdicts = await super()._verify_claims(claims, reference)
        _check(claims, verdicts.statements)
        return verdicts


class _WholeNoiseSensitivity(NoiseSensitivity):
    async def _evaluate_statement_faithfulness(self, statements: list[str], context: str) -> list[int]:
        verdicts = await super()._evaluate_statement_faithfulness(statements, context)
        _check(statements, verdicts)
        return verdicts


def _check(statements: Sequence[str], verdicts: Sequence[object]) -> None:
    if not statements or len(verdicts) != len(statements):
        raise JudgeError(f"it gave {len(verdicts)} verdicts on {len(statements)} statements")


class _Llm(InstructorBaseRagasLLM):
    """Adapts our judge to Ragas."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def generate(self, prompt: str, response_model: type[Reply]) -> Reply:
        """Not called by ``ascore``."""
        raise NotImplementedError

    async def agenerate(self, prompt: str, response_model: type[Reply]) -> Reply:
        return await self._judge.ask(prompt, response_model)


class _Embeddings(BaseRagasEmbedding):
    """Adapts our encoder to Ragas; asynchronous calls run in a thread."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder

    def embed_text(self, text: str, **_: object) -> list[float]:
        return self.embed_texts([text])[0]

    def embed_texts(self, texts: list[str], **_: object) -> list[list[float]]:
        return [[float(value) for value in vector] for vector in self._encoder.encode(texts)]

    async def aembed_text(self, text: str, **_: object) -> list[float]:
        return (await self.aembed_texts([text]))[0]

    async def aembed_texts(self, texts: list[str], **_: object) -> list[list[float]]:
        return await asyncio.to_thread(self.embed_texts, texts)
