"""Reads Markdown: CommonMark with tables, footnotes, definition and task lists, and front matter.

The only place that imports ``markdown_it``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.config_lines import toml_lines, yaml_lines
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import page_blocks
from ingest.parsing.formats.html_cleaning import Page, clean_page, refuse_endless_tags
from ingest.parsing.formats.plain_text import text_blocks
from rag.types import ElementKind, ExtractedText

_FRONT_MATTER = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE_LINE = re.compile(r"title:(.+)", re.IGNORECASE)
_NOT_MARKDOWN = re.compile(r"(?:>[ \t]?){100}|[\[*`_~]{500}|(?:!\[){200}|(?:[*_]\w{1,3} [*_]{2}){500}")
_HEADING_ID = re.compile(r"^(#{1,6} (?:.*[^ \t\n])?)[ \t]*+\{[#.:][^{}\n]*+\}[ \t]*+$", re.MULTILINE)
_KEY_LINE = re.compile(r"^[\w.-]+\s*[:=]", re.MULTILINE)
_MAX_NESTING = 60


def read_markdown(path: Path, name: str) -> ExtractedText:
    """Returns the text of a Markdown file; front matter comes first, a line for each entry."""
    title, blocks, page, text = _read(decode_file(path, name))
    return assemble(
        blocks,
        title=choose_title(title, blocks, name),
        parser="markdown-it",
        warnings=left_out_warnings(hidden=page.hidden, struck=page.struck, text=text),
        left_out=(*page.hidden, *page.struck, *page.furniture),
    )


def markdown_blocks(text: str) -> list[Block]:
    """Returns the blocks of a piece of Markdown."""
    return _read(text)[1]


def _read(text: str) -> tuple[str, list[Block], Page, str]:
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    title, head, body = _front_matter(unified)
    # Only hostile files hold this, and the library takes long over it.
    if _NOT_MARKDOWN.search(body):
        return title, [*head, *text_blocks(body)], Page(), unified
    refuse_endless_tags(body)
    page = clean_page(_rendered(body)) if body.strip() else Page()
    blocks = page_blocks(page)
    first = next((block.text for block in blocks if block.level == 0), "")
    if first and first != title:  # the front matter is about what the outermost heading names
        head = [replace(block, path=(first,)) for block in head]
    return title, [*head, *blocks], page, unified


def _front_matter(text: str) -> tuple[str, list[Block], str]:
    """Returns the title, the lines of the front matter as blocks, and the rest of the text."""
    found = _FRONT_MATTER.match(text)
    if found is None or not _KEY_LINE.search(found[2]):
        return "", [], text
    lines = toml_lines(found[2]) if found[1] == "+++" else yaml_lines(found[2])
    title = next((match[1].lstrip() for match in map(_TITLE_LINE.fullmatch, lines) if match), "")
    blocks = [Block(kind=ElementKind.LIST_ITEM, text=line, path=()) for line in lines if line]
    return title, blocks, text[found.end() :]


def _rendered(text: str) -> str:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin).use(tasklists_plugin)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=_formula)
    tokens = parser.parse(_HEADING_ID.sub(r"\1", text))
    for token in tokens:
        _keep_products(token.children or [])
    return cast("str", parser.renderer.render(tokens, parser.options, {}))


def _keep_products(tokens: list[Token]) -> None:
    """Makes the stars of ``2*3*4``, which CommonMark takes for emphasis, text again."""
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        if token.markup != "*" or token.type not in {"em_open", "em_close"}:
            continue
        if token.type == "em_open":
            before = tokens[index - 1].content[-1:] if index else ""
            opened.append(before.isalnum() and tokens[index + 1].content[:1].isalnum())
        if opened[-1] if token.type == "em_open" else opened.pop():
            token.type, token.tag, token.nesting, token.content = "text", "", 0, "*"


def _formula(content: str, _: dict[str, object]) -> str:
    return escape(content)
