"""Backs up a whole embedded service as one compressed tar file while it runs, and restores it.

The last member lists all others with their hashes, so that a truncated or changed file is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.factory import extracted_folder
from ingest.opening import CATALOG_FILE, ORIGINALS_FOLDER, SNAPSHOT_PREFIX
from ingest.service import Service
from ingest.storage.belonging import ID_FILE
from rag.catalog.database.connection import new_id
from rag.errors import ConfigurationError, ConflictError, UnusableFolderError
from rag.factory import index_folder

_LIST = "backup.json"
_BLOCK_BYTES = 1_048_576
_GZIP = 31


@asynccontextmanager
async def snapshot(service: Service) -> AsyncIterator[Path]:
    """Yields a folder with a consistent copy of all that is stored, and removes it when the block ends.

    Uploads, searches and answers go on. The worker pauses while the index is copied. Blobs and texts never change
    once they are written: they are linked, not copied.

    Raises:
        ConflictError: another snapshot exists.
        ConfigurationError: catalogue or index are servers, which have their own backup tools.
        StorageFullError: there is no room for a copy of catalogue and index.
    """
    if service.backing_up.locked():
        raise ConflictError("A backup is being made already. Wait until it is complete, then ask for the next one.")
    root = service.settings.storage.folder
    folder = root / f"{SNAPSHOT_PREFIX}{new_id()}"
    async with service.backing_up:  # one at a time: each pauses the worker, and keeps what is deleted during it
        try:
            folder.mkdir()
            async with service.worker_paused():
                await _run_to_end(service.storage.database.save_copy, folder / CATALOG_FILE)
                number = service.engine.generation.number
                await service.index.save_copy(folder / index_folder(service.settings, number).name)
                for kept in (root / ORIGINALS_FOLDER, extracted_folder(root)):
                    await _run_to_end(_link_tree, kept, folder / kept.name)
                await _run_to_end(shutil.copyfile, root / ID_FILE, folder / ID_FILE)
            yield folder
        finally:
            await _run_to_end(partial(shutil.rmtree, folder, ignore_errors=True))


async def _run_to_end(call: Callable[..., object], *arguments: Path) -> None:
    """Runs a call in a thread and waits for its end even when cancelled, so that it fills no folder being removed."""
    calling = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(calling)
    finally:
        await asyncio.wait([calling])


def pack_snapshot(folder: Path) -> Iterator[bytes]:
    """Yields a snapshot as a compressed tar file."""
    packer = zlib.compressobj(level=1, wbits=_GZIP)  # fast: most of a small index is zeros
    for block in _members(folder):
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


def _members(folder: Path) -> Iterator[bytes]:
    listed: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield _header(name, size)
            digest = hashlib.sha256()
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                yield block
        yield _padding(size)
        listed[name] = digest.hexdigest()
    content = json.dumps({"citewell_backup": 1, "files": listed}).encode()
    yield _header(_LIST, len(content)) + content + _padding(len(content))
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def restore_backup(source: IO[bytes], folder: Path) -> int:
    """Unpacks a backup into ``folder``, which must be empty or missing. Returns the number of files.

    After a failure the folder holds no part of the backup.

    Raises:
        ConfigurationError: the folder is not empty, or the backup is damaged.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(
            f"The data folder {folder} is not empty. Move it away, or point CITEWELL_STORAGE__FOLDER at another one."
        )
    partial = folder / ".restore"
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise UnusableFolderError(str(folder), error) from error
    try:
        count = _unpack(source, partial)
        # The folder may be a mount, which cannot be replaced; without its catalogue it is no data folder.
        for path in sorted(partial.iterdir(), key=lambda path: path.name == CATALOG_FILE):
            path.rename(folder / path.name)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"This is no backup of Citewell, or not a whole one: {error}. Nothing was changed."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


def _unpack(source: IO[bytes], folder: Path) -> int:
    written: dict[str, str] = {}
    listed: object = None
    with tarfile.open(fileobj=source, mode="r|*") as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is None:
                raise ValueError(f"{member.name} is not a file")
            if member.name == _LIST:
                listed = json.load(content).get("files")
            else:
                written[member.name] = _write(content, folder / _checked(member.name))
    if listed is None:
        raise ValueError("its end is missing")
    if listed != written:
        raise ValueError("its files are not those it lists")
    return len(written)


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name} leads out of the folder")
    return path


def _write(content: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
            if block.count(0) < len(block):
                file.write(block)
            else:
                file.seek(len(block), os.SEEK_CUR)  # keeps holes as holes
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _link_tree(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=os.link, ignore=shutil.ignore_patterns("incoming-*"))


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member.tobuf(format=tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)
