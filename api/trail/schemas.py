"""Bodies of the audit trail."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.base import NEXT_CURSOR, Response
from rag.catalog.trail.chain import EventOutcome, TrailRow
from rag.catalog.trail.verification import TrailFault


class TrailEvent(Response):
    """What was done, or tried."""

    number: int = Field(description="Its place in the chain, over all tenants.")
    at: datetime
    tenant: str = Field(description="Empty for what the service does itself, and for a caller who is not known.")
    actor_id: str = Field(description="The user; empty without logins.")
    via: str = Field(description="How the caller was recognised.")
    event: str
    outcome: EventOutcome
    target: str = Field(description="Ids, as `document:…`, with spaces between them.")
    details: dict[str, str | int]
    text: dict[str, str] = Field(
        description="Names, address and, where the settings say so, the question. Empty after an erasure, and for an "
        "operator who is no owner of the tenant."
    )
    erased: bool = Field(description="Whether the text was erased.")
    digest: str = Field(description="SHA-256 over the row and the digest of the row before it.")

    @classmethod
    def of(cls, row: TrailRow) -> TrailEvent:
        """Returns the body of a row."""
        return cls.model_validate(row)


class TrailPage(Response):
    """Events, the newest first."""

    events: list[TrailEvent]
    next_cursor: str | None = NEXT_CURSOR


class TrailFinding(Response):
    """Something that is wrong with the trail."""

    number: int = Field(description="The row that shows it; 0 for a line of the file of anchors.")
    fault: TrailFault
    detail: str


class TrailVerification(Response):
    """The result of a verification."""

    holds: bool
    sealed: bool = Field(description="Whether the end of the chain is sealed by the installation's secret.")
    rows: int
    first: int
    last: int
    erased: int = Field(description="Rows whose text was erased.")
    anchors: int = Field(description="Daily anchors in the catalogue.")
    findings: list[TrailFinding]


class ErasedTexts(Response):
    """How many rows have lost their text."""

    erased: int
