"""Response bodies of deletes: their receipts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from api.schemas.base import Response
from rag.catalog.database.records import DeletionKind


class ReceiptState(StrEnum):
    """State of a delete. Deleted data is invisible in both states."""

    PENDING = "pending"
    PURGED = "purged"


class PurgedVersionBody(Response):
    """A version and the times at which it was purged from each store; null until then.

    No search reaches passages that are purged from the index. Its files may hold their bytes until they are rewritten,
    at `index_files_erased_at`. A Qdrant server rewrites them in its own time, so the field stays null.
    """

    document_id: str
    version_id: str
    name: str
    chunks: int = Field(validation_alias="chunk_count")
    # One index holds vectors and words, so both go at the same time.
    vectors_purged_at: datetime | None = Field(validation_alias="index_at")
    text_index_purged_at: datetime | None = Field(validation_alias="index_at")
    extracted_text_purged_at: datetime | None = Field(validation_alias="text_at")
    caches_purged_at: datetime | None = Field(validation_alias="caches_at")
    original_purged_at: datetime | None = Field(validation_alias="original_at")
    index_files_erased_at: datetime | None = Field(validation_alias="erased_at")
    original_kept_for_others: bool = Field(
        validation_alias="original_shared",
        description="True if another version has the same bytes, so that they are kept.",
    )


def _state(finished_at: object) -> ReceiptState:
    return ReceiptState.PENDING if finished_at is None else ReceiptState.PURGED


class DeletionBody(Response):
    """The receipt of a delete."""

    id: str = Field(validation_alias="receipt_id")
    kind: DeletionKind
    name: str
    collection: str = Field(validation_alias=AliasPath("scope", "collection"))
    state: Annotated[ReceiptState, BeforeValidator(_state)] = Field(validation_alias="finished_at")
    requested_at: datetime
    finished_at: datetime | None
    index_files_erased_at: datetime | None = Field(validation_alias="erased_at")
    versions: list[PurgedVersionBody] = Field(validation_alias="purges")
