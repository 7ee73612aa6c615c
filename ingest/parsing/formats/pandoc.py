"""Reads the formats that Pandoc knows, by way of HTML."""

from __future__ import annotations

from pathlib import Path

import pypandoc

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import html_blocks


def read_epub(path: Path, _: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of an EPUB book."""
    return _pandoc_blocks(path, "epub")


def read_rtf(path: Path, _: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of a Rich Text file."""
    return _pandoc_blocks(path, "rtf")


def read_rst(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of reStructuredText."""
    return html_blocks(pandoc_markup(decode_file(path, name), "rst"))


def _pandoc_blocks(path: Path, source_format: str) -> tuple[str, list[Block]]:
    return html_blocks(pandoc_markup(path, source_format))


def pandoc_markup(source: Path | str, source_format: str) -> str:
    """Returns a file, or a text, that Pandoc reads as HTML; ``source_format`` is Pandoc's name for its format.

    Raises:
        RuntimeError: Pandoc cannot read it.
    """
    # Pandoc's own sandbox keeps a document from including other files. No line is wrapped: in code a break matters.
    options = ["--wrap=none", "--standalone", "--quiet"]
    if isinstance(source, str):
        text: str = pypandoc.convert_text(source, "html", format=source_format, sandbox=True, extra_args=options)
        return text
    file: str = pypandoc.convert_file(str(source), "html", format=source_format, sandbox=True, extra_args=options)
    return file
