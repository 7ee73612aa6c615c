"""Builds documents with a table each, and the material of a question about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.composition.material import Material
from rag.composition.tables.grid import Grid, grids_of
from rag.retrieval.evidence import EvidenceScorer
from rag.types import ChunkSpan, DocumentText, Element, ElementKind, Passage, Scope, Span, Table
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder

SCOPE = Scope(tenant="default", collection="default")
MACHINES = (
    ("Model", "Weight (kg)", "Price (EUR)", "Delivery", "Coolant"),
    ("Lathe L-40", "120", "4,500.00", "2024-03-01", "yes"),
    ("Lathe L-60", "180", "6,250.00", "2024-05-10", "yes"),
    ("Mill M-5", "95", "3,980.00", "2023-11-20", "no"),
    ("Saw S-2*", "41", "890.50", "2025-01-15", "no"),
    ("Total", "436", "15,620.50", "", ""),
)


def table_document(
    rows: Sequence[Sequence[str]], *, title: str = "Machines", header_rows: int = 1, note: str = ""
) -> DocumentText:
    """Returns a document of one table, with one row a line as ``Name: value; ...``, and a line below it."""
    text, places = "", []
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell:
                text += "; " if column else ""
                places.append((row, column, 1, 1, row < header_rows, len(text), len(text) + len(cell)))
                text += cell
        text += "\n"
    table = Table(
        span=Span(start=0, end=len(text)),
        page=None,
        name="",
        titles=(),
        header_rows=header_rows,
        row_count=len(rows),
        column_count=max(map(len, rows)),
        places=np.array(places, dtype=np.int32),
    )
    element = Element(kind=ElementKind.TABLE, span=table.span, page=None, heading_path=(title,))
    text += note
    whole = ChunkSpan(span=Span(start=0, end=len(text)), page=None, heading_path=(title,))
    return DocumentText(text=text, title=title, page_count=None, elements=(element,), tables=(table,), chunks=(whole,))


class TextsInMemory:
    """The texts of versions, from a mapping."""

    def __init__(self, documents: dict[str, DocumentText]) -> None:
        self._documents = documents

    def read(self, version_id: str) -> DocumentText | None:
        return self._documents.get(version_id)

    def clear(self) -> None:
        self._documents.clear()


def table_material(question: str, *documents: DocumentText) -> Material:
    """Returns the material of a question that found the whole of each document."""
    passages, texts = [], {}
    for number, document in enumerate(documents, start=1):
        hit = make_hit(document.text, key=str(number), title=document.title)
        hit = replace(hit, chunk=replace(hit.chunk, heading_path=(document.title,)))
        passages.append(Passage(number=number, hit=hit, kept=()))
        texts[hit.chunk.version_id] = document
    return Material(
        question=question,
        scope=SCOPE,
        passages=tuple(passages),
        scorer=EvidenceScorer(HashEncoder()),
        texts=TextsInMemory(texts),
    )


def table_grid(rows: Sequence[Sequence[str]], *, header_rows: int = 1, title: str = "Machines") -> Grid:
    """Returns the table as a grid."""
    document = table_document(rows, header_rows=header_rows, title=title)
    (grid,) = grids_of(make_hit(document.text, title=title).chunk, document, document.tables)
    return grid
