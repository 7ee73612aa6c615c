import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.reports.tracking import Tracker, log_run, metrics_of
from evals.runs.records import Figure, Percentiles, RunRecord

RUN = RunRecord(
    run_id="20261101-a",
    tenant="t",
    dataset="sample",
    dataset_digest="abc",
    questions=60,
    started_at=datetime(2026, 11, 1, tzinfo=UTC),
    figures={
        "recall@5/found": Figure(mean=0.9, low=0.8, high=1.0, count=48),
        "ragas/faithfulness": Figure(mean=0.0, low=0.0, high=0.0, count=0, not_computed=3),
    },
    milliseconds={"total": Percentiles(p50=30, p95=50, p99=60)},
)


def test_a_metric_that_was_never_computed_is_logged_as_missing_and_not_as_nought() -> None:
    metrics = metrics_of(RUN)
    assert "ragas/faithfulness" not in metrics
    assert metrics["not_computed/ragas/faithfulness"] == 3
    assert metrics["recall_5/found"] == 0.9
    assert metrics["ms/total/p95"] == 50


@pytest.mark.slow
def test_wandb_keeps_an_offline_run_and_connects_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    log_run(RUN, Tracker.WANDB)
    [kept] = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    until = time.monotonic() + 150
    while b"recall_5/found" not in kept.read_bytes() and time.monotonic() < until:
        time.sleep(0.05)  # a process of wandb's own writes it
    assert b"recall_5/found" in kept.read_bytes()


def test_mlflow_keeps_a_run_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tmp_path.as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    log_run(RUN, Tracker.MLFLOW)
    [metric] = tmp_path.glob("*/*/metrics/recall_5/found")
    assert " 0.9 " in metric.read_text("utf-8")
