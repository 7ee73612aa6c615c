"""Fault 12: the service is told to stop while it works."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.support.faults.counts import say
from tests.support.faults.documents import good_document
from tests.support.faults.service import ServiceProcess, wait_until_gone
from tests.support.servers.service import upload, wait_for_job

GRACE_SECONDS = 10  # what Docker gives a container before it kills it
SECTIONS = 100
STAGES = ("parsing", "indexing", "done")


def job_row(folder: Path) -> tuple[str, str, int]:
    with closing(sqlite3.connect(folder / "catalog.db", timeout=60)) as catalogue:
        state, stage, attempts = catalogue.execute("SELECT state, stage, attempts FROM jobs").fetchone()
    return state, stage, attempts


def has_reached(folder: Path, stage: str) -> bool:
    state, reached, _ = job_row(folder)
    return state != "queued" and STAGES.index(reached) >= STAGES.index(stage)


@pytest.mark.integration
@pytest.mark.slow
def test_fault_12_a_service_that_is_told_to_stop_again_and_again_loses_nothing(
    tmp_path: Path, random: Random, scale: int, seed: int
) -> None:
    stopped: Counter[str] = Counter()
    job_id = None
    with ServiceProcess(tmp_path / "data", CITEWELL_ENCODER__BATCH_SIZE="2") as service:
        for number in range(2 + scale // 3):
            wanted = STAGES[number % 2]
            service.start()
            with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
                if job_id is None:
                    answer = upload(client, "long.md", good_document(random, sections=SECTIONS))
                    job_id = answer.json()["job"]["id"]
                while not has_reached(service.folder, wanted):
                    pass
            time.sleep(random.uniform(0, 0.3))
            parsers = service.children()
            service.process.send_signal(signal.SIGTERM)
            service.process.wait(GRACE_SECONDS)
            state, stage, attempts = job_row(service.folder)
            stopped[f"{state} {stage}"] += 1
            assert (state, attempts) in {("queued", 0), ("succeeded", 1)}
            assert not wait_until_gone(parsers)
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            done = wait_for_job(client, str(job_id))
            audit = client.post("/v1/maintenance/audit", json={"read_everything": True}).json()
        service.stop()
    say(f"fault 12: seed {seed}, SIGTERM with the job {dict(stopped)}; then {done['state']}")
    assert (done["state"], done["attempts"], done["chunks_done"]) == ("succeeded", 1, SECTIONS)
    assert audit["differences"] == []
