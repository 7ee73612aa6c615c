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
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.decoding import decode_file, with_line_feeds
from ingest.parsing.formats.html_blocks import page_blocks
from ingest.parsing.formats.html_cleaning import Page, clean_page, refuse_endless_tags
from ingest.parsing.formats.markdown_dialects import common_markdown, front_matter, template_tags
from ingest.parsing.formats.plain_text import text_blocks
from rag.types import ElementKind, ExtractedText

_TITLE_LINE = re.compile(r"title:(.+)", re.IGNORECASE)
_NOT_MARKDOWN = re.compile(r"(?:>[ \t]?){100}|[\[*`_~]{500}|(?:!\[){200}|(?:[*_]\w{1,3} [*_]{2}){500}")
_HEADING_ID = re.compile(r"^(#{1,6} (?:.*[^ \t\n])?)[ \t]*+\{[#.:][^{}\n]*+\}[ \t]*+$", re.MULTILINE)
_WIKI_LINK = re.compile(r"!?\[\[([^\s\[\]|][^\[\]|\n]{0,200})(?:\|([^\[\]\n]{0,200}))?\]\]")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_MAX_NESTING = 60


def read_markdown(path: Path, name: str) -> ExtractedText:
    """Returns the text of a Markdown file; front matter comes first, a line for each entry."""
    title, blocks, page, text = _read(decode_file(path, name))
    return assemble(
        blocks,
        title=choose_title(title, blocks, name),
        parser="markdown-it",
        warnings=left_out_warnings(hidden=page.hidden, struck=page.struck, text=text),
        left_out=(*page.hidden, *page.struck, *page.furniture, *template_tags(text)),
    )


def markdown_blocks(text: str) -> list[Block]:
    """Returns the blocks of a piece of Markdown."""
    return _read(text)[1]


def markup_of(text: str) -> str:
    """Returns a Markdown file as HTML, without its front matter; empty for what only hostile files hold."""
    body = front_matter(with_line_feeds(text))[1]
    if _NOT_MARKDOWN.search(body):
        return ""
    refuse_endless_tags(body)
    return _rendered(body)


def _read(text: str) -> tuple[str, list[Block], Page, str]:
    unified = with_line_feeds(text)
    lines, body = front_matter(unified)
    title = next((match[1].lstrip() for match in map(_TITLE_LINE.fullmatch, lines) if match), "")
    head = [Block(kind=ElementKind.LIST_ITEM, text=line, path=()) for line in lines if line]
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


def _rendered(text: str) -> str:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin).use(tasklists_plugin).use(admon_plugin)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=_formula)
    tokens = parser.parse(_HEADING_ID.sub(r"\1", common_markdown(text)))
    for token in tokens:
        _keep_products(token.children or [])
    return cast("str", parser.renderer.render(tokens, parser.options, {}))


def _keep_products(tokens: list[Token]) -> None:
    """Makes the stars of ``2*3*4`` and the lines of ``__init__``, which CommonMark takes for emphasis, text again."""
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        around = tokens[index : index + 3]
        if token.type == "strong_open" and token.markup == "__" and _IDENTIFIER.fullmatch(around[1].content):
            for mark in around[::2] if around[-1].type == "strong_close" else ():
                mark.type, mark.tag, mark.nesting, mark.content = "text", "", 0, "__"
        if token.markup != "*" or token.type not in {"em_open", "em_close"}:
            continue
        if token.type == "em_open":
            before = tokens[index - 1].content[-1:] if index else ""
            opened.append(before.isalnum() and tokens[index + 1].content[:1].isalnum())
        if opened[-1] if token.type == "em_open" else opened.pop():
            token.type, token.tag, token.nesting, token.content = "text", "", 0, "*"


def _wiki_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the library's signature
    """Reads ``[[page]]`` and ``[[page|text]]``, which Obsidian and wikis have."""
    found = _WIKI_LINK.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        page, text = found[1].strip(), (found[2] or "").strip()
        state.push("text", "", 0).content = f"{text} ({page})" if text and text != page else page
    state.pos = found.end()
    return True


def _formula(content: str, _: dict[str, object]) -> str:
    return escape(content)
