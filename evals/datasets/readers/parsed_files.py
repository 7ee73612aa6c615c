"""Parses and chunks files like the service."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.factory import build_sandbox
from ingest.sandbox.sandbox import Sandbox
from rag.factory import build_encoder
from rag.settings import load_settings
from rag.types import Chunk


def parsed_chunks(paths: Sequence[Path], *, media_type: str) -> Iterator[Chunk]:
    """Yields the chunks of each file; ``document_id`` is the file's name without its suffix."""
    settings = load_settings()
    with build_sandbox(settings, build_encoder(settings.encoder, settings.models)) as sandbox:
        for path in paths:
            yield from _chunks(sandbox, path, media_type)


def _chunks(sandbox: Sandbox, path: Path, media_type: str) -> list[Chunk]:
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        parsed = sandbox.parse(path, name=path.name, media_type=media_type, output_folder=Path(folder))
    return [
        Chunk(
            chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{path.stem}#{ordinal}")),
            document_id=path.stem,
            version_id=path.stem,
            ordinal=ordinal,
            name=path.name,
            title=parsed.extracted.title,
            media_type=media_type,
            heading_path=span.heading_path,
            page=span.page,
            span=span.span,
            text=parsed.extracted.text[span.span.start : span.span.end],
        )
        for ordinal, span in enumerate(parsed.chunks)
    ]
