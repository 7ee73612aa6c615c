"""Reads markup that Pandoc knows: LaTeX, AsciiDoc, Org, wiki text, DocBook and others.

Pandoc runs in its own sandbox (see ``pandoc_markup``), so that a document includes no other files.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import page_text
from ingest.parsing.formats.pandoc import pandoc_markup
from ingest.parsing.texts.source_code import code_blocks
from rag.types import ExtractedText


def _read(source_format: str, path: Path, name: str) -> ExtractedText | tuple[str, list[Block]]:
    """Returns the text of a document; of LaTeX and AsciiDoc that Pandoc refuses, the source."""
    text = decode_file(path, name)
    try:
        markup = pandoc_markup(text, source_format)
    except RuntimeError:
        if source_format not in {"latex", "asciidoc"}:
            raise
        return "", code_blocks(text, "percent" if source_format == "latex" else "slashes")
    return page_text(markup, name=name, parser="pandoc")


read_latex = partial(_read, "latex")
read_asciidoc = partial(_read, "asciidoc")
read_org = partial(_read, "org")
read_mediawiki = partial(_read, "mediawiki")
read_textile = partial(_read, "textile")
read_typst = partial(_read, "typst")
read_docbook = partial(_read, "docbook")
read_opml = partial(_read, "opml")
read_fb2 = partial(_read, "fb2")
