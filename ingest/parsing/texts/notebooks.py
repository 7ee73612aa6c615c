"""Reads Jupyter notebooks: cells in order, with what they printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import html_blocks
from ingest.parsing.formats.markdown import markdown_blocks
from ingest.parsing.formats.plain_text import text_blocks
from rag.errors import CorruptDocumentError
from rag.types import ElementKind, ExtractedText

_MAX_OUTPUT_CHARACTERS = 10_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

Json = Mapping[str, object]


def read_notebook(path: Path, name: str) -> ExtractedText:
    """Returns the text of a notebook; of a long output the first characters, with a warning.

    Raises:
        CorruptDocumentError: it is not JSON, or has no cells.
    """
    try:
        notebook = json.loads(decode_file(path, name))
    except (ValueError, RecursionError) as error:
        raise CorruptDocumentError(name, "it is not a notebook") from error
    cells = _cells(notebook)
    if cells is None:
        raise CorruptDocumentError(name, "it has no cells")
    counts = {"pictures": 0, "cut": 0}
    blocks = [replace(block, path=None) for cell in cells for block in _cell_blocks(cell, counts)]
    warnings = []
    if counts["pictures"]:
        warnings.append(f"pictures among the outputs: {counts['pictures']} were not read")
    if counts["cut"]:
        warnings.append(f"long outputs: of {counts['cut']} the end was not read")
    return assemble(blocks, title=choose_title("", blocks, name), parser="notebook", warnings=tuple(warnings))


def _cells(notebook: object) -> Sequence[Json] | None:
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets := notebook.get("worksheets"), list):  # before version 4
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells", [])]
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _cell_blocks(cell: Json, counts: dict[str, int]) -> Iterator[Block]:
    kind = cell.get("cell_type")
    source = _joined(cell.get("source", cell.get("input", "")))
    if kind == "markdown":
        yield from markdown_blocks(source)
    elif kind == "heading":
        level = cell.get("level")
        yield Block(kind=ElementKind.HEADING, text=clean(source), level=level - 1 if isinstance(level, int) else 0)
    elif kind == "raw":
        yield from text_blocks(source)
    else:
        yield Block(kind=ElementKind.CODE, text=clean(source, keep_spaces=True))
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield from _output_blocks(output, counts)


def _output_blocks(output: Json, counts: dict[str, int]) -> Iterator[Block]:
    if output.get("output_type") in {"error", "pyerr"}:
        yield Block(kind=ElementKind.CODE, text=clean(f"{output.get('ename', '')}: {output.get('evalue', '')}"))
        return
    data = output.get("data", output)
    shown = cast("Json", data) if isinstance(data, dict) else {}
    markup = _joined(shown.get("text/html", shown.get("html", "")))
    if "<table" in markup and len(markup) <= 10 * _MAX_OUTPUT_CHARACTERS:
        yield from html_blocks(markup)[1]
        return
    if text := _joined(shown.get("text/markdown", "")):
        yield from markdown_blocks(text)
        return
    if any(name in shown for name in ("image/png", "image/jpeg", "image/svg+xml", "png", "jpeg")):
        counts["pictures"] += 1
        return
    text = _COLOUR.sub("", _joined(output.get("text", shown.get("text/plain", ""))))
    if len(text) > _MAX_OUTPUT_CHARACTERS:
        counts["cut"] += 1
        text = text[:_MAX_OUTPUT_CHARACTERS]
    if text.strip():
        yield Block(kind=ElementKind.CODE, text=clean(text, keep_spaces=True))


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
