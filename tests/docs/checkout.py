"""A copy of the checkout in which a page of ``docs/develop`` is followed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, CodeBlock, code_blocks

_COPIED = ("rag", "ingest", "api", "evals", "tests")
_FILES = ("pyproject.toml", "README.md", "Makefile")
_SECONDS = 300


def follow(page: Path, folder: Path) -> None:
    """Does what a page says, in a copy in ``folder``: new files, changes, commands.

    Raises:
        AssertionError: a file is there already, a change does not fit, or a command fails.
    """
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    for block in code_blocks(page):
        _do(block, folder)


def _do(block: CodeBlock, folder: Path) -> None:
    if block.language == "bash":
        _run(block.text, folder)
    elif block.title is not None:
        file = folder / block.title
        if block.language == "diff":
            file.write_text(changed(file.read_text("utf-8"), block.text), "utf-8")
        else:
            assert not file.exists(), f"{block.title} is there already"
            file.write_text(block.text, "utf-8")


def changed(text: str, diff: str) -> str:
    """Applies a diff without line numbers: what it shows of the text must stand there exactly once."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    after = "".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, f"this is not there exactly once:\n{before}"
    return text.replace(before, after)


def _run(script: str, folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not re.match(r"CITEWELL_|PYTEST_|COV_", name)}
    done = subprocess.run(  # noqa: S603 - the page's own commands
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
