"""An index without vectors in a SQLite file, shared by several processes like a server."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from rag.errors import ConfigurationError
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, SentenceVectors

_TABLE = "CREATE TABLE IF NOT EXISTS points (id TEXT PRIMARY KEY, tenant TEXT, collection TEXT, version TEXT)"


async def _go_on(_: int) -> None:
    pass


class SharedIndex:
    """Stores, counts and deletes, but finds nothing. Calls ``before_upsert`` with the number of each upsert, from 1."""

    def __init__(self, path: Path, *, before_upsert: Callable[[int], Awaitable[None]] = _go_on) -> None:
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(_TABLE)
        self._before_upsert = before_upsert
        self.upserts = 0

    @property
    def name(self) -> str:
        return "shared"

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        self.upserts += 1
        await self._before_upsert(self.upserts)
        rows = [(each.chunk.chunk_id, scope.tenant, scope.collection, each.chunk.version_id) for each in chunks]
        self._connection.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", rows)

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        raise NotImplementedError(f"{scope}: {query}")

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        raise NotImplementedError(f"{scope}: {chunk_ids}")

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        raise NotImplementedError(f"{scope}: {version_ids} to {target}")

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        self._connection.execute(
            "DELETE FROM points WHERE tenant = ? AND collection = ? AND version = ?",
            (scope.tenant, scope.collection, version_id),
        )

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        versions = (await self.versions()).get(scope, {})
        return sum(count for version, count in versions.items() if version_id in (None, version))

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        found: dict[Scope, dict[str, int]] = {}
        for tenant, collection, version, count in self._connection.execute(
            "SELECT tenant, collection, version, count(*) FROM points GROUP BY 1, 2, 3"
        ):
            found.setdefault(Scope(tenant=tenant, collection=collection), {})[version] = count
        return found

    async def save_copy(self, folder: Path) -> None:
        raise ConfigurationError(f"A shared index cannot be copied to {folder}.")

    async def optimize(self) -> None:
        pass

    async def erase_deleted(self) -> bool:
        return False

    async def ping(self) -> None:
        pass

    async def close(self) -> None:
        self._connection.close()
