"""Chooses a document's title. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ingest.parsing.blocks.assembly import Block, clean
from rag.types import ElementKind

_MAX_CHARACTERS = 200
_POOR = (
    "untitled",
    "microsoft word",
    "microsoft powerpoint",
    "powerpoint presentation",
    "powerpoint-präsentation",
    "slide 1",
    "document",
    "title",
    "print",
)


def choose_title(stored: str, blocks: Sequence[Block], name: str) -> str:
    """Returns the stored title if an author gave it, else the first heading, else the file's name.

    On the first page the outermost heading counts as the first.
    """
    title = " ".join(clean(stored).split())
    if _is_given(title):
        return title[:_MAX_CHARACTERS]
    first_page = [block for block in blocks if block.page in {None, 1}]
    headings = [block for block in first_page if block.kind is ElementKind.HEADING]
    best = min(headings, key=lambda block: block.level or 0, default=None)
    return " ".join(best.text.split())[:_MAX_CHARACTERS] if best is not None else PurePosixPath(name).stem or name


def _is_given(title: str) -> bool:
    """Returns whether an author gave the title: programs store their own name, a file name or a number."""
    is_file_name = bool(PurePosixPath(title).suffix) and " " not in title
    is_wordy = len(title) > 1 and any(map(str.isalpha, title))
    return is_wordy and not is_file_name and not title.casefold().startswith(_POOR)
