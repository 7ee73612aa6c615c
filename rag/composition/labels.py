"""Names of documents as labels of what is quoted of them, and as words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Chunk

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?(?!\d)")


def told_apart(chunks: Sequence[Chunk]) -> list[str]:
    """Returns the titles of the documents, or the names of their files where the titles tell them apart no better."""
    titles = [chunk.title for chunk in chunks]
    are_told_apart = all(titles) and len(set(titles)) == len({chunk.version_id for chunk in chunks})
    return titles if are_told_apart else [chunk.name for chunk in chunks]


def day_of(chunk: Chunk) -> str:
    """Returns the last year or day that name and title of a document give, as they write it; empty without one."""
    return max(_YEAR.findall(f"{chunk.name} {chunk.title}"), default="")


def apart(text: str) -> str:
    """Returns the text with spaces for what joins the words of a file's name."""
    return text.replace("-", " ").replace("_", " ").replace(".", " ")
