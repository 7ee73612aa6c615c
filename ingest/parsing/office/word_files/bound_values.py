"""Fills in the values that content controls are bound to: Word shows them in place of what stands in the control."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from ingest.parsing.office.elements import Node, attribute, child, descendants, tag
from ingest.parsing.office.package import Part

_STEP = re.compile(r"/(?P<attribute>@)?(?:[\w.-]+:)?(?P<name>[\w.-]+)(?:\[(?P<place>\d{1,6})\])?")
_MAX_PATH_CHARACTERS = 1_000
_MAX_VALUE_CHARACTERS = 10_000
"""A longer text could be shown any number of times."""
_FORMATTED = frozenset({"w:date", "w:dropDownList", "w:comboBox", "w:picture", "w:richText", "checkbox"})
"""Kinds of controls that show their value in another form."""


class BoundValues:
    """The values of the custom XML parts of a document."""

    def __init__(self, main: Part) -> None:
        self._roots: dict[str, Node] = {}
        self._found: dict[tuple[Node, str], str] = {}
        for part in main.of_kind("customXml"):
            for about in part.of_kind("customXmlProps"):
                self._roots[(attribute(about.root, "itemID") or "").casefold()] = part.root

    def fill_in(self, root: Node) -> Iterator[str]:
        """Writes values into the controls below an element, and yields the texts that stood there."""
        for control in list(descendants(root, "w:sdt")) if self._roots else ():
            content = child(control, "w:sdtContent")
            value = self._value(control)
            if value and content is not None:
                texts = list(descendants(content, "w:t"))
                yield "".join(each.text or "" for each in texts)
                for each in texts[1:]:
                    each.text = ""
                _text_in(content, texts).text = value
                for prompt in list(descendants(control, "w:showingPlcHdr")):
                    prompt.getparent().remove(prompt)

    def _value(self, control: Node) -> str:
        """Returns what a control shows from its source; empty if it shows nothing of it, or in another form."""
        properties = child(control, "w:sdtPr")
        binding = child(properties, "w:dataBinding")
        root = self._roots.get((attribute(binding, "storeItemID") or "").casefold())
        path = attribute(binding, "xpath") or ""
        if root is None or properties is None or len(path) > _MAX_PATH_CHARACTERS:
            return ""
        is_prompt = child(properties, "w:showingPlcHdr") is not None  # then a value in any form is better
        if not is_prompt and any(tag(each) in _FORMATTED for each in properties):
            return ""
        if (root, path) not in self._found:
            found = " ".join(_found(root, path).split())
            self._found[root, path] = found if len(found) <= _MAX_VALUE_CHARACTERS else ""
        found = self._found[root, path]
        choices = (each for each in descendants(properties, "w:listItem") if attribute(each, "value") == found)
        return next((attribute(each, "displayText") or found for each in choices), found)


def _text_in(content: Node, texts: list[Node]) -> Node:
    """Returns the first text below an element; a new one in its first paragraph if there is none."""
    if texts:
        return texts[0]
    space = content.tag.rpartition("}")[0] + "}"
    place = next(descendants(content, "w:p"), content)
    return etree.SubElement(etree.SubElement(place, f"{space}r"), f"{space}t")


def _found(root: Node, path: str) -> str:
    """Returns the text at a path of names, as Word writes it: ``/ns0:order[1]/ns0:name[1]``."""
    node: Node | None = None
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end:
            return ""
        end = step.end()
        if step["attribute"]:
            return attribute(node, step["name"], "") or ""
        among = [root] if node is None else list(node)
        node = next(_named(among, step["name"], int(step["place"] or 1)), None)
        if node is None:
            return ""
    return "".join(node.itertext()) if node is not None and end == len(path) else ""


def _named(nodes: list[Node], name: str, place: int) -> Iterator[Node]:
    found = [each for each in nodes if isinstance(each.tag, str) and each.tag.rpartition("}")[2] == name]
    yield from found[place - 1 : place]
