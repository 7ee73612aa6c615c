"""What evaluations keep of documents: lines of JSON in files below one folder. They go when their document goes."""

from __future__ import annotations

import json
from pathlib import Path


def forget_quotes(folder: Path, *, version_id: str, name: str) -> None:
    """Removes every line that names the version, or a gold passage of a document with this name.

    A line is a question with what was found, quoted and answered, or one that is yet to be asked.
    """
    marks = (version_id, f'"document":{json.dumps(name, ensure_ascii=False)}')
    for path in sorted(folder.rglob("*.jsonl")):
        lines = path.read_text("utf-8").split("\n")
        kept = [line for line in lines if not any(mark in line for mark in marks)]
        if kept != lines:
            draft = path.with_suffix(".draft")
            draft.write_text("\n".join(kept), encoding="utf-8")
            draft.replace(path)
