import json
from pathlib import Path

import pytest

from evals.benchmarks.peers.speed import Material, PeerRun, read_material, run, tables
from evals.benchmarks.peers.system import SystemFailedError
from evals.benchmarks.sizes import Sizes
from tests.unit.evals.benchmarks.peers.test_system import system


@pytest.fixture
def material(tmp_path: Path) -> Material:
    folder = tmp_path / "beir_scifact"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": f"d{number}", "title": f"title{number}", "text": f"text{number}"} for number in range(60)]
    queries = [{"_id": f"q{number}", "text": f"text{number}"} for number in range(30, 60)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    head = "query-id\tcorpus-id\tscore\n"
    (folder / "qrels" / "test.tsv").write_text(head + "".join(f"q{each}\td{each}\t1\n" for each in range(30, 33)))
    (folder / "qrels" / "train.tsv").write_text(head + "".join(f"q{each}\td{each}\t1\n" for each in range(33, 60)))
    return read_material(Sizes(data=tmp_path, documents=30, questions=2))


def test_a_sample_holds_the_documents_of_its_questions_and_asks_others_besides(material: Material) -> None:
    assert [document.id for document in material.documents][:3] == ["d30", "d31", "d0"]
    assert len(material.documents) == 30
    assert material.judged.queries == {"q30": "text30", "q31": "text31"}
    assert material.others == tuple(f"text{number}" for number in range(33, 55))


@pytest.mark.slow
async def test_a_peer_is_measured_from_its_ingestion_to_its_losses(material: Material) -> None:
    result = await run(system("durable"), material)
    speed, losses = tables({"durable": result, "other": "not measured: pip failed"}, material, encoder="MiniLM")
    measured, other = speed.rows
    assert (measured["ndcg_at_10"], measured["recall_at_5"], measured["p50_ms"]) == (1.0, 1.0, 1.0)
    assert result.ingest_seconds > 0
    assert all(measured[name] for name in ("passages_per_s", "questions_per_s", "peak_mb"))
    assert other == {"system": "other"}
    assert "other: not measured: pip failed" in speed.to_text()
    assert [row["missing"] for row in losses.rows] == [0]


@pytest.mark.slow
async def test_a_peer_that_ends_has_no_figures(material: Material) -> None:
    with pytest.raises(SystemFailedError, match="no search today"):
        await run(system("dying"), material)


@pytest.mark.slow
async def test_why_a_store_did_not_open_again_stands_below(material: Material) -> None:
    result = await run(system("closed"), material)
    assert isinstance(result, PeerRun)
    _, losses = tables({"closed": result}, material, encoder="MiniLM")
    assert "closed did not open again: the store is damaged" in losses.to_text()
