"""A prepared model on disk: its files and a manifest of checksums, published atomically."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from rag.errors import ModelError

_MANIFEST = "manifest.json"
_REMEDY = "Delete the folder and run 'citewell prepare'."


def publish(folder: Path, write: Callable[[Path], None]) -> None:
    """Calls ``write`` with an empty folder, adds the manifest and renames it to ``folder``, atomically.

    If another process published ``folder`` first, its files stay.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write(draft)
        checksums = {path.name: file_sha256(path) for path in sorted(draft.iterdir())}
        (draft / _MANIFEST).write_text(json.dumps({"sha256": checksums}, indent=2) + "\n", encoding="utf-8")
        for path in draft.iterdir():
            _flush(path)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def verify(folder: Path) -> None:
    """Compares every file with the manifest.

    Raises:
        ModelError: the folder is missing, or a file in it is missing or changed.
    """
    if not folder.is_dir():
        raise ModelError(folder.name, f"there is no folder {folder}", remedy="Run 'citewell prepare'.")
    try:
        checksums = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["sha256"]
        damaged = [name for name, expected in checksums.items() if file_sha256(folder / name) != expected]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(folder.name, f"{folder} is incomplete ({error})", remedy=_REMEDY) from error
    if damaged:
        raise ModelError(folder.name, f"{', '.join(damaged)} in {folder} is damaged", remedy=_REMEDY)


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
