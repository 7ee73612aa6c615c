"""Removes, every hour, the files that crashes left behind and the rows that have passed their age limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from ingest.storage.blobs import BlobStore
from rag.catalog.deletions import Deletions
from rag.catalog.documents import Catalog
from rag.catalog.idempotency import IdempotencyKeys
from rag.errors import CitewellError

_LOG = logging.getLogger(__name__)
_EVERY_SECONDS = 3_600.0


class Expirer:
    """Removes by age. Any number of them may run at the same time.

    Args:
        by_age: each removes the rows of one kind that are past their age limit.
    """

    def __init__(
        self,
        *,
        blobs: BlobStore,
        catalog: Catalog,
        deletions: Deletions,
        keys: IdempotencyKeys,
        by_age: Sequence[Callable[[], int]],
    ) -> None:
        self._blobs = blobs
        self._catalog = catalog
        self._deletions = deletions
        self._keys = keys
        self._by_age = by_age

    async def run(self) -> None:
        """Expires every hour until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.expire)
            except (CitewellError, OSError) as error:
                _LOG.warning("nothing could be expired: %s", error)
            await asyncio.sleep(_EVERY_SECONDS)

    def expire(self) -> None:
        """Moves blobs and labels that the catalogue does not know to the bin; removes what is past its age limit."""
        self._blobs.remove_old()
        unknown = self._blobs.hashes() - self._catalog.blobs_in_use()
        for sha256 in unknown:
            self._deletions.release_blob(sha256, remove=partial(self._blobs.discard, sha256))
        for version_id in self._blobs.old_labels() - self._catalog.versions_in_use():
            self._blobs.discard_label(version_id)
        if unknown:
            _LOG.warning(
                "%d originals that the catalogue does not know are in the bin, and leave it after a day. If they are "
                "documents, stop the service and call 'citewell adopt'",
                len(unknown),
            )
        self._keys.remove_old()
        for remove_old in self._by_age:
            remove_old()
