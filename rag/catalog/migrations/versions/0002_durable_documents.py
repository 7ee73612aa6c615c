"""Leases, numbered versions, receipts of deletes, blobs, idempotency keys and generations of the index.

The old tables are renamed, the new ones created, and the rows carried over: the same statements on SQLite, which can
change little of a table, and on PostgreSQL.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DROPPED_INDEXES = (
    ("documents_by_name", "documents"),
    ("ix_versions_document_id", "versions"),
    ("ix_versions_sha256", "versions"),
    ("ix_versions_state", "versions"),
    ("ix_jobs_state", "jobs"),
)


def upgrade() -> None:
    """Replaces the tables and keeps what is in them."""
    for index, table in _DROPPED_INDEXES:
        op.drop_index(index, table_name=table)
    for table in ("documents", "versions", "jobs"):
        op.rename_table(table, f"old_{table}")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {table}_pkey RENAME TO old_{table}_pkey")
    _create_owners()
    _create_versions()
    _create_jobs()
    _create_purges()
    _create_registers()
    for statement in _COPIES:
        op.execute(statement)
    for table in ("jobs", "versions", "documents"):
        op.drop_table(f"old_{table}")


def _create_owners() -> None:
    op.create_table(
        "tenants",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="tenants_pkey"),
    )
    op.create_table(
        "collections",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name="collections_pkey"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"], name="collections_tenants_fkey"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("active_version_id", sa.String(32)),
        sa.Column("active_since_request", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="documents_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant", "collection"], ["collections.tenant", "collections.name"], name="documents_collections_fkey"
        ),
    )
    op.create_index("documents_by_name", "documents", ["tenant", "collection", "name"], unique=True)
    op.create_index("documents_by_active_version", "documents", ["active_version_id"])


def _create_versions() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="blobs_pkey"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(127), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("page_count", sa.Integer),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_detail", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="versions_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="versions_documents_fkey"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="versions_blobs_fkey"),
    )
    op.create_index("versions_document_id_idx", "versions", ["document_id"])
    op.create_index("versions_sha256_idx", "versions", ["sha256"])
    op.create_index("versions_state_idx", "versions", ["state"])
    op.create_index("versions_by_number", "versions", ["document_id", "number"], unique=True)


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("postponements", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(128)),
        sa.Column("lease_until", sa.DateTime),
        sa.Column("available_at", sa.DateTime, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("page_count", sa.Integer),
        sa.Column("pages_done", sa.Integer, nullable=False),
        sa.Column("chunks_done", sa.Integer, nullable=False),
        sa.Column("chunks_total", sa.Integer, nullable=False),
        sa.Column("stage_started_at", sa.DateTime),
        sa.Column("stage_started_with", sa.Integer, nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_detail", sa.Text),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="jobs_pkey"),
    )
    op.create_index("jobs_document_id_idx", "jobs", ["document_id"])
    op.create_index("jobs_version_id_idx", "jobs", ["version_id"])
    op.create_index("jobs_by_state", "jobs", ["state", "requested_at"])
    op.create_index("jobs_by_tenant", "jobs", ["tenant", "created_at"])


def _create_purges() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="receipts_pkey"),
    )
    op.create_index("receipts_tenant_idx", "receipts", ["tenant"])
    op.create_table(
        "purges",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("receipt_id", sa.String(32)),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sa.Column("index_only", sa.Boolean, nullable=False),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.Column("index_at", sa.DateTime),
        sa.Column("text_at", sa.DateTime),
        sa.Column("caches_at", sa.DateTime),
        sa.Column("original_at", sa.DateTime),
        sa.Column("original_shared", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("finished_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="purges_pkey"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name="purges_receipts_fkey"),
    )
    for column in ("receipt_id", "version_id", "finished_at"):
        op.create_index(f"purges_{column}_idx", "purges", [column])


def _create_registers() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("job_id", sa.String(32)),
        sa.Column("document_id", sa.String(32)),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="idempotency_keys_pkey"),
    )
    op.create_index("idempotency_keys_begun_at_idx", "idempotency_keys", ["begun_at"])
    op.create_table(
        "indexes",
        sa.Column("generation", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("encoder_backend", sa.String(32), nullable=False),
        sa.Column("encoder_model", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("activated_at", sa.DateTime),
        sa.PrimaryKeyConstraint("generation", name="indexes_pkey"),
    )


_COPIES = (
    "INSERT INTO tenants (name, created_at) SELECT tenant, min(created_at) FROM old_documents GROUP BY tenant",
    """
    INSERT INTO collections (tenant, name, created_at)
    SELECT tenant, collection, min(created_at) FROM old_documents GROUP BY tenant, collection
    """,
    """
    INSERT INTO documents
        (id, tenant, collection, name, active_version_id, active_since_request, created_at, updated_at)
    SELECT d.id, d.tenant, d.collection, d.name, d.active_version_id, v.created_at, d.created_at, d.updated_at
    FROM old_documents d LEFT JOIN old_versions v ON v.id = d.active_version_id
    """,
    """
    INSERT INTO blobs (sha256, size_bytes, created_at)
    SELECT sha256, max(size_bytes), min(created_at) FROM old_versions GROUP BY sha256
    """,
    """
    INSERT INTO versions
        (id, document_id, number, sha256, media_type, size_bytes, state, title, page_count, chunk_count, warnings,
         error_code, error_detail, created_at)
    SELECT id, document_id, row_number() OVER (PARTITION BY document_id ORDER BY created_at, id), sha256, media_type,
        size_bytes, state, title, page_count, chunk_count, warnings, error_code, error_detail, created_at
    FROM old_versions WHERE state != 'purge' AND document_id IN (SELECT id FROM documents)
    """,
    """
    INSERT INTO purges
        (id, tenant, collection, document_id, version_id, name, sha256, chunk_count, index_only, requested_at)
    SELECT v.id, v.tenant, v.collection, v.document_id, v.id, coalesce(d.name, ''), v.sha256, v.chunk_count, false,
        v.created_at
    FROM old_versions v LEFT JOIN old_documents d ON d.id = v.document_id
    WHERE v.state = 'purge' OR d.id IS NULL
    """,
    """
    INSERT INTO jobs
        (id, tenant, collection, document_id, version_id, name, state, stage, attempts, postponements, fence,
         available_at, page_count, pages_done, chunks_done, chunks_total, stage_started_with, error_code, error_detail,
         requested_at, created_at, started_at, finished_at)
    SELECT j.id, d.tenant, d.collection, j.document_id, j.version_id, d.name,
        CASE WHEN j.state = 'running' THEN 'queued' ELSE j.state END,
        CASE WHEN j.state = 'succeeded' THEN 'done' ELSE 'parsing' END,
        j.attempts, 0, 0, j.created_at, v.page_count, coalesce(v.page_count, 0), j.chunks_done, j.chunks_total, 0,
        v.error_code, v.error_detail, j.created_at, j.created_at, j.started_at, j.finished_at
    FROM old_jobs j JOIN old_documents d ON d.id = j.document_id
        JOIN old_versions v ON v.id = j.version_id AND v.state != 'purge'
    """,
)
