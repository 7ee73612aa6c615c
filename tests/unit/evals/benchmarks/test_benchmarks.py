import asyncio
import json
from pathlib import Path

import pytest

from evals.benchmarks.__main__ import _parser, main
from evals.benchmarks.corpus import ASKED, batches
from evals.benchmarks.measure import percentiles, summarize
from evals.benchmarks.models.server_speed import measure as measure_model_server
from evals.benchmarks.section import MODULES
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.stages.ingestion import StageClock
from evals.benchmarks.table import Table

SIZES = "--chunks 300 --tenants 2 --searches 20 --texts 8 --documents 1 --questions 3 --repeats 1 --listed 20".split()


def test_corpus_has_the_chunks_asked_for_in_every_tenant() -> None:
    stored = list(batches(301, tenants=3))
    assert sum(len(chunks) for _, chunks in stored) == 301
    assert {scope.tenant for scope, _ in stored} == {"tenant-0", "tenant-1", "tenant-2"}
    assert ASKED in [scope for scope, _ in stored]
    assert len({encoded.chunk.chunk_id for _, chunks in stored for encoded in chunks}) == 301


def test_percentiles_by_hand() -> None:
    assert percentiles([float(value) for value in range(101)]) == (50.0, 95.0)
    assert percentiles([]) == (None, None)
    assert summarize([2.0, 4.0]) == {"count": 2, "p50_ms": 3.0, "p95_ms": 3.9, "max_ms": 4.0}


def test_table_shows_every_row_and_note_and_a_dash_for_what_is_missing() -> None:
    table = Table(
        title="Speed", rows=({"what": "one", "p50_ms": 1_234.5}, {"what": "two", "p50_ms": None}), notes=("n",)
    )
    assert table.to_text() == "Speed\n  what   p50 ms\n  one   1,234.5\n  two         -\n  n\n"


def test_every_section_is_measured_by_default_but_the_one_that_installs_packages() -> None:
    assert set(MODULES) - set(_parser().parse_args([]).only) == {"peers"}


class Stage:
    name = "a stage"

    def encode(self, number: int) -> int:
        return number + 1

    async def upsert(self, number: int) -> int:
        await asyncio.sleep(0)
        return number + 2


async def test_timed_stage_answers_as_the_stage_does() -> None:
    clock = StageClock()
    assert clock.timing(Stage(), "encode").encode(1) == 2
    assert await clock.timing(Stage(), "upsert").upsert(1) == 3
    assert clock.timing(Stage(), "encode").name == "a stage"
    assert set(clock.seconds) == {"encode", "upsert"}
    assert all(seconds > 0 for seconds in clock.seconds.values())


@pytest.mark.slow
@pytest.mark.parametrize("section", ["encoder", "answers", "ingestion", "startup", "library"])
def test_section_measures_something_positive(section: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    code = main(["--only", section, *SIZES, "--data", str(tmp_path), "--out", str(out)])
    shown = capfd.readouterr()
    assert code == 0, shown.err
    assert "load average 1 minute" in shown.out
    report = json.loads(out.read_text())
    assert report["failed"] == []
    tables = report[section]["tables"]
    assert tables
    for table in tables:
        assert table["title"] in shown.out
        numbers = [cell for row in table["rows"] for cell in row.values() if isinstance(cell, (int, float))]
        assert any(number > 0 for number in numbers)


@pytest.mark.slow
def test_failed_section_is_named_and_the_index_is_measured_all_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_ENCODER__MODEL_NAME", "misspelt")
    code = main(["--only", "encoder", "index", *SIZES, "--out", str(tmp_path / "report.json")])
    assert code == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["failed"] == ["encoder"]
    latency, size = report["index"]["tables"]
    assert {row["system"] for row in latency["rows"]} == {row["system"] for row in size["rows"]}
    assert all(0 < row["p50_ms"] <= row["p95_ms"] <= row["max_ms"] for row in latency["rows"])
    assert all(row["tenants"] == 2 and row["rss_mb"] > 0 for row in size["rows"])
    assert "CITEWELL_ENCODER__MODEL_NAME" in capfd.readouterr().err


async def test_model_server_is_not_measured_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_MODELS__CACHE_FOLDER", str(tmp_path))
    (table,) = await measure_model_server(Sizes())
    assert table.rows == ()
    assert "citewell model-server --prepare" in table.to_text()
