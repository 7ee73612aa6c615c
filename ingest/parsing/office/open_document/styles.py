"""Resolves the styles of OpenDocument files, along their parents, and counts the items of their lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsing.office.number_forms import formatted
from ingest.parsing.office.open_document.elements import Node, attribute, descendants, number, tag

_MAX_PARENTS = 20
_MAX_TINY_POINTS = 2.0
_POINTS = re.compile(r"(\d+(?:\.\d+)?)pt")
_WHITE = "#ffffff"
_NO_GROUND = frozenset({"", "transparent", _WHITE})
_LEVELS = 10
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


class Styles:
    """The styles of a file: the named ones of ``styles.xml``, and those of ``content.xml``."""

    def __init__(self, *roots: Node | None) -> None:
        self._styles: dict[str, Node] = {}
        self._lists: dict[str, dict[int, Node]] = {}
        self._outline: dict[int, Node] = {}
        self.has_background = False
        """Whether pages have a colour, or pictures behind their text: white text may then be seen."""
        for root in [each for each in roots if each is not None]:
            self.has_background |= any(map(_is_background, root.iter()))
            for node in descendants(root, "style:style", "text:list-style", "text:outline-style"):
                levels = {number(level, "text:level"): level for level in node}
                if tag(node) == "style:style":
                    self._styles[attribute(node, "style:name")] = node
                elif tag(node) == "text:list-style":
                    self._lists[attribute(node, "style:name")] = levels
                else:
                    self._outline = levels

    def property_of(self, style: str, name: str) -> str:
        """Returns a property of a style or of the nearest parent that has it; empty if none has."""
        for node in self._parents(style):
            for properties in node:
                if value := attribute(properties, name):
                    return value
        return ""

    def has_ground(self, style: str) -> bool:
        """Returns whether text of a style stands on a colour."""
        return self.property_of(style, "fo:background-color") not in _NO_GROUND

    def is_unseen(self, style: str, *, has_ground: bool) -> bool:
        """Returns whether text of a style is hidden, too small to be seen, or white on white."""
        if self.property_of(style, "text:display") == "none":
            return True
        size = _POINTS.fullmatch(self.property_of(style, "fo:font-size"))
        if size is not None and float(size[1]) <= _MAX_TINY_POINTS:
            return True
        is_white = self.property_of(style, "fo:color").lower() == _WHITE
        return is_white and not (has_ground or self.has_background or self.has_ground(style))

    def is_named(self, style: str, name: str) -> bool:
        """Returns whether a style, or one of its parents, has a name."""
        return any(attribute(node, "style:name") == name for node in self._parents(style))

    def list_level(self, style: str, level: int) -> Node | None:
        """Returns a level, from 1, of a list style; None if it is not known."""
        return self._lists.get(style, {}).get(level)

    def outline_level(self, level: int) -> Node | None:
        """Returns how headings of a level, from 1, are numbered; None if they are not."""
        return self._outline.get(level)

    def _parents(self, style: str) -> Iterator[Node]:
        for _ in range(_MAX_PARENTS):
            node = self._styles.get(style)
            if node is None:
                return
            yield node
            style = attribute(node, "style:parent-style-name")


def _is_background(node: Node) -> bool:
    if tag(node) == "style:graphic-properties":
        return attribute(node, "style:run-through") == "background"
    is_page = tag(node) in {"style:page-layout-properties", "style:drawing-page-properties"}
    return is_page and attribute(node, "fo:background-color") not in {"", "transparent", _WHITE}


@dataclass(slots=True, kw_only=True)
class Counter:
    """The counts of a list or of the headings, by level from 1."""

    counts: list[int] = field(default_factory=lambda: [0] * (_LEVELS + 1))

    def label(self, styles: list[Node | None], level: int, start: int | None = None) -> str:
        """Counts an item and returns its number as shown; empty for a bullet. ``styles`` are those of its levels."""
        level = min(level, _LEVELS)
        own = styles[level - 1] if level <= len(styles) else None
        form = attribute(own, "style:num-format")
        first = number(own, "text:start-value")
        self.counts[level] = start if start is not None else self.counts[level] + 1 if self.counts[level] else first
        self.counts[level + 1 :] = [0] * (_LEVELS - level)
        if own is None or not form:
            return ""
        shown = number(own, "text:display-levels", most=level)
        parts = [
            formatted(max(1, self.counts[each]), _FORMS.get(attribute(styles[each - 1], "style:num-format"), "decimal"))
            for each in range(level - shown + 1, level + 1)
        ]
        return f"{attribute(own, 'style:num-prefix')}{'.'.join(parts)}{attribute(own, 'style:num-suffix')}".strip()
