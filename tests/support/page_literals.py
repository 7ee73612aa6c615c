"""Finds text for people in the page's files: literals of scripts, and the text and attributes of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

_TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<tick>`)
    |(?P<regex>(?<=[(,=:\[!&|?{};])\s*/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)
    |(?P<open>\{)|(?P<close>\})""",
    re.DOTALL | re.VERBOSE,
)
_PART = re.compile(r"((?:[^`\\$]|\\.|\$(?!\{))*)(`|\$\{)", re.DOTALL)
# What stands before a literal that nobody reads: classes, selectors, modules, links.
_MACHINE = re.compile(
    r"(?:className:|class(?:Name)? =|querySelector(?:All)?\(|closest\(|matches\(|matchMedia\(|classList\.\w+\([^)]*|"
    r"from|import|\brel:|new Set\(|split\()\s*$"
)
# What stands before a literal that is read, or read out.
_READ = re.compile(
    r"""(?:\},|announce\(|say\(|new Option\(|(?:placeholder|title|label|alt|question|detail|"aria-label"):|"""
    r"""(?:textContent|title|placeholder|ariaLabel|alt) =|setAttribute\("(?:aria-label|title|alt)",)\s*$"""
)
_WORDS = re.compile(
    r"[^\W\d_]{2,}\s+[^\W\d_]|^\s*[^\W\d_]+[.,:;!?]?\s|\s[^\W\d_]{2,}[.,:;!?…]?\s*$|^[A-Z][a-z]|[\u4e00-\u9fff]|[a-z]{2}[.!?…]$"
)
_READ_ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-placeholder", "placeholder", "title", "label"}


def script_words(script: str) -> Iterator[str]:
    """Yields the literals of a script that look like words for people; those of ``t("key")`` do not."""
    for before, literal in literals(script):
        text = re.sub(r"\\u\{?[0-9a-fA-F]+\}?", "", literal)
        is_read = _READ.search(before) and re.search(r"[^\W\d_]{2}", text)
        if is_read or (_WORDS.search(text) and not _MACHINE.search(before)):
            yield literal


def literals(script: str) -> Iterator[tuple[str, str]]:
    """Yields each string literal, and each part of a template between its ``${…}``, with the code before it."""
    position, depths = 0, [0]
    start = 0
    while (token := _TOKENS.search(script, position)) is not None:
        position = token.end()
        if token["string"]:
            yield script[max(0, token.start() - 60) : token.start()], token["string"][1:-1]
        elif token["open"]:
            depths[-1] += 1
        elif token["tick"] or (token["close"] and depths[-1] == 0 and len(depths) > 1):
            start = token.start()
            if token["close"]:
                depths.pop()
            part = _PART.match(script, position)
            assert part is not None, script[start : start + 60]
            yield script[max(0, start - 60) : start], part[1]
            position = part.end()
            if part[2] == "${":
                depths.append(0)
        elif token["close"]:
            depths[-1] -= 1


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.found += [value or "" for name, value in attrs if name in _READ_ATTRIBUTES]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def html_words(html: str) -> Iterator[str]:
    """Yields the texts and the attributes of a page that hold letters which no ``{{key}}`` stands for."""
    reader = _Texts()
    reader.feed(html)
    for text in reader.found:
        if re.search(r"[^\W\d_]", re.sub(r"\{\{[a-z0-9_.]+\}\}", "", text)):
            yield text.strip()
