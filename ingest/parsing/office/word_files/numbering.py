"""Works out the numbers that Word gives to headings and list items: "3.2", "a)", "§ 4"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.parsing.office.elements import Node, attribute, child, descendants, is_on, tag
from ingest.parsing.office.number_forms import formatted

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands before a numbered paragraph; ``text`` is empty for a bullet."""

    text: str
    level: int


@dataclass(slots=True, kw_only=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None
    is_legal: bool = False
    style: str = ""


@dataclass(slots=True, kw_only=True)
class _List:
    abstract_id: str
    starts: dict[int, int] = field(default_factory=dict)
    """The numbers at which levels start again in this list."""
    levels: dict[int, _Level] = field(default_factory=dict)
    """Levels that this list has instead of the abstract list's."""


class Numbering:
    """Counts the paragraphs of every list. Paragraphs must be counted in their order in the document."""

    def __init__(self, root: Node | None) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._style_links: dict[str, str] = {}
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        for node in root if root is not None else ():
            if tag(node) == "w:abstractNum":
                self._add_abstract(node)
            elif tag(node) == "w:num":
                self._add_list(node)

    def level_of_style(self, list_id: str, style: str) -> int | None:
        """Returns the level that a list links to a paragraph style; None if there is none."""
        levels = self._levels(list_id)
        return next((number for number, level in levels.items() if level.style and level.style == style), None)

    def count(self, list_id: str, level: int) -> Label | None:
        """Counts a paragraph and returns its label; None if the list is unknown or gives no number and no bullet."""
        levels = self._levels(list_id)
        if list_id not in self._lists or level not in levels or not 0 <= level < _LEVELS:
            return None
        abstract_id = self._lists[list_id].abstract_id
        counts = self._counts.setdefault(abstract_id, [None] * _LEVELS)
        starts = self._lists[list_id].starts
        if level in starts and (list_id, level) not in self._begun:
            self._begun.add((list_id, level))
            counts[level] = None
        current = counts[level]
        counts[level] = starts.get(level, levels[level].start) if current is None else current + 1
        for upper in range(level):
            if counts[upper] is None:
                counts[upper] = levels[upper].start if upper in levels else 1
        for lower in range(level + 1, _LEVELS):
            restart = levels[lower].restart if lower in levels else None
            if restart is None or (restart and level < restart):
                counts[lower] = None
        return _label(levels, counts, level)

    def _levels(self, list_id: str) -> dict[int, _Level]:
        found = self._lists.get(list_id)
        if found is None:
            return {}
        abstract = self._abstract.get(found.abstract_id, {})
        if not abstract:
            linked = self._style_links.get(found.abstract_id, "")
            abstract = next(
                (levels for key, levels in self._abstract.items() if levels and self._style_links.get(key) == linked),
                {},
            )
        return abstract | found.levels

    def _add_abstract(self, node: Node) -> None:
        abstract_id = attribute(node, "abstractNumId") or ""
        link = child(node, "w:numStyleLink")
        link = link if link is not None else child(node, "w:styleLink")
        if link is not None:
            self._style_links[abstract_id] = attribute(link, "val") or ""
        self._abstract[abstract_id] = dict(_level(each) for each in node if tag(each) == "w:lvl")

    def _add_list(self, node: Node) -> None:
        found = _List(abstract_id=attribute(child(node, "w:abstractNumId"), "val") or "")
        for override in node:
            if tag(override) == "w:lvlOverride":
                number = _integer(attribute(override, "ilvl"), 0)
                if (start := child(override, "w:startOverride")) is not None:
                    found.starts[number] = _integer(attribute(start, "val"), 1)
                if (level := child(override, "w:lvl")) is not None:
                    found.levels[number] = _level(level)[1]
        self._lists[attribute(node, "numId") or ""] = found


def _level(node: Node) -> tuple[int, _Level]:
    restart = child(node, "w:lvlRestart")
    return _integer(attribute(node, "ilvl"), 0), _Level(
        start=_integer(attribute(child(node, "w:start"), "val"), 0),
        form=_form(node),
        text=attribute(child(node, "w:lvlText"), "val") or "",
        restart=_integer(attribute(restart, "val"), 0) if restart is not None else None,
        is_legal=is_on(child(node, "w:isLgl")),
        style=attribute(child(node, "w:pStyle"), "val") or "",
    )


def _form(level: Node) -> str:
    """Returns how a level writes its numbers; a form of the author's own (``001, 002, ...``) by its zeros."""
    found = next(descendants(level, "w:numFmt"), None)
    form = attribute(found, "val", "decimal") or "decimal"
    own = (attribute(found, "format") or "").partition(",")[0].strip()
    return "0" * len(own) if form == "custom" and own.isdecimal() else form


def _label(levels: dict[int, _Level], counts: list[int | None], level: int) -> Label | None:
    this = levels[level]
    if this.form == "bullet":
        return Label(text="", level=level)

    def number(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        form = levels[at].form if at in levels and not this.is_legal else "decimal"
        return formatted(counts[at] or 0, form)

    text = _PLACE.sub(number, this.text).strip()
    return Label(text=text, level=level) if text else None


def _integer(text: str | None, default: int) -> int:
    try:
        return int(text) if text is not None else default
    except ValueError:
        return default
