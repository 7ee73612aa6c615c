"""The evaluations of search, fusion and compression on a corpus small enough to know what must come out."""

from __future__ import annotations

import pytest

from evals.datasets.dataset import RetrievalSet, whole_document
from evals.runs.retrieval import STAGES, evaluate_retrieval
from evals.studies.compression import BUDGETS, evaluate_compression
from evals.studies.fusion import WAYS, choose_fusion
from rag.settings import Settings

TEXTS = {
    "pump": "The circulation pump must be serviced every 6,000 hours. A worn bearing is heard as a hum.",
    "leave": "Full-time employees have 28 days of annual leave. Unused days are lost at the end of March.",
    "canteen": "The canteen opens at noon and closes at two. On Fridays there is fish.",
    "valve": "The safety valve opens at three bar. It is tested once a year.",
    "travel": "Trips are booked by the office. Receipts are handed in within a month.",
    "server": "The server room is kept at 19 degrees. Only two people have the key.",
}


@pytest.fixture
def dataset() -> RetrievalSet:
    return RetrievalSet(
        name="small",
        corpus=tuple(whole_document(name, title=name.capitalize(), text=text) for name, text in TEXTS.items()),
        queries={"q1": "How often is the pump serviced?", "q2": "How many days of leave are there?"},
        judgements={"q1": {"pump": 1}, "q2": {"leave": 1}},
        answers={"q1": ("6,000 hours",), "q2": ("28 days",)},
    )


def unheard(_step: str, _done: int, _total: int) -> None:
    pass


async def test_every_stage_is_measured_on_every_question(dataset: RetrievalSet) -> None:
    report = await evaluate_retrieval(dataset, Settings(), on_progress=unheard)
    assert tuple(report.quality) == STAGES
    assert report.quality["second round"].ndcg_at_10 == 1.0
    assert report.quality["second round"].recall_at_1 == 1.0
    assert report.gain_over_rrf["second round"].mean == pytest.approx(1 - report.quality["RRF"].ndcg_at_10)
    assert set(report.latency_milliseconds) == {"encode", "retrieve", "fuse", "rerank", "second_round"}


async def test_a_way_to_fuse_is_chosen_by_the_other_sets(dataset: RetrievalSet) -> None:
    choice = await choose_fusion([dataset], Settings(), queries=2, on_progress=unheard)
    assert len(choice.scores) == len(WAYS)
    assert choice.best() in WAYS
    assert max(scores["small"] for scores in choice.scores) == 1.0
    assert set(choice.held_out) == {"small"}


async def test_a_small_budget_gives_up_tokens_and_keeps_the_answer(dataset: RetrievalSet) -> None:
    report = await evaluate_compression(dataset, Settings(), queries=2, on_progress=unheard)
    assert report.questions == 2
    assert set(report.kept) == {"evidence", "BM25", "whole passages"}
    smallest = report.kept["evidence"][BUDGETS[0]]
    assert smallest.answers == 1.0
    assert smallest.tokens <= report.kept["evidence"][BUDGETS[-1]].tokens <= 1.0
