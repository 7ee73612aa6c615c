"""Gives the texts of versions to the stages of an answer, the last ones from memory."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from ingest.storage.extracted_text import load_extracted, load_tables
from rag.types import DocumentText

_LOG = logging.getLogger(__name__)
_KEPT = 16


class StoredTexts:
    """Reads what was stored of versions in ``folder``. Keeps the last 16 in memory until ``clear``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = lru_cache(maxsize=_KEPT)(self._load)

    def read(self, version_id: str) -> DocumentText | None:
        """Returns a version's text; None where it is missing or damaged."""
        return self._read(version_id)

    def clear(self) -> None:
        """Forgets every text, because some belong to deleted documents."""
        self._read.cache_clear()

    def _load(self, version_id: str) -> DocumentText | None:
        folder = self._folder / version_id
        try:
            extracted, chunks = load_extracted(folder, with_layouts=False)
            tables = load_tables(folder)
        except (OSError, ValueError) as error:
            _LOG.warning("the text of version %s cannot be read: %s", version_id, error)
            return None
        return DocumentText(
            text=extracted.text,
            title=extracted.title,
            page_count=extracted.page_count,
            elements=extracted.elements,
            tables=tables,
            chunks=chunks,
        )
