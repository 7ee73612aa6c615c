"""Runs the service as its users do: ``citewell serve`` in its own process, on a free port."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ingest.storage.folder_lock import read_owner

CITEWELL = str(Path(sysconfig.get_path("scripts")) / "citewell")
_POLL_SECONDS = 0.005
_LONGEST_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The address and process id of a ready service."""

    url: str
    pid: int


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    """Starts the service on a data folder, and stops it after the block.

    Raises:
        CalledProcessError: the service ended before it was ready; the note holds its stderr.
    """
    process = await start(CITEWELL, "serve", folder=folder)
    try:
        async with asyncio.timeout(_LONGEST_START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while (url := await _ready_url(client, folder)) is None:
                if process.returncode is not None:
                    raise command_error(process.returncode, (CITEWELL, "serve"), (await process.communicate())[1])
                await asyncio.sleep(_POLL_SECONDS)
        yield Served(url=url, pid=process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def start(*command: str, folder: Path | None = None) -> asyncio.subprocess.Process:
    """Starts a command with ``folder`` as its data folder, and a free port for serving."""
    environment = {**os.environ, "CITEWELL_SERVER__HOST": "127.0.0.1", "CITEWELL_SERVER__PORT": "0"}
    if folder is not None:
        environment["CITEWELL_STORAGE__FOLDER"] = str(folder)
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )


def command_error(returncode: int, command: Sequence[str], errors: bytes) -> subprocess.CalledProcessError:
    """Returns the error of a command, with its stderr as a note."""
    error = subprocess.CalledProcessError(returncode, list(command))
    error.add_note(errors.decode(errors="replace"))
    return error


async def _ready_url(client: httpx.AsyncClient, folder: Path) -> str | None:
    """Returns the URL of a ready service, else None; the folder holds the URL before the service listens."""
    url = read_owner(folder).url
    try:
        return url if url is not None and (await client.get(f"{url}/readyz")).is_success else None
    except httpx.TransportError:
        return None
