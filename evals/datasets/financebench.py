"""FinanceBench: questions on filings, answered by pages. Its licence lets us measure with it, and nothing more."""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path

from evals.datasets.retrieval_set import RetrievalSet
from ingest.factory import build_sandbox
from ingest.sandbox import ParsedDocument
from rag.factory import build_encoder
from rag.settings import load_settings
from rag.types import Chunk

_PDF = "application/pdf"


def read_financebench(data: Path) -> RetrievalSet:
    """Parses and chunks the filings as the service does; a document is a page, ``{filing}#{page}``, counted from 1."""
    folder = data / "financebench"
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    return RetrievalSet(
        name="financebench",
        corpus=tuple(chunk for path in sorted((folder / "pdfs").glob("*.pdf")) for chunk in _chunks(path)),
        queries={row["financebench_id"]: row["question"] for row in rows},
        judgements={
            row["financebench_id"]: {
                f"{evidence['doc_name']}#{evidence['evidence_page_num'] + 1}": 1 for evidence in row["evidence"]
            }
            for row in rows
        },
    )


def _chunks(path: Path) -> list[Chunk]:
    parsed = _parse(path)
    return [
        Chunk(
            chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{path.stem}#{ordinal}")),
            document_id=f"{path.stem}#{span.page}",
            version_id=path.stem,
            ordinal=ordinal,
            name=path.name,
            title=parsed.extracted.title,
            media_type=_PDF,
            heading_path=span.heading_path,
            page=span.page,
            span=span.span,
            text=parsed.extracted.text[span.span.start : span.span.end],
        )
        for ordinal, span in enumerate(parsed.chunks)
    ]


def _parse(path: Path) -> ParsedDocument:
    settings = load_settings()
    sandbox = build_sandbox(settings, build_encoder(settings.encoder, settings.models))
    with sandbox, tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        return sandbox.parse(path, name=path.name, media_type=_PDF, output_folder=Path(folder))
