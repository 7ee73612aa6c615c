"""What is said of a stored file that is not where it should be."""

from __future__ import annotations

from typing import NoReturn

from ingest.service import Service
from rag.catalog.database.records import DocumentRecord, VersionRecord
from rag.errors import StoredFileMissingError


def raise_missing(service: Service, document: DocumentRecord, version: VersionRecord, *, file: str) -> NoReturn:
    """Looks again: a version that was deleted meanwhile has no files, any other one should have them.

    Raises:
        UnknownDocumentError: the document was deleted since it was looked up.
        UnknownVersionError: the version was.
        StoredFileMissingError: the data folder has lost the file.
    """
    service.storage.catalog.version(service.settings.tenant, document.document_id, version.version_id)
    raise StoredFileMissingError(file, name=document.name, number=version.number)
