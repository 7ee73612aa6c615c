"""A PostgreSQL server for tests on a Unix socket, from Debian's programs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_USER = "citewell"


def find_programs() -> Path | None:
    """Returns the folder of ``initdb`` and ``postgres``, or None."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        folders.insert(0, Path(found).parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Yields the URL of an empty database; removes server and data at the end."""
    owner = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="citewell-pg-"))
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        data = folder / "data"
        _run([programs / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-N", "-E", "UTF8"], owner, folder)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        start: list[Path | str] = [
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            folder / "log.txt",
            "-w",
            "-o",
            options,
            "start",
        ]
        _run(start, owner, folder)
        try:
            yield f"postgresql://{_USER}@/postgres?host={folder}"
        finally:
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], owner, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    """Returns a user to run the server as, which refuses root; None if this process is not root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(command: Sequence[Path | str], user: str | None, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [str(part) for part in command],
        user=user,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
