"""Carries out the catalogue's purges: removes points, extracted text, cached vectors and the blob of a version."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from ingest.storage.blobs import BlobStore
from rag.catalog.database.records import Purge
from rag.catalog.deletions import Deletions, PurgeStep
from rag.errors import CitewellError
from rag.stages import ChunkIndex

_LOG = logging.getLogger(__name__)
_DATASETS, _TENANT, _DEFAULT_TENANT = "datasets", "tenant-", "default"
"""The folder of datasets, with one for each other tenant than the default one."""


class Purger:
    """Works through the catalogue's list of purges. Every step can be repeated, so that a crash does no harm."""

    def __init__(
        self,
        deletions: Deletions,
        *,
        index: ChunkIndex,
        blobs: BlobStore,
        extracted_folder: Path,
        evaluations_folder: Path,
        drop_caches: Callable[[], None],
    ) -> None:
        self._deletions = deletions
        self._index = index
        self._blobs = blobs
        self._extracted_folder = extracted_folder
        self._evaluations_folder = evaluations_folder
        self._drop_caches = drop_caches

    async def run(self) -> bool:
        """Tries every purge on the list once. Returns whether all of them are complete."""
        complete = True
        for purge in await asyncio.to_thread(self._deletions.pending):
            try:
                await self._purge(purge)
            except (CitewellError, OSError) as error:
                _LOG.warning("version %s is not purged yet: %s", purge.version_id, error)
                complete = False
        return complete

    async def _purge(self, purge: Purge) -> None:
        await self._index.delete_version(purge.scope, purge.version_id)
        await self._note(purge, PurgeStep.INDEX)
        self._drop_caches()
        await self._note(purge, PurgeStep.CACHES)
        if purge.index_only:
            await asyncio.to_thread(self._deletions.finish, purge)
            return
        folder = self._extracted_folder / purge.version_id
        if folder.exists():
            await asyncio.to_thread(shutil.rmtree, folder)
        await asyncio.to_thread(self._blobs.remove_label, purge.version_id)
        if purge.receipt_id or purge.chunk_count:  # otherwise it has never answered
            quotes = partial(remove_quotes, self._evaluations_folder, purge.version_id, purge.name, purge.scope.tenant)
            await asyncio.to_thread(quotes)
        await self._note(purge, PurgeStep.TEXT)
        remove = partial(self._blobs.remove, purge.sha256)
        released = await asyncio.to_thread(self._deletions.release_blob, purge.sha256, remove=remove)
        if released:
            await self._note(purge, PurgeStep.ORIGINAL)
        await asyncio.to_thread(self._deletions.finish, purge, original_shared=not released)

    async def _note(self, purge: Purge, step: PurgeStep) -> None:
        await asyncio.to_thread(self._deletions.note, purge, step)


def remove_quotes(folder: Path, version_id: str, name: str, tenant: str) -> None:
    """Removes from the evaluations' files every line that names the version, or a gold passage of a document ``name``.

    The files hold lines of JSON: a question with its hits, quotes and answer, or one that has not been asked yet. A
    name is looked for in the files of its tenant: others may have documents of the same name.
    """
    named = f'"document":{json.dumps(name, ensure_ascii=False)}'
    for path in sorted(folder.rglob("*.jsonl")):
        marks = (version_id, named) if _tenant_of(path, folder) == tenant else (version_id,)
        lines = path.read_text("utf-8").split("\n")
        kept = [line for line in lines if not any(mark in line for mark in marks)]
        if kept != lines:
            draft = path.with_suffix(".draft")
            draft.write_text("\n".join(kept), encoding="utf-8")
            draft.replace(path)


def _tenant_of(path: Path, folder: Path) -> str:
    """Returns the tenant of a file of questions: of a dataset by its folder, of a run by its record."""
    inside = path.relative_to(folder).parts
    if inside[0] == _DATASETS:
        return unquote(inside[1].removeprefix(_TENANT)) if inside[1].startswith(_TENANT) else _DEFAULT_TENANT
    try:
        return str(json.loads(path.with_name("run.json").read_text("utf-8"))["tenant"])
    except (OSError, ValueError, KeyError):
        return _DEFAULT_TENANT
