"""Tells documents from other files in a folder or an archive: files of programs, and sidecar files. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# Files of systems and programs: locks of Office and LibreOffice, thumbnails, half downloads, backups.
_NO_DOCUMENT = re.compile(
    r"\..*|~\$.*|.*~|(?:eh)?thumbs\.db|desktop\.ini|.*\.(?:tmp|temp|part|partial|crdownload|download|swp)"
    r"|node_modules|__pycache__|__macosx|\$recycle\.bin|system volume information",
    re.IGNORECASE | re.DOTALL,
)
SIDECAR_ENDINGS = (".meta.yaml", ".meta.yml", ".meta.json")
"""What follows the name of a document in the name of the file that holds its tags and fields."""


def is_no_document(name: str) -> bool:
    """Returns whether a file is no document because of its name or of a folder in its path."""
    return any(_NO_DOCUMENT.fullmatch(part) for part in PurePosixPath(name).parts)


def described_by(name: str) -> str | None:
    """Returns the name of the document that a sidecar file is about; None for any other file."""
    lower = name.lower()
    return next((name[: -len(ending)] for ending in SIDECAR_ENDINGS if lower.endswith(ending)), None)
