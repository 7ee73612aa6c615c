"""Changes the tags and fields of documents. Nothing is read or indexed again: a filter looks into the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from rag.catalog.database.connection import Database
from rag.catalog.database.description_rows import add_given, remove_fields, remove_tags
from rag.catalog.database.records import DocumentRecord
from rag.catalog.database.rows import document_records, lock_document
from rag.catalog.database.tables import DOCUMENTS
from rag.errors import UnknownDocumentError
from rag.fields.values import NOTHING_SAID, Description


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to change. ``all_tags`` and ``all_fields``: what is not in ``added`` is removed."""

    added: Description = NOTHING_SAID
    removed_tags: tuple[str, ...] = ()
    removed_fields: tuple[str, ...] = ()
    all_tags: bool = False
    all_fields: bool = False


class Descriptions:
    """Writes tags and fields. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, tenant: str, document_id: str, change: Change) -> DocumentRecord:
        """Changes the tags and fields of a document, in one transaction.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
            WrongFieldError: it would have too many.
        """
        with self._database.write() as connection:
            if lock_document(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant) is None:
                raise UnknownDocumentError(document_id)
            remove_tags(connection, document_id, None if change.all_tags else change.removed_tags)
            remove_fields(connection, document_id, None if change.all_fields else change.removed_fields)
            add_given(connection, document_id, change.added)
            [record] = document_records(connection, DOCUMENTS.c.id == document_id)
            return record
