"""Opens Open XML files: their parts, and the relations between them."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from ingest.parsing.office.elements import Node, descendants, new_parser, parsed_events
from rag.errors import CorruptDocumentError

_MAIN_PART = "officeDocument"
_PROPERTIES = "core-properties"
_MAX_SMALL_PART_BYTES = 64 * 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation of a part: ``kind`` is the last word of its type, ``target`` a part's name or an address."""

    kind: str
    target: str
    is_external: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A picture or a file in an office file."""

    name: str
    content: bytes


class Part:
    """An XML part with its relations by id."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        self.name = name
        self.root: Node = package.xml(name)
        self.relations: Mapping[str, Relation] = package.relations(name)

    def related(self, relation_id: str | None) -> Part | None:
        """Returns the XML part that a relation leads to; None if there is none."""
        relation = self.relations.get(relation_id or "")
        return self._package.part(relation.target) if relation is not None and not relation.is_external else None

    def shown(self, relation_id: str | None) -> Part | None:
        """Returns the chart or diagram that a relation leads to; None for one that was returned before.

        A small file could show a large part any number of times.
        """
        relation = self.relations.get(relation_id or "")
        return self.related(relation_id) if relation is not None and self._package.is_first(relation.target) else None

    def member(self, relation_id: str | None) -> Member | None:
        """Returns the picture or file that a relation leads to; None for one that was returned before."""
        return self._package.member(self.relations.get(relation_id or ""))

    def of_kind(self, kind: str) -> Iterator[Part]:
        """Yields the XML parts with a relation of a kind."""
        targets = (each.target for each in self.relations.values() if each.kind == kind and not each.is_external)
        for target in dict.fromkeys(targets):
            part = self._package.part(target)
            if part is not None:
                yield part


class Package:
    """An open file; use ``open_package``."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.casefold(): name for name in archive.namelist()}
        self._parts: dict[str, Part] = {}
        self._shown: set[str] = set()

    def names(self) -> Iterable[str]:
        """Returns the names of all parts."""
        return self._names.values()

    def has(self, name: str) -> bool:
        """Returns whether there is a part of this name."""
        return name.casefold() in self._names

    def main_part(self, name: str) -> Part:
        """Returns the part that holds the document; ``name`` is the file's.

        Raises:
            CorruptDocumentError: there is none.
        """
        for relation in self.relations("").values():
            if relation.kind == _MAIN_PART and (part := self.part(relation.target)) is not None:
                return part
        raise CorruptDocumentError(name, "its main part is missing")

    def title(self) -> str:
        """Returns the title in the file's properties; empty if there is none."""
        for relation in self.relations("").values():
            root = self.tree(relation.target) if relation.kind == _PROPERTIES else None
            if root is not None:
                return next((each.text or "" for each in descendants(root, "title")), "")
        return ""

    def properties(self) -> Mapping[str, str]:
        """Returns the file's core properties by their names, such as ``creator`` and ``created``."""
        found: dict[str, str] = {}
        for relation in self.relations("").values():
            root = self.tree(relation.target) if relation.kind == _PROPERTIES else None
            found |= {etree.QName(each).localname: each.text or "" for each in (root if root is not None else ())}
        return found

    def part(self, name: str) -> Part | None:
        """Returns an XML part, parsed once; None if it is missing."""
        stored = self._names.get(name.casefold())
        if stored is None:
            return None
        if stored not in self._parts:
            self._parts[stored] = Part(self, stored)
        return self._parts[stored]

    def is_first(self, name: str) -> bool:
        """Returns whether this is the first question for a part that is shown."""
        if name in self._shown:
            return False
        self._shown.add(name)
        return True

    def member(self, relation: Relation | None) -> Member | None:
        """Returns what a relation leads to; None for what was returned before."""
        stored = self._names.get(relation.target.casefold()) if relation is not None else None
        if relation is None or relation.is_external or stored is None or not self.is_first(stored):
            return None
        return Member(name=stored, content=self._archive.read(stored))

    def content(self, name: str) -> bytes:
        """Returns the bytes of a part; empty if it is missing."""
        stored = self._names.get(name.casefold())
        return b"" if stored is None else self._archive.read(stored)

    def xml(self, name: str) -> Node:
        """Parses a member. libxml2 bounds its depth and the length of its texts."""
        return etree.fromstring(self._archive.read(name), new_parser())

    def tree(self, name: str) -> Node | None:
        """Returns the root of a part that can be done without; None if it is missing, broken or too large."""
        stored = self._names.get(name.casefold())
        if stored is None or self._archive.getinfo(stored).file_size > _MAX_SMALL_PART_BYTES:
            return None
        try:
            return self.xml(stored)
        except (etree.XMLSyntaxError, ValueError):
            return None

    def elements(self, name: str, *tags: str) -> Iterator[Node]:
        """Yields the elements of a part with local names, at their ends; each is then forgotten."""
        stored = self._names.get(name.casefold())
        if stored is not None:
            with self._archive.open(stored) as stream:
                for _, element in parsed_events(stream, *tags, events=("end",)):
                    yield element

    def relations(self, name: str) -> Mapping[str, Relation]:
        """Returns the relations of a part by id; the file's own if ``name`` is empty."""
        folder, file = posixpath.split(name)
        root = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
        found = {}
        for each in root if root is not None else ():
            target, is_external = each.get("Target", ""), each.get("TargetMode") == "External"
            if not is_external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
            kind = each.get("Type", "").rpartition("/")[2]
            found[each.get("Id", "")] = Relation(kind=kind, target=target, is_external=is_external)
        return found


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Opens a file whose directory intake has checked."""
    with zipfile.ZipFile(path) as archive:
        yield Package(archive)
