"""Measures the outcome, time and memory of real, odd and hostile files, and counts those over their limits.

Run ``python -m tests.hostile_files.measure [--documents N] [--data FOLDER] [--out FILE]``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Self

import psutil

from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from ingest.factory import build_sandbox
from ingest.intake.file_types import identify
from ingest.sandbox.sandbox import Sandbox
from rag.errors import DocumentError
from rag.factory import build_encoder
from rag.settings import IngestionSettings, load_settings
from tests.hostile_files.catalogue import hostile_files

_MIB = 1_048_576
_SAMPLE_SECONDS = 0.02
_KILL_SECONDS = 5.0
"""A file that is stopped at its limit still has to be stopped."""
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"</?[A-Za-z!][^<>@]*>")
_ENCODING = re.compile(r"utf-16|cp\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file to read, and what is known of its words: their encoding, and the files that hold them."""

    group: str
    name: str
    make: Callable[[], bytes]
    encoding: str | None = None
    truths: tuple[Path, ...] = ()


def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Reads every file of ``docs/manifest.jsonl`` and one generated file of each hostile sort."""
    settings = load_settings()
    listed = list(_listed(sizes.data))[: sizes.documents]
    encoder = build_encoder(settings.encoder, settings.models)
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder, build_sandbox(settings, encoder) as sandbox:
        sandbox.warm_up()
        secret = Path(folder) / "secret"
        secret.write_text("words of another file", encoding="utf-8")
        made = [_File(group="generated", name=name, make=make) for name, make in hostile_files(secret.as_uri())]
        rows = [_measured(file, sandbox, Path(folder)) for file in [*listed, *made[: sizes.documents]]]
    notes = [] if listed else [f"{sizes.data / 'docs'} is missing: only generated files were read."]
    if listed and not any(path.exists() for file in listed for path in file.truths):
        notes.append("docs/groundtruth is missing: word recall is not measured.")
    return Table(title="Documents", rows=tuple(rows), notes=tuple(notes)), _summary(rows, settings.ingestion)


def _listed(data: Path) -> Iterator[_File]:
    manifest = data / "docs" / "manifest.jsonl"
    for line in manifest.read_text(encoding="utf-8").splitlines() if manifest.exists() else ():
        entry = json.loads(line)
        path = data / entry["file"]
        encoding = _ENCODING.search(entry["note"]) if entry["category"] == "encoding" else None
        yield _File(
            group=entry["category"],
            name=path.name,
            make=path.read_bytes,
            encoding=encoding.group() if encoding else None,
            truths=tuple(data / truth for truth in entry["groundtruth"]),
        )


def _measured(file: _File, sandbox: Sandbox, folder: Path) -> Row:
    content = file.make()
    path, output = folder / "upload", folder / "output"
    path.write_bytes(content)
    output.mkdir(exist_ok=True)
    text = ""
    sandbox.warm_up()  # the file before may have cost the process
    with _PeakMemory() as memory:
        start = time.perf_counter()
        try:
            media_type = identify(path, file.name)
            text = sandbox.parse(path, name=file.name, media_type=media_type, output_folder=output).extracted.text
            outcome = "read"
        except DocumentError as error:
            outcome = f"refused: {error.code}"
        seconds = time.perf_counter() - start
    row: Row = {
        "group": file.group,
        "file": file.name,
        "outcome": outcome,
        "seconds": round(seconds, 2),
        "peak_mib": memory.peak_bytes // _MIB,
    }
    known = [path.read_text(encoding="utf-8", errors="replace") for path in file.truths if path.exists()]
    row["word_recall"] = round(max(word_share(truth, text) for truth in known), 3) if known and text else None
    # the file itself, rightly decoded, has every word that was read in it
    decoded = unescape(_TAG.sub(" ", content.decode(file.encoding, "replace"))) if file.encoding and text else ""
    row["words_right"] = round(word_share(" ".join(_words(text)), decoded), 3) if decoded else None
    return row


def word_share(wanted: str, found: str) -> float:
    """Returns the share of the words of ``wanted`` that ``found`` has, each as often; 1 where none is wanted."""
    words, there = _words(wanted), _words(found)
    return (words & there).total() / words.total() if words else 1.0


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


class _PeakMemory:
    """Watches the resident memory of this process's children, all together."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        self._look()
        while not self._ended.wait(_SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        used = 0
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                used += child.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, used)


def _summary(rows: list[Row], limits: IngestionSettings) -> Table:
    counted = Counter((str(row["group"]), str(row["outcome"])) for row in rows)
    over = sum(
        float(row["seconds"] or 0) > limits.parse_timeout_seconds + _KILL_SECONDS
        or int(row["peak_mib"] or 0) > limits.parse_memory_bytes // _MIB
        for row in rows
    )
    return Table(
        title=f"Outcomes of {len(rows)} files",
        rows=tuple({"group": group, "outcome": outcome, "files": count} for (group, outcome), count in counted.items()),
        notes=(
            f"limits a file: {limits.parse_timeout_seconds:g} s, {limits.parse_memory_bytes // _MIB:,} MiB",
            f"over its limits: {over}",
        ),
    )


def main(arguments: list[str] | None = None) -> None:
    """Prints both tables, and writes them as JSON where ``--out`` names a file."""
    default = Sizes()
    parser = argparse.ArgumentParser(prog="python -m tests.hostile_files.measure")
    parser.add_argument("--documents", type=int, help="files to read of either kind; all when not given")
    parser.add_argument("--data", type=Path, default=default.data, help="the folder that holds docs/manifest.jsonl")
    parser.add_argument("--out", type=Path, help="write everything as JSON")
    options = parser.parse_args(arguments)
    tables = measure(Sizes(documents=options.documents, data=options.data))
    sys.stdout.write("\n".join(table.to_text() for table in tables) + "\n")
    if options.out:
        options.out.write_text(json.dumps([table.model_dump() for table in tables], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
