"""Moves documents and renames collections: copies points, then switches the catalogue. Nothing is encoded again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ingest.opening import Storage
from rag.catalog.collections.moving import Move, Moves
from rag.errors import CitewellError
from rag.stages import ChunkIndex
from rag.types import Scope


class Mover:
    """Moves within one index. What a crash leaves of a move is found by the audit of the next start."""

    def __init__(self, storage: Storage, index: ChunkIndex) -> None:
        self._moves = Moves(storage.database)
        self._relabel = storage.blobs.replace_labels
        self._index = index

    async def move_document(self, tenant: str, document_id: str, collection: str) -> None:
        """Moves a document with all its versions; to where it is already, that does nothing.

        Raises:
            RequestError: there is no such document or collection, or something is in the way.
            IndexUnavailableError: the index does not answer; nothing has changed.
        """
        move = await asyncio.to_thread(self._moves.plan_document, tenant, document_id, collection)
        if move.source != move.target:
            await self._carry_out(move, lambda: self._moves.move_document(move, document_id, relabel=self._relabel))

    async def rename_collection(self, scope: Scope, name: str) -> None:
        """Gives a collection another name.

        Raises:
            RequestError: there is no such collection, the name is taken, or documents are being read.
            IndexUnavailableError: the index does not answer; nothing has changed.
        """
        move = await asyncio.to_thread(self._moves.plan_renaming, scope, name)
        await self._carry_out(move, lambda: self._moves.rename(move, relabel=self._relabel))

    async def _carry_out(self, move: Move, switch: Callable[[], None]) -> None:
        await self._index.copy_versions(move.source, move.version_ids, move.target)
        try:
            await asyncio.to_thread(switch)
        except CitewellError:
            for version_id in move.version_ids:
                await self._index.delete_version(move.target, version_id)
            raise
