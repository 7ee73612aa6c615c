"""Reads the layout in which HippoRAG publishes HotpotQA: ``corpus.json`` and ``questions.json``."""

from __future__ import annotations

import json
from pathlib import Path

from evals.datasets.retrieval_set import RetrievalSet, whole_document


def read_hotpotqa(folder: Path) -> RetrievalSet:
    """Reads a set; a document is a paragraph, by its title.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not JSON.
        KeyError: it is another file.
    """
    passages = json.loads((folder / "corpus.json").read_text("utf-8"))
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    return RetrievalSet(
        name="hotpotqa",
        corpus=tuple(whole_document(title, title=title, text="".join(text)) for title, text in passages.items()),
        queries={row["_id"]: row["question"] for row in questions},
        judgements={row["_id"]: {title: 1 for title, _ in row["supporting_facts"]} for row in questions},
        answers={row["_id"]: (row["answer"],) for row in questions},
    )
