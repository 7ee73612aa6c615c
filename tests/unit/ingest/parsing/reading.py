"""Reads a file of a test as the service does, without the sandbox."""

from __future__ import annotations

from pathlib import Path

from ingest.intake.file_types import identify
from ingest.parsing.parser import DocumentParser
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText

PARSER = DocumentParser(OcrBackend.NONE, "eng")


def read(folder: Path, name: str, content: str | bytes) -> ExtractedText:
    """Returns the extracted text of a file with that name and content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return PARSER.parse(path, name=name, media_type=identify(path, name))


def texts(extracted: ExtractedText, *kinds: ElementKind) -> list[str]:
    """Returns the texts of the elements of some kinds, of all if none is given."""
    return [
        extracted.text[each.span.start : each.span.end]
        for each in extracted.elements
        if not kinds or each.kind in kinds
    ]


def paths(extracted: ExtractedText) -> dict[str, tuple[str, ...]]:
    """Returns the headings above each element, by its text."""
    return {extracted.text[each.span.start : each.span.end]: each.heading_path for each in extracted.elements}
