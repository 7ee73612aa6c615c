"""Reads markup that Pandoc knows, by way of HTML: LaTeX, AsciiDoc, Org, Rich Text, EPUB and others.

Pandoc runs in its own sandbox, so that a document includes no other files. The only place that imports ``pypandoc``.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pypandoc

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import page_text
from ingest.parsing.texts.rich_text import enclosed_html, named_characters, plain_markup
from ingest.parsing.texts.source_code import code_blocks
from rag.types import ExtractedText

_INCLUDED = re.compile(r"^include::([^\[\n]{1,300})\[[^\n]*", re.MULTILINE)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?:equation|align|gather|multline|eqnarray|displaymath)\*?\}")
_FIELD = re.compile(r"^:([^:\s`][^:\n`]{0,60}):[ \t]+(\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.MULTILINE)
_HEAD = re.compile(r'<header id="title-block-header">.*?</header>', re.DOTALL)
_COMMENTS = {"latex": "percent", "asciidoc": "slashes", "typst": "slashes"}


def read_epub(path: Path, name: str) -> ExtractedText:
    """Returns the text of an EPUB book."""
    return page_text(pandoc_markup(path, "epub"), name=name, parser="pandoc")


def read_rtf(path: Path, name: str) -> ExtractedText:
    """Returns the text of a Rich Text file."""
    return page_text(rtf_markup(path.read_bytes()), name=name, parser="pandoc")


def rtf_markup(data: bytes) -> str:
    """Returns Rich Text as HTML; without its structure where Pandoc cannot read it."""
    if markup := enclosed_html(data):
        return markup
    try:
        return _HEAD.sub("", pandoc_markup(named_characters(data), "rtf"))  # the file's properties are not its text
    except RuntimeError:
        return plain_markup(data)


def pandoc_markup(source: Path | str, source_format: str) -> str:
    """Returns a file, or a text, that Pandoc reads as HTML; ``source_format`` is Pandoc's name for its format.

    Raises:
        RuntimeError: Pandoc cannot read it.
    """
    # No line is wrapped: in code a break matters.
    options = ["--wrap=none", "--standalone", "--quiet", "--shift-heading-level-by=1"]  # the title stands above
    if isinstance(source, str):
        text: str = pypandoc.convert_text(source, "html", format=source_format, sandbox=True, extra_args=options)
        return text
    file: str = pypandoc.convert_file(str(source), "html", format=source_format, sandbox=True, extra_args=options)
    return file


def _listed(field: re.Match[str]) -> str:
    """Returns a field, such as ``:Status: Final``, as an item: Pandoc drops those at a document's head."""
    return f"- {field[1]}: {' '.join(field[2].split())}"


def _read(source_format: str, path: Path, name: str) -> ExtractedText | tuple[str, list[Block]]:
    """Returns the text of a document; of one that Pandoc refuses, the source."""
    text = decode_file(path, name)
    if source_format == "rst":
        text = _FIELD.sub(_listed, text)
    if source_format == "asciidoc":  # Pandoc refuses a document that includes others: their names stay
        text = _INCLUDED.sub(r"include: \1", text)
    try:
        markup = pandoc_markup(text, source_format)
    except RuntimeError:
        return "", code_blocks(text, _COMMENTS.get(source_format, "none"))
    if source_format == "latex":
        markup = _ENVIRONMENT.sub("", markup)
    return page_text(markup, name=name, parser="pandoc")


read_rst = partial(_read, "rst")
read_latex = partial(_read, "latex")
read_asciidoc = partial(_read, "asciidoc")
read_org = partial(_read, "org")
read_mediawiki = partial(_read, "mediawiki")
read_dokuwiki = partial(_read, "dokuwiki")
read_textile = partial(_read, "textile")
read_typst = partial(_read, "typst")
read_docbook = partial(_read, "docbook")
read_opml = partial(_read, "opml")
read_fb2 = partial(_read, "fb2")
