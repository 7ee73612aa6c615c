"""What a library does in the comparison. Imported by the peers' own Pythons: only Citewell's encoder is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag.retrieval.encoders.onnx import OnnxEncoder

LIMIT = 10
"""Documents of a search."""
CANDIDATES = 50
"""Of each side, where a library fuses two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that is one passage."""

    id: str
    title: str
    text: str

    @property
    def passage(self) -> str:
        """The text that every library encodes and searches."""
        return f"{self.title}\n{self.text}"


class Library(Protocol):
    """An open store of documents."""

    def add(self, documents: Sequence[Document]) -> None:
        """Encodes and stores documents, replacing those with the same ids."""
        ...

    def save(self) -> None:
        """Writes to disk what ``add`` left in memory."""
        ...

    def search(self, question: str) -> list[str]:
        """Returns up to ``LIMIT`` ids, best first. Called from several threads."""
        ...

    def ids(self) -> list[str]:
        """Returns the ids of all stored documents."""
        ...

    def close(self) -> None:
        """Ends the use of the store."""
        ...


class Driver(Protocol):
    """A module of this folder."""

    def open_library(self, folder: Path, encoder: OnnxEncoder) -> Library:
        """Opens the store in a folder, or creates it there."""
        ...


def in_batches(documents: Sequence[Document], size: int = 256) -> list[Sequence[Document]]:
    """Cuts documents into batches, for libraries that do not do so themselves."""
    return [documents[start : start + size] for start in range(0, len(documents), size)]
