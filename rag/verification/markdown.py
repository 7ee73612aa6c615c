"""Reads the Markdown of a written answer: what of it claims something, and in which words that is checked. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto

from markdown_it import MarkdownIt

from rag.text.facts import claimed
from rag.text.words import content_words

_HEADING = re.compile(r"#{1,6}\s+(?P<words>.*)|(?:\*\*|__)(?P<bold>[^*_]+)(?:\*\*|__):?\Z")
_ITEM = re.compile(r"(?:[-*+•–]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_RULER = re.compile(r"(?=[^\n]*[-_*=])[\s|:*_=-]{3,}\Z")
_FENCE = re.compile(r"`{3,}|~{3,}")
_BAR = re.compile(r"(?<!\\)\|")
_SAYS_LITTLE = 3
"""Content words of a list item, below which it is read with what leads it in, too."""
_INLINE = MarkdownIt("zero").enable(["backticks", "emphasis", "escape", "link", "strikethrough"])


class Part(Enum):
    """What a written sentence is in the answer's layout."""

    PROSE = auto()
    ITEM = auto()
    ROW = auto()
    """A row of a table, or a line of code."""
    HEADING = auto()
    LEAD_IN = auto()
    """The line above a list, or the first row of a table."""
    RULER = auto()
    """What only draws: a table's second line, a line between sections, the line before and after code."""


class MarkdownReader:
    """Reads the sentences of one answer in order."""

    def __init__(self) -> None:
        self._lead_in = ""
        self._in_code = self._in_table = False

    def read(self, text: str, *, begins_line: bool) -> tuple[Part, tuple[str, ...]]:
        """Returns what a sentence is, and the wordings of which one needs support: none for what claims nothing.

        A heading, the line above a list or table, and a table's ruler claim nothing, unless they state a figure. An
        item that says little by itself is read with the line above its list, a row with its cells side by side.
        """
        if not begins_line:
            return Part.PROSE, (text if self._in_code else _plain(text),)
        if _FENCE.match(text):
            self._in_code = not self._in_code
            return Part.RULER, ()
        if self._in_code:
            return Part.ROW, (text,)
        was_in_table, self._in_table = self._in_table, text.startswith("|")
        if _RULER.match(text):
            return Part.RULER, ()
        if self._in_table:
            cells = "; ".join(cell for cell in map(_plain, _BAR.split(text)) if cell)
            return (Part.ROW, (cells,)) if was_in_table or _states_figure(cells) else (Part.LEAD_IN, ())
        return self._line(text)

    def _line(self, text: str) -> tuple[Part, tuple[str, ...]]:
        if heading := _HEADING.match(text):
            return self._leading(Part.HEADING, _plain(heading["words"] or heading["bold"]))
        if item := _ITEM.match(text):
            return self._item(_plain(text[item.end() :]))
        plain = _plain(text)
        if plain.endswith((":", "：")):
            return self._leading(Part.LEAD_IN, plain)
        self._lead_in = ""
        return Part.PROSE, (plain,)

    def _leading(self, part: Part, words: str) -> tuple[Part, tuple[str, ...]]:
        self._lead_in = words
        return (Part.PROSE, (words,)) if _states_figure(words) else (part, ())

    def _item(self, words: str) -> tuple[Part, tuple[str, ...]]:
        if words.endswith((":", "：")) and not _states_figure(words):
            return Part.LEAD_IN, ()
        if self._lead_in and len(set(content_words(words))) < _SAYS_LITTLE:
            return Part.ITEM, (f"{self._lead_in} {words}", words)
        return Part.ITEM, (words,)


def _states_figure(text: str) -> bool:
    facts = claimed(text)
    return bool(facts.numbers or facts.dates)


def _plain(text: str) -> str:
    """Returns the text without emphasis, code marks and the targets of links."""
    [inline] = _INLINE.parseInline(text.strip())
    return "".join(token.content for token in inline.children or ()).strip()
