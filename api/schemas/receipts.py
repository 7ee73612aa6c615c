"""Receipts of deletes: what goes out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from api.schemas.base import Response
from rag.catalog.database.records import DeletionKind, DeletionReceipt, Purge


class ReceiptState(StrEnum):
    """Whether something is still to be removed. What was deleted is invisible in both."""

    PENDING = "pending"
    PURGED = "purged"


class PurgedVersionBody(Response):
    """A version, and since when it is gone from where; null where it is not gone yet.

    Passages that are gone from the index can be reached by nothing. Its files may hold their bytes until it is written
    anew; when that was done is `index_files_erased_at`. A Qdrant server does it in its own time: null for ever.
    """

    document_id: str
    version_id: str
    name: str
    chunks: int
    vectors_purged_at: datetime | None
    text_index_purged_at: datetime | None
    extracted_text_purged_at: datetime | None
    caches_purged_at: datetime | None
    original_purged_at: datetime | None
    index_files_erased_at: datetime | None
    original_kept_for_others: bool = Field(description="Another document, or another version, has the same bytes.")

    @classmethod
    def of(cls, purge: Purge) -> Self:
        """Returns the body for a purge. One index holds vectors and words, so both go at the same time."""
        return cls(
            document_id=purge.document_id,
            version_id=purge.version_id,
            name=purge.name,
            chunks=purge.chunk_count,
            vectors_purged_at=purge.index_at,
            text_index_purged_at=purge.index_at,
            extracted_text_purged_at=purge.text_at,
            caches_purged_at=purge.caches_at,
            original_purged_at=purge.original_at,
            index_files_erased_at=purge.erased_at,
            original_kept_for_others=purge.original_shared,
        )


class DeletionBody(Response):
    """The receipt of a delete."""

    id: str
    kind: DeletionKind
    name: str
    collection: str
    state: ReceiptState
    requested_at: datetime
    finished_at: datetime | None
    index_files_erased_at: datetime | None
    versions: list[PurgedVersionBody]

    @classmethod
    def of(cls, receipt: DeletionReceipt) -> Self:
        """Returns the body for a receipt."""
        return cls(
            id=receipt.receipt_id,
            kind=receipt.kind,
            name=receipt.name,
            collection=receipt.scope.collection,
            state=ReceiptState.PENDING if receipt.finished_at is None else ReceiptState.PURGED,
            requested_at=receipt.requested_at,
            finished_at=receipt.finished_at,
            index_files_erased_at=receipt.erased_at,
            versions=[PurgedVersionBody.of(purge) for purge in receipt.purges],
        )
