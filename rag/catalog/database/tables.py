"""The catalogue's tables, as the newest migration leaves them. Times are UTC without a zone."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

SCHEMA_REVISION = "0017"
"""The newest migration in ``migrations/versions``; a test compares them."""

METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(referred_table_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)

INSTALLATION = Table(
    "installation",
    METADATA,
    # One row, number 1: the data folder that belongs to this catalogue holds the same id.
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
)

TENANTS = Table(
    "tenants",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("created_at", DateTime, nullable=False),
)

COLLECTIONS = Table(
    "collections",
    METADATA,
    Column("tenant", String(64), ForeignKey("tenants.name"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("created_at", DateTime, nullable=False),
    Column("description", Text, nullable=False, default="", server_default=""),
    Column("settings", Text, nullable=False, default="{}", server_default="{}"),  # JSON
)

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("active_version_id", String(32)),
    # The number of the request that made the active version: an earlier one that ends later changes nothing.
    Column("active_request_number", BigInteger),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    ForeignKeyConstraint(["tenant", "collection"], ["collections.tenant", "collections.name"]),
    Index("documents_by_name", "tenant", "collection", "name", unique=True),
    Index("documents_by_active_version", "active_version_id"),
)

BLOBS = Table(
    "blobs",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", DateTime, nullable=False),
)

VERSIONS = Table(
    "versions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("document_id", String(32), ForeignKey("documents.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False, index=True),
    Column("media_type", String(127), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("title", Text, nullable=False, default=""),
    Column("page_count", Integer),
    Column("chunk_count", Integer, nullable=False, default=0),
    Column("warnings", Text, nullable=False, default=""),
    # The parser that read it, or is to read it. It is raised where a newer one reads the same.
    Column("parser_version", Integer, nullable=False, server_default="1"),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("created_at", DateTime, nullable=False),
    Index("versions_by_number", "document_id", "number", unique=True),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    # No foreign keys: clients that follow a job must see its end, even if its document has been deleted.
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("document_id", String(32), nullable=False, index=True),
    Column("version_id", String(32), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("postponements", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("worker", String(128)),
    Column("lease_until", DateTime),
    Column("available_at", DateTime, nullable=False),
    Column("cancel_requested", Boolean, nullable=False, default=False, server_default=false()),
    # It comes after all jobs that a user waits for.
    Column("background", Boolean, nullable=False, default=False, server_default=false()),
    Column("page_count", Integer),
    Column("pages_done", Integer, nullable=False, default=0),
    Column("chunks_done", Integer, nullable=False, default=0),
    Column("chunks_total", Integer, nullable=False, default=0),
    # Where this attempt's stage began: the pace since then gives the remaining time.
    Column("stage_started_at", DateTime),
    Column("stage_started_with", Integer, nullable=False, default=0),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    # Rises with every request for a document, independent of the clock. Requests for several may share a number.
    Column("request_number", BigInteger, nullable=False, server_default="0", index=True),
    # The job succeeded and changed nothing: a version that was requested later is the active one already.
    Column("superseded", Boolean, nullable=False, default=False, server_default=false()),
    Column("requested_at", DateTime, nullable=False),
    # The user who asked for it: of a document that is gone only that user, and owners, see the jobs.
    Column("requested_by", String(32), nullable=False, default="", server_default=""),
    Column("created_at", DateTime, nullable=False),
    Column("started_at", DateTime),
    Column("finished_at", DateTime),
    Index("jobs_by_state", "state", "request_number"),
    Index("jobs_by_tenant", "tenant", "created_at"),
)

RECEIPTS = Table(
    "receipts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("collection", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("requested_at", DateTime, nullable=False),
    Column("requested_by", String(32), nullable=False, default="", server_default=""),
)

PURGES = Table(
    "purges",
    METADATA,
    Column("id", String(32), primary_key=True),
    # Null where an update, a failure or a cancelled job caused the purge, not a user's delete.
    Column("receipt_id", String(32), ForeignKey("receipts.id"), index=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("document_id", String(32), nullable=False),
    Column("version_id", String(32), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("chunk_count", Integer, nullable=False),
    # Only the points are removed: the version is kept and can be activated again.
    Column("index_only", Boolean, nullable=False),
    Column("requested_at", DateTime, nullable=False),
    Column("index_at", DateTime),
    Column("text_at", DateTime),
    Column("caches_at", DateTime),
    Column("original_at", DateTime),
    Column("original_shared", Boolean, nullable=False, default=False, server_default=false()),
    Column("finished_at", DateTime, index=True),
    # The time since which no file of the index holds its bytes.
    Column("erased_at", DateTime, index=True),
)

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    # The request (hash of bytes, name, collection) and its result; null while it is running.
    Column("fingerprint", String(64)),
    Column("job_id", String(32)),
    Column("document_id", String(32)),
    Column("begun_at", DateTime, nullable=False, index=True),
)

INDEXES = Table(
    "indexes",
    METADATA,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("encoder_backend", String(32), nullable=False),
    Column("encoder_model", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("activated_at", DateTime),
)

USAGE = Table(
    "usage",
    METADATA,
    Column("request_id", String(32), primary_key=True),
    Column("answered_at", DateTime, nullable=False, index=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("endpoint", Text),
    Column("model", Text, nullable=False),
    Column("prompt", Text),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    # Billionths of the currency's unit: one token of a cheap model costs less than a millionth.
    Column("cost_nanos", BigInteger),
    Column("currency", Text),
    Column("abstained", Boolean, nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("cached", Boolean, nullable=False),
    Index("usage_by_tenant", "tenant", "answered_at"),
)

ANSWERS = Table(
    "answers",
    METADATA,
    Column("request_id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("citations", Text, nullable=False),  # JSON
    Column("abstention", String(32)),
    Column("cached", Boolean, nullable=False),
    Column("experiment", String(64)),
    Column("arm", String(16)),
    # Set for a shadow answer, which no user saw: the answer that the user got to the same question.
    Column("shadow_of", String(32)),
    Column("asked_at", DateTime, nullable=False, index=True),
    Column("milliseconds", Float, nullable=False),
    # The user who asked; empty without logins, and for answers from before there were users.
    Column("asked_by", String(32), nullable=False, default="", server_default=""),
    Column("cost_nanos", BigInteger),
    Column("currency", Text),
    Column("sentences", Text, nullable=False, server_default="[]"),  # JSON
    Index("answers_by_tenant", "tenant", "asked_at"),
)

REMOVED_ANSWERS = Table(
    "removed_answers",
    METADATA,
    # Answers that went with a version that they were written from. Nothing of them is kept but the id.
    Column("request_id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    # A user deleted it; else newer versions replaced it.
    Column("deleted", Boolean, nullable=False),
    Column("asked_by", String(32), nullable=False, default="", server_default=""),
    Column("removed_at", DateTime, nullable=False, index=True),
)

ANSWER_VERSIONS = Table(
    "answer_versions",
    METADATA,
    # All versions that the writer was shown, cited or not: a purge of one removes the answer.
    Column("request_id", String(32), ForeignKey("answers.request_id", ondelete="CASCADE"), primary_key=True),
    Column("version_id", String(32), primary_key=True, index=True),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("request_id", String(32), ForeignKey("answers.request_id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("reasons", Text, nullable=False),  # JSON
    Column("comment", Text, nullable=False),
    Column("corrected_answer", Text, nullable=False),
    Column("given_at", DateTime, nullable=False),
    Index("feedback_by_tenant", "tenant", "given_at"),
)

SCOPE_STATES = Table(
    "scope_states",
    METADATA,
    # No foreign key: the row outlives its collection, so that a state never comes back.
    Column("tenant", String(64), primary_key=True),
    Column("collection", String(64), primary_key=True),
    # A new random value with every change of what is visible.
    Column("state", String(32), nullable=False),
)

MODEL_ENDPOINTS = Table(
    "model_endpoints",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("model", Text, nullable=False),
    # Encrypted (rag/catalog/endpoints/sealing.py); null where the server asks for no key.
    Column("sealed_key", Text),
    Column("prompt_price", Float),
    Column("completion_price", Float),
    Column("currency", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Index("model_endpoints_by_name", "name", unique=True),
)
