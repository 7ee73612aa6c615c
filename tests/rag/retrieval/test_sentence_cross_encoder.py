from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.retrieval.fused_order import FusedOrder
from rag.retrieval.sentence_cross_encoder import SentenceCrossEncoder
from rag.types import Hit
from tests.support.chunks import chunk

pytest.importorskip("sentence_transformers")

QUESTION = "is the pump in water ?"
TEXTS = ("the valve", "leave 1 2 3", "the pump is in water .", "water of 4", "a pump ?", "the valve 9 8", "5 6 7")


def save(folder: Path, *, labels: int = 1) -> str:
    from tests.support.tiny_cross_encoder import save_cross_encoder  # noqa: PLC0415 - imports torch

    return str(save_cross_encoder(folder, labels=labels))


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> SentenceCrossEncoder:
    return SentenceCrossEncoder(save(tmp_path_factory.mktemp("cross-encoder")), batch_size=3)


def hits(texts: tuple[str, ...] = TEXTS) -> list[Hit]:
    return [
        Hit(chunk=chunk(text, ordinal=ordinal), score=1 / (ordinal + 1), dense=None, bm25=None)
        for ordinal, text in enumerate(texts)
    ]


def test_hits_come_back_by_the_score_of_each_pair_alone(reranker: SentenceCrossEncoder) -> None:
    alone = {hit.chunk.text: reranker.rerank(QUESTION, [hit])[0].rerank_score or 0.0 for hit in hits()}
    assert len({round(score, 4) for score in alone.values()}) > 3
    ranked = reranker.rerank(QUESTION, hits())
    assert [hit.chunk.text for hit in ranked] == sorted(TEXTS, key=lambda text: -alone[text])
    assert [hit.rerank_score for hit in ranked] == pytest.approx(sorted(alone.values(), reverse=True), abs=1e-5)


def test_reranking_keeps_every_hit_and_its_fused_score(reranker: SentenceCrossEncoder) -> None:
    ranked = reranker.rerank(QUESTION, hits())
    assert {(hit.chunk.chunk_id, hit.score) for hit in ranked} == {(hit.chunk.chunk_id, hit.score) for hit in hits()}


def test_the_question_matters(reranker: SentenceCrossEncoder) -> None:
    first = [hit.rerank_score for hit in reranker.rerank(QUESTION, hits())]
    assert first != [hit.rerank_score for hit in reranker.rerank("1 2 3", hits())]


def test_ties_keep_the_order_they_came_in(reranker: SentenceCrossEncoder) -> None:
    ranked = reranker.rerank(QUESTION, hits(("the pump",) * 5))
    assert [hit.chunk.ordinal for hit in ranked] == [0, 1, 2, 3, 4]


def test_a_text_longer_than_the_model_reads_is_scored(reranker: SentenceCrossEncoder) -> None:
    assert len(reranker.rerank(QUESTION, hits(("water " * 500, "pump \ud800")))) == 2


def test_no_hits_give_none(reranker: SentenceCrossEncoder) -> None:
    assert reranker.rerank(QUESTION, []) == ()


def test_a_missing_folder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        SentenceCrossEncoder(str(tmp_path / "absent"))


def test_a_folder_without_a_model_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        SentenceCrossEncoder(str(tmp_path))


def test_a_model_that_sorts_into_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 classes"):
        SentenceCrossEncoder(save(tmp_path / "classifier", labels=3))


def test_fused_order_returns_the_hits_as_they_are() -> None:
    given = hits()
    assert FusedOrder().rerank(QUESTION, given) == tuple(given)
    assert FusedOrder().name == "none"
