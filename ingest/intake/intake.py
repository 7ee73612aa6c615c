"""Accepts a file: checks it, stores it and queues its job before the upload is answered."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ingest.intake.file_types import identify, safe_path
from ingest.storage.blobs import BlobStore
from rag.access.principal import Principal
from rag.catalog.database.records import DocumentRecord, JobRecord, Upload
from rag.catalog.idempotency import RequestKey
from rag.catalog.job_board import JobBoard
from rag.catalog.versions import Uploads
from rag.errors import DocumentTooLargeError, QueueFullError, StorageFullError
from rag.fields.values import NOTHING_SAID, Description
from rag.settings import Settings
from rag.types import Scope


class Intake:
    """Accepts every document that is uploaded."""

    def __init__(self, settings: Settings, *, uploads: Uploads, board: JobBoard, blobs: BlobStore) -> None:
        self._folder: Path = settings.storage.folder
        self._min_free_bytes = settings.storage.min_free_bytes
        self._max_bytes = settings.ingestion.max_upload_bytes
        self._max_waiting = settings.ingestion.max_waiting_jobs
        self._uploads = uploads
        self._board = board
        self._blobs = blobs

    def refuse_when_full(self, *, expected_bytes: int) -> None:
        """Refuses an upload before its body is read.

        Raises:
            QueueFullError: too many documents wait.
            StorageFullError: there is no room for a file of ``expected_bytes``.
        """
        waiting = self._board.unfinished()
        if waiting >= self._max_waiting:
            raise QueueFullError(waiting=waiting)
        free = shutil.disk_usage(self._folder).free
        if free < self._min_free_bytes + expected_bytes:
            raise StorageFullError(f"{free / 1_048_576:,.0f} MiB are free in {self._folder.name}")

    def accept(
        self,
        content: BinaryIO,
        *,
        name: str,
        scope: Scope,
        idempotency_key: str | None = None,
        description: Description = NOTHING_SAID,
        requester: Principal | None = None,
    ) -> tuple[DocumentRecord, JobRecord]:
        """Stores the file and queues its job; ``name`` is the client's name for it, folders included.

        ``description`` holds the tags and fields that it is given. Without a ``requester`` no rights are looked at.

        Raises:
            DocumentError: the file is empty, too large, or of an unsupported type; nothing of it is kept.
            IdempotencyMismatchError: the key was used for something else.
            ReadOnlyError: the requester may only read the collection, or the document of this name.
            StorageFullError: there is no room for it.
        """
        shown = safe_path(name)
        with self._blobs.stage(content) as staged:
            if staged.size_bytes > self._max_bytes:
                raise DocumentTooLargeError(shown, limit_bytes=self._max_bytes)
            media_type = identify(staged.path, shown)
            upload = Upload(name=shown, media_type=media_type, sha256=staged.sha256, size_bytes=staged.size_bytes)
            request = _request_key(idempotency_key, upload, scope) if idempotency_key else None
            keep_blob = partial(self._blobs.keep, staged)
            return self._uploads.add(
                scope, upload, keep_blob=keep_blob, request=request, description=description, requester=requester
            )


def _request_key(key: str, upload: Upload, scope: Scope) -> RequestKey:
    request = f"{upload.sha256}\n{upload.name}\n{scope.collection}"
    return RequestKey(tenant=scope.tenant, key=key, fingerprint=hashlib.sha256(request.encode()).hexdigest())
