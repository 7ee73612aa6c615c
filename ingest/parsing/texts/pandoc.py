"""Reads markup that Pandoc knows, by way of HTML: LaTeX, AsciiDoc, Org, Rich Text, EPUB and others.

Pandoc runs in its own sandbox, so that a document includes no other files. The only place that imports ``pypandoc``.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pypandoc

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.formats.decoding import decode_file, with_line_feeds
from ingest.parsing.formats.html_blocks import page_text
from ingest.parsing.texts import markup_dialects
from ingest.parsing.texts.rich_text import enclosed_html, named_characters, plain_markup
from ingest.parsing.texts.source_code import code_blocks
from rag.types import ExtractedText

_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?:equation|align|gather|multline|eqnarray|displaymath)\*?\}")
_HEAD = re.compile(r'<header id="title-block-header">.*?</header>', re.DOTALL)
_REWRITTEN = {"rst": markup_dialects.rst, "asciidoc": markup_dialects.asciidoc, "org": markup_dialects.org}
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


def _read(source_format: str, path: Path, name: str) -> ExtractedText | tuple[str, list[Block]]:
    """Returns the text of a document; of one that Pandoc refuses, the source."""
    text = with_line_feeds(decode_file(path, name))
    text = _REWRITTEN.get(source_format, str)(text)
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
