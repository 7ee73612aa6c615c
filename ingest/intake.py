"""Accepts a file: checked, stored, and queued before anyone is told that it was."""

from __future__ import annotations

from typing import BinaryIO

from ingest.blob_store import BlobStore
from ingest.sources import identify, safe_name
from rag.catalog.catalog import Catalog
from rag.catalog.records import DocumentRecord, JobRecord, Upload
from rag.errors import DocumentTooLargeError
from rag.types import Scope


class Intake:
    """The way in for every document."""

    def __init__(self, *, catalog: Catalog, blobs: BlobStore, max_bytes: int) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._max_bytes = max_bytes

    def accept(self, content: BinaryIO, *, name: str, scope: Scope) -> tuple[DocumentRecord, JobRecord]:
        """Stores the file and queues its job; ``name`` is what the client calls it.

        Raises:
            DocumentError: the file is empty, too large, or of a type that cannot be read; nothing is kept of it.
        """
        shown = safe_name(name)
        with self._blobs.stage(content) as staged:
            if staged.size_bytes > self._max_bytes:
                raise DocumentTooLargeError(shown, limit_bytes=self._max_bytes)
            media_type = identify(staged.path, shown)
            self._blobs.keep(staged)
        upload = Upload(name=shown, media_type=media_type, sha256=staged.sha256, size_bytes=staged.size_bytes)
        return self._catalog.add_upload(scope, upload)
