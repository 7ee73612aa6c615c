"""Which installation a catalogue belongs to, and the order of requests by number, which no clock can turn back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NUMBER_THE_JOBS = """
UPDATE jobs SET request_number = (
    SELECT numbered.place FROM (
        SELECT id, ROW_NUMBER() OVER (ORDER BY requested_at, created_at, id) AS place FROM jobs
    ) AS numbered WHERE numbered.id = jobs.id
)
"""
_NUMBER_THE_DOCUMENTS = """
UPDATE documents SET active_request_number = (
    SELECT MAX(jobs.request_number) FROM jobs
    WHERE jobs.document_id = documents.id AND jobs.requested_at <= documents.active_since_request
) WHERE active_since_request IS NOT NULL
"""


def upgrade() -> None:
    """Numbers the jobs there are as they were asked for."""
    op.create_table(
        "installation",
        sa.Column("row", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("row", name="installation_pkey"),
    )
    op.add_column("jobs", sa.Column("request_number", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("superseded", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("documents", sa.Column("active_request_number", sa.BigInteger))
    op.execute(_NUMBER_THE_JOBS)
    op.execute(_NUMBER_THE_DOCUMENTS)
    op.drop_column("documents", "active_since_request")
    op.drop_index("jobs_by_state", "jobs")
    op.create_index("jobs_by_state", "jobs", ["state", "request_number"])
    op.create_index("jobs_request_number_idx", "jobs", ["request_number"])
