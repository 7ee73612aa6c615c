"""The gate that guards the project: green on the samples as they are answered, red as soon as a stage is broken."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import rag.retrieval.search
from evals.datasets.readers.catalogue import SAMPLE_FOLDER, read_dataset
from evals.runs.corpus import Corpus, open_corpus
from evals.runs.gate import gate_results, read_gate
from evals.runs.run import run_over
from evals.runs.store import RunStore
from rag.answering.compression import SentenceCompressor
from rag.answers import AnswerSentence, CitationMark
from rag.models.calibrations import Fusion
from rag.retrieval.fusion import fuse
from rag.retrieval.rerankers.model_free import SentenceReranker
from rag.settings import load_settings
from rag.types import Candidates, Context, Hit
from rag.verification.checker import PassageChecker

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
GATE = read_gate(SAMPLE_FOLDER / "thresholds.toml")
SAMPLE = read_dataset(GATE.dataset, Path())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def corpus() -> AsyncIterator[Corpus]:
    async with open_corpus(SAMPLE, load_settings(GATE.settings), on_progress=lambda *_: None) as opened:
        yield opened


async def reached(corpus: Corpus, folder: Path) -> dict[str, str]:
    """Returns the thresholds that were not reached, with the words of the verdict."""
    run = await run_over(
        corpus, SAMPLE, load_settings(GATE.settings), RunStore(folder), on_progress=lambda *_: None, concurrency=2
    )
    return {verdict.metric: verdict.words for verdict in gate_results(run, GATE) if not verdict.passed}


async def test_as_it_is_the_gate_is_green(corpus: Corpus, tmp_path: Path) -> None:
    assert await reached(corpus, tmp_path) == {}


def the_last_first(candidates: Candidates, chosen: Fusion, *, question: str = "") -> tuple[Hit, ...]:
    return fuse(candidates, chosen, question=question)[::-1]


async def test_it_goes_red_when_retrieval_is_broken(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.retrieval.search, "fuse", the_last_first)
    missed = await reached(corpus, tmp_path)
    assert {"recall@5/found", "ndcg@10/found", "fact_recall"} <= missed.keys()


async def test_it_goes_red_when_reranking_is_broken(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = SentenceReranker.rerank

    def the_worst_first(self: SentenceReranker, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        return ranked(self, question, hits)[::-1]

    monkeypatch.setattr(SentenceReranker, "rerank", the_worst_first)
    assert {"recall@5/found", "ndcg@10/found"} <= (await reached(corpus, tmp_path)).keys()


async def test_it_goes_red_when_compression_keeps_the_wrong_sentences(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress = SentenceCompressor.compress

    def keep_the_last(self: SentenceCompressor, question: str, hits: Sequence[Hit]) -> Context:
        context = compress(self, question, hits)
        return replace(context, passages=tuple(replace(each, kept=each.kept[-1:]) for each in context.passages))

    monkeypatch.setattr(SentenceCompressor, "compress", keep_the_last)
    assert "facts/compressed" in await reached(corpus, tmp_path)


async def test_it_goes_red_when_compression_gives_nothing_up(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress = SentenceCompressor.compress

    def keep_everything(self: SentenceCompressor, question: str, hits: Sequence[Hit]) -> Context:
        context = compress(self, question, hits)
        return replace(context, tokens_after=context.tokens_before)

    monkeypatch.setattr(SentenceCompressor, "compress", keep_everything)
    assert "tokens_given_up" in await reached(corpus, tmp_path)


@pytest.mark.parametrize(("says", "metric"), [(True, "edits_refused"), (False, "claims_supported")])
async def test_it_goes_red_when_verification_says_the_same_of_everything(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, says: bool, metric: str
) -> None:
    checked = PassageChecker.check

    def say(self: PassageChecker, index: int, text: str, marks: Sequence[CitationMark], **rest: Any) -> AnswerSentence:
        return replace(checked(self, index, text, marks, **rest), supported=says)

    monkeypatch.setattr(PassageChecker, "check", say)
    assert metric in await reached(corpus, tmp_path)
