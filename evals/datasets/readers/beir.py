"""Reads the BEIR layout: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/<split>.tsv``."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

from evals.datasets.dataset import RetrievalSet, whole_document
from rag.errors import ConfigurationError


def read_beir(folder: Path, *, split: str = "test") -> RetrievalSet:
    """Reads a dataset without the queries that have no judgement in the split.

    Raises:
        ConfigurationError: a file of the layout is missing.
    """
    for name in ("corpus.jsonl", "queries.jsonl", f"qrels/{split}.tsv"):
        if not (folder / name).is_file():
            raise ConfigurationError(f"{folder} is not in the BEIR layout: {name} is missing.")
    judgements: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8", newline="") as lines:
        for query_id, document_id, gain in list(csv.reader(lines, delimiter="\t"))[1:]:
            judgements[query_id][document_id] = int(gain)
    queries = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    corpus = tuple(
        whole_document(row["_id"], title=row.get("title", ""), text=row["text"])
        for row in _rows(folder / "corpus.jsonl")
    )
    asked = {query_id: queries[query_id] for query_id in judgements}
    return RetrievalSet(name=folder.name, corpus=corpus, queries=asked, judgements=dict(judgements))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
