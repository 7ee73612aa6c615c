"""Reads a file like the service: identified by content, parsed in the sandbox; then reads a good one."""

from __future__ import annotations

import os
from pathlib import Path

from ingest.intake.file_types import identify, safe_path
from ingest.sandbox.sandbox import Sandbox
from rag.settings import IngestionSettings
from tests.hostile_files.containers import WORDS
from tests.support.models import minilm_tokenizer_file

SCALE = int(os.environ.get("CITEWELL_FAULT_SCALE", "1"))
"""How much longer ``make faults`` tries than ``make test``."""


def small_sandbox(*, timeout_seconds: float = 20.0) -> Sandbox:
    """Returns a sandbox with the real parser and 1 GiB of memory."""
    settings = IngestionSettings(parse_timeout_seconds=timeout_seconds, parse_memory_bytes=1_073_741_824)
    return Sandbox(settings, tokenizer_file=minilm_tokenizer_file(), max_tokens=254)


def read_text(sandbox: Sandbox, folder: Path, name: str, content: bytes) -> str:
    """Returns the text of a file uploaded as ``name``."""
    path = folder / "upload"
    path.write_bytes(content)
    output = folder / "output"
    output.mkdir(exist_ok=True)
    shown = safe_path(name)
    media_type = identify(path, shown)
    return sandbox.parse(path, name=shown, media_type=media_type, output_folder=output).extracted.text


def assert_still_reads(sandbox: Sandbox, folder: Path) -> None:
    """Asserts that a good file is still read after another."""
    assert read_text(sandbox, folder, "good.html", f"<p>{WORDS}</p>".encode()) == WORDS
