"""Reads Word files and presentations by ``unstructured``, where this product's own readers have a fault.

The only place that imports ``unstructured``, and it keeps it off the network: telemetry is switched off before the
first import, and the module that splits sentences with a spaCy model, which it would download, is replaced by the
functions at the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.grids import Grid
from ingest.parsing.blocks.tables import table_block
from ingest.parsing.formats.html_cleaning import table_rows
from rag.text.sentences import split_sentences
from rag.types import ElementKind

_KINDS = {"Title": ElementKind.HEADING, "ListItem": ElementKind.LIST_ITEM, "Table": ElementKind.TABLE}
_SKIPPED = frozenset({"PageBreak", "PageNumber", "Image", "Header", "Footer"})


def read_docx(path: Path) -> list[Block]:
    """Returns the blocks of a Word document; links are never fetched."""
    from unstructured.partition.docx import partition_docx  # noqa: PLC0415 - see above

    return _blocks(partition_docx, path, has_pages=False)


def read_pptx(path: Path) -> list[Block]:
    """Returns the blocks of a presentation, whose pages are slides."""
    from unstructured.partition.pptx import partition_pptx  # noqa: PLC0415 - see above

    return _blocks(partition_pptx, path, has_pages=True)


def _blocks(partition: Callable[..., Iterable[Any]], path: Path, *, has_pages: bool) -> list[Block]:
    elements = [
        element for element in partition(filename=str(path), languages=[""]) if type(element).__name__ not in _SKIPPED
    ]
    return [block for element in elements for block in _element_blocks(element, has_pages=has_pages)]


def _element_blocks(element: Any, *, has_pages: bool) -> list[Block]:  # noqa: ANN401 - a type of the SDK
    kind = _KINDS.get(type(element).__name__, ElementKind.PARAGRAPH)
    page = element.metadata.page_number if has_pages else None
    if kind is ElementKind.TABLE:
        grid = Grid.plain(table_rows(element.metadata.text_as_html or ""))
        return [replace(block, page=page) for block in table_block(grid)]
    level = (element.metadata.category_depth or 0) if kind is ElementKind.HEADING else None
    return [Block(kind=kind, text=clean(element.text), page=page, level=level)]


# Set at import, before ``unstructured`` can be imported: it reads them once and would report each use.
os.environ["DO_NOT_TRACK"] = "true"
os.environ["SCARF_NO_ANALYTICS"] = "true"
os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def _no_parts_of_speech(_: str) -> list[tuple[str, str]]:
    """``unstructured`` uses them only for text whose language is given as English."""
    return []


_counting = ModuleType("unstructured.nlp.tokenize", "See above.")
vars(_counting).update(sent_tokenize=_sentences, word_tokenize=str.split, pos_tag=_no_parts_of_speech)
sys.modules[_counting.__name__] = _counting
