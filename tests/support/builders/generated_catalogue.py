"""Fills a data folder's catalogue with generated documents: a list of ten thousand, without ten thousand files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, insert, select

from rag.catalog.database.tables import BLOBS, COLLECTIONS, DOCUMENTS, TENANTS, VERSIONS

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = ("budget", "contract", "invoice", "policy", "handbook", "minutes", "report", "travel", "security", "manual")
_TYPES = (("pdf", "application/pdf"), ("md", "text/markdown"), ("txt", "text/plain"))
_SHA256 = "f" * 64
_FAILURE = {"error_code": "corrupt_document", "error_detail": "It is damaged. Save it again and upload that."}


def fill_catalogue(folder: Path, *, collection: str, count: int) -> None:
    """Adds ``count`` documents to a new collection; every fiftieth has failed, the others are ready."""
    draw = Random(1)  # noqa: S311 - samples, not secrets
    documents, versions = [], []
    for number in range(count):
        ending, media_type = _TYPES[number % len(_TYPES)]
        document_id, version_id = f"{number:032x}", f"{number + 2**64:032x}"
        is_ready = number % 50 > 0
        times = {"created_at": _BEGINNING + timedelta(minutes=number)}
        name = f"{draw.choice(_WORDS)}-{draw.choice(_WORDS)}-{number:05d}.{ending}"
        plain = {"id": document_id, "collection": collection, "name": name, "updated_at": times["created_at"]}
        documents.append(plain | times | {"active_version_id": version_id if is_ready else None})
        read = {"title": f"{draw.choice(_WORDS).title()} {number}", "page_count": number % 40 + 1, "chunk_count": 1}
        of = {"id": version_id, "document_id": document_id, "number": 1, "sha256": _SHA256, "media_type": media_type}
        failure = dict.fromkeys(_FAILURE) if is_ready else _FAILURE
        state = {"state": "ready" if is_ready else "failed", "size_bytes": 1_000 + number}
        versions.append(of | read | state | failure | times)
    engine = create_engine(f"sqlite:///{folder / 'catalog.db'}")
    with engine.begin() as connection:
        tenant = connection.execute(select(TENANTS.c.name)).scalar_one()
        connection.execute(insert(COLLECTIONS).values(tenant=tenant, name=collection, created_at=_BEGINNING))
        connection.execute(insert(BLOBS).values(sha256=_SHA256, size_bytes=1_000, created_at=_BEGINNING))
        connection.execute(insert(DOCUMENTS), [document | {"tenant": tenant} for document in documents])
        connection.execute(insert(VERSIONS), versions)
    engine.dispose()
