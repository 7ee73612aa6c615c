"""Resolves the styles of a Word document, along the styles that they are based on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsing.office.elements import Node, attribute, child, descendants, is_on, tag

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_TITLE = "title"
_QUOTES = frozenset({"quote", "intense quote"})
_BODY_LEVEL = 9
_MAX_BASES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """The list of a paragraph and its level in it; None where a style leaves it to the list."""

    list_id: str
    level: int | None


class Styles:
    """The styles by their ids."""

    def __init__(self, root: Node | None) -> None:
        self._styles: dict[str, Node] = {}
        self._default = ""
        self._found: dict[tuple[str, str], Node | None] = {}
        for node in root if root is not None else ():
            if tag(node) == "w:style":
                style_id = attribute(node, "styleId") or ""
                if style_id:  # some programs write one without an id, on which all others would be based
                    self._styles.setdefault(style_id, node)
                if attribute(node, "type") == "paragraph" and attribute(node, "default") in {"1", "true", "on"}:
                    self._default = style_id

    def style_of(self, paragraph: Node) -> str:
        """Returns the id of a paragraph's style."""
        return attribute(child(paragraph, "w:pPr", "w:pStyle"), "val") or self._default

    def heading_level(self, paragraph: Node) -> int | None:
        """Returns the depth of a heading, 0 for the title; None for other paragraphs."""
        own = child(paragraph, "w:pPr", "w:outlineLvl")
        if own is not None:
            return _outline(own)
        for style in self._bases(self.style_of(paragraph)):
            name = attribute(child(style, "w:name"), "val") or ""
            if name.lower() == _TITLE:
                return 0
            if (found := _HEADING.fullmatch(name)) is not None:
                return int(found[1])
            if (outline := child(style, "w:pPr", "w:outlineLvl")) is not None:
                return _outline(outline)
        return None

    def is_quote(self, paragraph: Node) -> bool:
        """Returns whether a paragraph has Word's own style for quotations, or one that is based on it."""
        bases = self._bases(self.style_of(paragraph))
        return any((attribute(child(style, "w:name"), "val") or "").lower() in _QUOTES for style in bases)

    def list_place(self, paragraph: Node) -> tuple[ListPlace, str] | None:
        """Returns the list that a paragraph is in, by itself or by its style, and the id of that style."""
        own = child(paragraph, "w:pPr", "w:numPr")
        place = _place(own)
        if place is not None and place.level is not None:
            return (place, "") if place.list_id != "0" else None
        for style in self._bases(self.style_of(paragraph)):
            numbering = child(style, "w:pPr", "w:numPr")
            if numbering is None:
                continue
            inherited = _place(numbering)
            list_id = place.list_id if place is not None else inherited.list_id if inherited is not None else ""
            if list_id in {"", "0"}:
                return None
            level = inherited.level if inherited is not None else None
            own_level = child(own, "w:ilvl") if own is not None else None
            if own_level is not None:
                level = _number(attribute(own_level, "val"))
            return ListPlace(list_id=list_id, level=level), attribute(style, "styleId") or ""
        return (ListPlace(list_id=place.list_id, level=0), "") if place is not None and place.list_id != "0" else None

    def property_of(self, run: Node | None, paragraph: Node | None, name: str) -> Node | None:
        """Returns a property of a run: its own, else its style's, else that of the paragraph's style."""
        own = child(run, "w:rPr")
        found = child(own, name)
        if found is not None:
            return found
        style_id = attribute(child(own, "w:rStyle"), "val")
        styles = [style_id] if style_id else []
        if paragraph is not None:
            styles.append(self.style_of(paragraph))
        for each in styles:
            if (found := self._run_property(each, name)) is not None:
                return found
        return None

    def paragraph_property(self, paragraph: Node | None, name: str) -> Node | None:
        """Returns a property of a paragraph: its own, else its style's."""
        if paragraph is None:
            return None
        places = (paragraph, *self._bases(self.style_of(paragraph)))
        found = (child(place, "w:pPr", name) for place in places)
        return next((each for each in found if each is not None), None)

    def has(self, run: Node | None, paragraph: Node | None, name: str) -> bool:
        """Returns whether a property of a run that is either set or not is set."""
        return is_on(self.property_of(run, paragraph, name))

    def is_bold(self, node: Node) -> bool:
        """Returns whether all text of a paragraph, or of the paragraphs in a node, is bold."""
        paragraphs = descendants(node, "w:p")
        runs = [
            (run, paragraph)
            for paragraph in paragraphs
            for run in descendants(paragraph, "w:r")
            if any((text.text or "").strip() for text in descendants(run, "w:t"))
        ]
        return bool(runs) and all(self.has(run, paragraph, "w:b") for run, paragraph in runs)

    def _run_property(self, style_id: str, name: str) -> Node | None:
        key = (style_id, name)
        if key not in self._found:
            properties = (child(style, "w:rPr", name) for style in self._bases(style_id))
            self._found[key] = next((each for each in properties if each is not None), None)
        return self._found[key]

    def _bases(self, style_id: str) -> Iterator[Node]:
        """Yields a style and those it is based on; a circle ends at some time."""
        for _ in range(_MAX_BASES):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = attribute(child(style, "w:basedOn"), "val") or ""


def _outline(node: Node) -> int | None:
    level = _number(attribute(node, "val"))
    return level + 1 if level is not None and 0 <= level < _BODY_LEVEL else None


def _place(numbering: Node | None) -> ListPlace | None:
    list_id = attribute(child(numbering, "w:numId"), "val")
    if list_id is None:
        return None
    level = child(numbering, "w:ilvl")
    return ListPlace(list_id=list_id, level=_number(attribute(level, "val")) if level is not None else None)


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
