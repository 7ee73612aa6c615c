"""Compares catalogue, index and files, and repairs what differs."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from ingest.opening import Storage
from ingest.storage.extracted_text import load_extracted
from rag.catalog.database.records import JobStage, KeptVersion, VersionState
from rag.stages import ChunkIndex
from rag.types import Scope

_Held = Mapping[Scope, Mapping[str, int]]
_BLOCK_BYTES = 1_048_576
_TO_BIN = "move it to the bin, for a day"
_FROM_BIN = "bring it back from the bin"


class DifferenceKind(StrEnum):
    """A kind of difference between catalogue, index and files."""

    PASSAGES_MISSING = "passages_missing"
    PASSAGES_LEFT_OVER = "passages_left_over"
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_DAMAGED = "original_damaged"
    ORIGINAL_LEFT_OVER = "original_left_over"
    TEXT_MISSING = "text_missing"
    TEXT_LEFT_OVER = "text_left_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. ``repair`` says what repairs it; it is empty if nothing here can."""

    kind: DifferenceKind
    name: str
    identity: str
    detail: str
    repair: str
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The numbers of things compared, and their differences."""

    versions: int
    passages: int
    originals: int
    differences: tuple[Difference, ...]


class Auditor:
    """Compares the catalogue with the index and the files, and repairs differences."""

    def __init__(self, storage: Storage, index: ChunkIndex, extracted_folder: Path) -> None:
        self._storage = storage
        self._index = index
        self._extracted_folder = extracted_folder

    async def audit(self, *, repair: bool, read_everything: bool = False) -> AuditReport:
        """Compares, and with ``repair`` repairs what it can; jobs that it queues for that end later.

        With ``read_everything`` the bytes of every original are hashed and every text is loaded.

        Raises:
            IndexUnavailableError: the index does not answer.
        """
        catalog = self._storage.catalog
        # The catalogue is read before and after the rest: versions that change during the audit are not compared.
        before = await asyncio.to_thread(catalog.inventory)
        purged = await asyncio.to_thread(catalog.being_purged)
        held = await self._index.versions()
        originals = await asyncio.to_thread(self._storage.blobs.hashes)
        texts = await asyncio.to_thread(self._texts)
        after = {version.version_id: version for version in await asyncio.to_thread(catalog.inventory)}
        purged |= await asyncio.to_thread(catalog.being_purged)
        settled = [version for version in before if version.is_settled and version == after.get(version.version_id)]
        known = purged | after.keys() | {version.version_id for version in before}
        differences = [
            *_passages(settled, known, held),
            *await asyncio.to_thread(self._files, settled, originals, read_everything=read_everything),
            *_leftover_texts(texts, known),
            *self._leftover_originals(originals),
        ]
        if repair:
            differences = [await self._repair(difference, held, after) for difference in differences]
        return AuditReport(
            versions=len(after),
            passages=sum(sum(versions.values()) for versions in held.values()),
            originals=len(originals),
            differences=tuple(differences),
        )

    def _texts(self) -> frozenset[str]:
        folder = self._extracted_folder
        return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()

    def _files(
        self, settled: list[KeptVersion], originals: frozenset[str], *, read_everything: bool
    ) -> list[Difference]:
        found = [self._original(version, originals, read_everything=read_everything) for version in settled]
        found += [self._text(version, read_everything=read_everything) for version in settled]
        return [difference for difference in found if difference is not None]

    def _original(self, version: KeptVersion, originals: frozenset[str], *, read_everything: bool) -> Difference | None:
        kind = None
        if version.sha256 not in originals:
            kind = DifferenceKind.ORIGINAL_MISSING
        elif self._is_damaged(version, read_everything=read_everything):
            kind = DifferenceKind.ORIGINAL_DAMAGED
        if kind is None:
            return None
        detail = f"the original of '{version.name}' cannot be read; restore a backup, or upload the document again"
        in_bin = kind is DifferenceKind.ORIGINAL_MISSING and self._storage.litter_bin.holds(version.sha256)
        repair = _FROM_BIN if in_bin else ""
        return Difference(kind=kind, name=version.name, identity=version.sha256, detail=detail, repair=repair)

    def _is_damaged(self, version: KeptVersion, *, read_everything: bool) -> bool:
        path = self._storage.blobs.path(version.sha256)
        return path.stat().st_size != version.size_bytes or (read_everything and _hash(path) != version.sha256)

    def _text(self, version: KeptVersion, *, read_everything: bool) -> Difference | None:
        folder = self._extracted_folder / version.version_id
        if version.state is not VersionState.READY:
            return None
        try:
            if read_everything:
                load_extracted(folder)
            elif not (folder / "text.txt").exists():
                raise FileNotFoundError(folder.name)
        except (OSError, ValueError) as error:
            return Difference(
                kind=DifferenceKind.TEXT_MISSING,
                name=version.name,
                identity=version.version_id,
                detail=f"the extracted text cannot be read: {error}",
                repair=self._text_repair(version),
            )
        return None

    def _text_repair(self, version: KeptVersion) -> str:
        if self._storage.litter_bin.holds(version.version_id):
            return _FROM_BIN
        return "parse it again" if version.is_active else ""

    def _leftover_originals(self, originals: frozenset[str]) -> Iterator[Difference]:
        for sha256 in sorted(originals - self._storage.catalog.blobs_in_use()):
            yield Difference(
                kind=DifferenceKind.ORIGINAL_LEFT_OVER,
                name="",
                identity=sha256,
                detail="no version has these bytes",
                repair=_TO_BIN,
            )

    async def _repair(self, difference: Difference, held: _Held, versions: Mapping[str, KeptVersion]) -> Difference:
        identity = difference.identity
        uploads, deletions = self._storage.uploads, self._storage.deletions
        litter_bin = self._storage.litter_bin
        match difference.kind:
            case DifferenceKind.ORIGINAL_MISSING if difference.repair:
                target = self._storage.blobs.path(identity)
                repaired = await asyncio.to_thread(litter_bin.restore, identity, target)
            case DifferenceKind.TEXT_MISSING if difference.repair == _FROM_BIN:
                repaired = await asyncio.to_thread(self._restore_text, identity)
            case DifferenceKind.PASSAGES_MISSING:
                repaired = await asyncio.to_thread(uploads.reindex, identity, from_stage=JobStage.INDEXING)
            case DifferenceKind.TEXT_MISSING if versions[identity].is_active:
                repaired = await asyncio.to_thread(uploads.reindex, identity, from_stage=JobStage.PARSING)
            case DifferenceKind.PASSAGES_LEFT_OVER:
                version = versions.get(identity)
                own = version.scope if version is not None and version.is_active else None
                for scope in [scope for scope, counts in held.items() if identity in counts and scope != own]:
                    await self._index.delete_version(scope, identity)
                repaired = True
            case DifferenceKind.TEXT_LEFT_OVER:
                await asyncio.to_thread(litter_bin.put, self._extracted_folder / identity)
                repaired = True
            case DifferenceKind.ORIGINAL_LEFT_OVER:
                discard = partial(self._storage.blobs.discard, identity)
                repaired = await asyncio.to_thread(deletions.release_blob, identity, remove=discard)
            case _:
                repaired = False
        return replace(difference, repaired=repaired)

    def _restore_text(self, version_id: str) -> bool:
        folder = self._extracted_folder / version_id
        shutil.rmtree(folder, ignore_errors=True)  # it cannot be read
        return self._storage.litter_bin.restore(version_id, folder)


def _passages(settled: list[KeptVersion], known: frozenset[str], held: _Held) -> Iterator[Difference]:
    """Yields active versions with missing points, and points of versions that are not active or do not exist."""
    for version in settled:
        count = held.get(version.scope, {}).get(version.version_id, 0)
        if version.is_active and count != version.chunk_count:
            yield Difference(
                kind=DifferenceKind.PASSAGES_MISSING,
                name=version.name,
                identity=version.version_id,
                detail=f"the index holds {count} of {version.chunk_count} passages",
                repair="index it again",
            )
        elif count and not version.is_active:
            yield _left_over(version.version_id, count, version.name)
        others = (counts.get(version.version_id, 0) for scope, counts in held.items() if scope != version.scope)
        if elsewhere := sum(others):  # a document was being moved into another collection, or out of it
            yield _left_over(version.version_id, elsewhere, version.name)
    for counts in held.values():
        for version_id, count in counts.items():
            if version_id not in known:
                yield _left_over(version_id, count, "")


def _left_over(version_id: str, count: int, name: str) -> Difference:
    return Difference(
        kind=DifferenceKind.PASSAGES_LEFT_OVER,
        name=name,
        identity=version_id,
        detail=f"the index holds {count} passages of a version that is not active",
        repair="remove them",
    )


def _leftover_texts(texts: frozenset[str], known: frozenset[str]) -> Iterator[Difference]:
    for version_id in sorted(texts - known):
        yield Difference(
            kind=DifferenceKind.TEXT_LEFT_OVER,
            name="",
            identity=version_id,
            detail="no version has this text",
            repair=_TO_BIN,
        )


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
