"""FinanceBench: questions on filings, answered by pages. Its licence lets us measure with it, and nothing more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.datasets.readers.parsed_files import parsed_chunks
from evals.datasets.retrieval_set import RetrievalSet

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d|\d")


def read_financebench(folder: Path) -> RetrievalSet:
    """Reads ``questions.jsonl`` and ``pdfs/``, which are parsed and chunked as the service does.

    A document is a page, ``{filing}#{page}``, counted from 1.
    """
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    chunks = parsed_chunks(sorted((folder / "pdfs").glob("*.pdf")), media_type="application/pdf")
    return RetrievalSet(
        name="financebench",
        corpus=tuple(replace(chunk, document_id=f"{chunk.document_id}#{chunk.page}") for chunk in chunks),
        queries={row["financebench_id"]: row["question"] for row in rows},
        judgements={
            row["financebench_id"]: {
                f"{evidence['doc_name']}#{evidence['evidence_page_num'] + 1}": 1 for evidence in row["evidence"]
            }
            for row in rows
        },
        answers={row["financebench_id"]: answers for row in rows if (answers := _gold_number(row))},
    )


def _gold_number(row: dict[str, Any]) -> tuple[str, ...]:
    """Returns the first number of the answer that stands in the evidence, with and without commas; years are none."""
    evidence = " ".join(each["evidence_text"] for each in row["evidence"])
    there = {number.replace(",", "") for number in _NUMBER.findall(evidence)}
    for number in _NUMBER.findall(row["answer"]):
        plain = number.replace(",", "").removesuffix(".00")
        if plain in there and not _YEAR.fullmatch(plain):
            return tuple(dict.fromkeys((plain, f"{int(plain):,}" if plain.isdigit() else plain)))
    return ()
