"""Faults 1 and 2: the service is killed at random moments, many of them while it writes to the index."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from ingest.sandbox.sandbox import Sandbox
from rag.settings import IngestionSettings, OcrBackend
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.faults.counts import say
from tests.support.faults.run import KillRun
from tests.support.models import minilm_tokenizer_file

_CYCLES = 6


def unbroken_chunk_counts(contents: list[bytes], folder: Path) -> list[int]:
    """Counts the chunks of each file, read by a parser that nobody kills."""
    counts = []
    settings = IngestionSettings(ocr=OcrBackend.NONE)
    with Sandbox(settings, tokenizer_file=minilm_tokenizer_file(), max_tokens=HashEncoder().max_tokens) as sandbox:
        for number, content in enumerate(contents):
            path, output = folder / f"{number}.md", folder / f"{number}"
            path.write_bytes(content)
            output.mkdir()
            parsed = sandbox.parse(path, name=path.name, media_type="text/markdown", output_folder=output)
            counts.append(len(parsed.chunks))
    return counts


@pytest.mark.integration
@pytest.mark.slow
def test_faults_1_and_2_whatever_was_acknowledged_ends_whole_or_with_a_reason(
    tmp_path: Path, random: Random, scale: int, seed: int
) -> None:
    run = KillRun(tmp_path / "data", random)
    with run.service:
        for _ in range(_CYCLES * scale):
            run.cycle()
        jobs, documents = run.finish()
    tally = run.tally
    states = Counter(job.get("state", "unknown") for job in jobs.values())
    reasons = Counter(job["error"]["code"] for job in jobs.values() if job.get("state") == "failed")
    answering = {name: each for name, each in documents.items() if each["chunk_count"]}
    expected = {name: item for name, item in run.expected.items() if jobs[item[1]]["state"] == "succeeded"}
    lost = [job for job in jobs.values() if job.get("state") not in {"succeeded", "failed", "cancelled"}]
    why_cancelled = {job["error"]["code"] for job in jobs.values() if job.get("state") == "cancelled"}
    say(
        f"faults 1, 2: seed {seed}, {_CYCLES * scale} SIGKILLs during {dict(tally.killed_during)}, "
        f"{tally.killed_while_erasing} of them while deleted passages were erased; "
        f"acknowledged {len(jobs)}, ready {states['succeeded']}, failed with reason {dict(reasons)}, "
        f"cancelled by {tally.deletes} deletes {states['cancelled']}, lost {len(lost)}; "
        f"partially visible {tally.partially_visible} and deleted visible {tally.deleted_visible} in {tally.searches} "
        f"searches ({tally.found_whole} found a whole document), audit differences {dict(tally.differences)}, "
        f"parsers left {tally.parsers_left}, died by itself {tally.died_by_itself}"
    )
    assert not lost
    assert why_cancelled <= {"deleted"}
    assert set(reasons) <= {"corrupt_document", "ingestion_failed"}
    assert (tally.partially_visible, tally.deleted_visible) == (0, 0)
    assert (tally.parsers_left, tally.died_by_itself) == (0, 0)
    assert tally.found_whole
    assert not tally.differences
    for name, (content, _) in expected.items():
        assert answering[name]["sha256"] == hashlib.sha256(content).hexdigest()
    contents = [content for content, _ in expected.values()]
    assert [answering[name]["chunk_count"] for name in expected] == unbroken_chunk_counts(contents, tmp_path)
