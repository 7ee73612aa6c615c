"""Measures the estimate of tokens against a model's tokenizer."""

from __future__ import annotations

from dataclasses import dataclass

from evals.datasets.dataset import RetrievalSet
from rag.stages import Tokenizer
from rag.text.tokens import EstimatedTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEstimateReport:
    """Estimated over counted tokens, of all passages and of the worst one; ``below`` were estimated too low."""

    dataset: str
    passages: int
    ratio: float
    least: float
    below: int


def evaluate_estimate(chosen: RetrievalSet, tokenizer: Tokenizer) -> TokenEstimateReport:
    """Compares the estimate with the tokenizer on every passage that has text."""
    estimator = EstimatedTokens()
    texts = [chunk.text for chunk in chosen.corpus if chunk.text.strip()]
    counts = [(estimator.count(text), tokenizer.count(text)) for text in texts]
    return TokenEstimateReport(
        dataset=chosen.name,
        passages=len(counts),
        ratio=sum(estimated for estimated, _ in counts) / sum(exact for _, exact in counts),
        least=min(estimated / exact for estimated, exact in counts),
        below=sum(estimated < exact for estimated, exact in counts),
    )
