"""The catalogue's tables."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("active_version_id", String(32)),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Index("documents_by_name", "tenant", "collection", "name", unique=True),
)

VERSIONS = Table(
    "versions",
    METADATA,
    Column("id", String(32), primary_key=True),
    # No foreign key: a version outlives its document until its points and files are purged.
    Column("document_id", String(32), nullable=False, index=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("media_type", String(127), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("title", Text, nullable=False, default=""),
    Column("page_count", Integer),
    Column("chunk_count", Integer, nullable=False, default=0),
    Column("warnings", Text, nullable=False, default=""),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("created_at", DateTime, nullable=False),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("version_id", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False, index=True),
    Column("stage", String(16), nullable=False),
    Column("chunks_done", Integer, nullable=False, default=0),
    Column("chunks_total", Integer, nullable=False, default=0),
    Column("progress", Float, nullable=False, default=0.0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", DateTime, nullable=False),
    Column("started_at", DateTime),
    Column("finished_at", DateTime),
)
