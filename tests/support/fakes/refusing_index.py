"""An index with a switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.errors import IndexUnavailableError
from rag.stages import ChunkIndex
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, SentenceVectors


class RefusingIndex:
    """Delegates to another index; raises on every call while ``down``."""

    def __init__(self, index: ChunkIndex) -> None:
        self._index = index
        self.down = False
        self.refused = 0

    @property
    def name(self) -> str:
        return self._index.name

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        await self._working().upsert(scope, chunks)

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        return await self._working().search(scope, query)

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        return await self._working().sentences(scope, chunk_ids)

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        await self._working().copy_versions(scope, version_ids, target)

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        await self._working().delete_version(scope, version_id)

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        return await self._working().count(scope, version_id=version_id)

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        return await self._working().versions()

    async def save_copy(self, folder: Path) -> None:
        await self._working().save_copy(folder)

    async def optimize(self) -> None:
        await self._working().optimize()

    async def erase_deleted(self) -> bool:
        return await self._working().erase_deleted()

    async def ping(self) -> None:
        await self._working().ping()

    async def close(self) -> None:
        await self._index.close()

    def _working(self) -> ChunkIndex:
        if self.down:
            self.refused += 1
            raise IndexUnavailableError(self.name, "connection refused")
        return self._index
