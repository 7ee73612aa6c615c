"""Opens the parts of an Office Open XML file.

Names of elements are compared without their namespaces, because Strict files have others.
Entities stay unresolved, and nothing outside the file is read.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lxml import etree

_MAX_SMALL_PART_BYTES = 64 * 1_048_576
Event = Literal["start", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A part that another part names. ``kind`` is the last word of its type, such as ``comments``."""

    kind: str
    target: str
    is_external: bool


class Package:
    """The parts of an open file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.casefold().lstrip("/"): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        """Returns whether there is a part of this name; upper and lower case are the same."""
        return part.casefold() in self._names

    def tree(self, part: str) -> etree._Element | None:
        """Returns the root of a small part, None if there is none or it is broken."""
        name = self._names.get(part.casefold())
        if name is None or self._archive.getinfo(name).file_size > _MAX_SMALL_PART_BYTES:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self._archive.read(name), parser)
        except (etree.XMLSyntaxError, ValueError):
            return None

    def elements(self, part: str, *tags: str) -> Iterator[etree._Element]:
        """Yields the named elements of a part at their ends; each is then forgotten."""
        for _, element in self.events(part, *tags, events=("end",)):
            yield element

    def events(self, part: str, *tags: str, events: tuple[Event, ...]) -> Iterator[tuple[str, etree._Element]]:
        """Yields (event, element) for the named elements of a part; each is forgotten after its end."""
        name = self._names.get(part.casefold())
        if name is None:
            return
        with self._archive.open(name) as stream:
            parsed = etree.iterparse(
                stream,
                events=events,
                tag=[f"{{*}}{tag}" for tag in tags],
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
            )
            for event, element in parsed:
                yield event, element
                if event == "end":
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]

    def relations(self, part: str) -> dict[str, Relation]:
        """Returns the relations of a part by their ids; an empty name stands for those of the whole file."""
        folder, name = posixpath.split(part)
        root = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, Relation] = {}
        for element in root if root is not None else ():
            target = element.get("Target", "")
            is_external = element.get("TargetMode") == "External"
            if not is_external:
                target = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
            kind = element.get("Type", "").rpartition("/")[2]
            found[element.get("Id", "")] = Relation(kind=kind, target=target, is_external=is_external)
        return found


def local(element: etree._Element) -> str:
    """Returns the name of an element without its namespace; empty for comments and the like."""
    return str(element.tag.rpartition("}")[2]) if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """Returns an attribute by its name without its namespace, or an empty text."""
    plain = element.get(name)
    if plain is not None:
        return str(plain)
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")


def is_set(element: etree._Element, name: str) -> bool:
    """Returns whether a yes-or-no attribute says yes."""
    return element.get(name, "").lower() in {"1", "true", "on"}
