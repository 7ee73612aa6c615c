"""Opens Open XML files: their parts, and the relations between them; Transitional and Strict alike.

Elements are named by the usual prefix of their namespace (``w:p``), so that readers need not know which of the two
a file is.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree

from rag.errors import CorruptDocumentError

Node = Any
"""An element of lxml, which has no types."""
_WORD = re.compile(r"wordprocessingml(?:/2006)?/main$")
_PRESENTATION = re.compile(r"presentationml(?:/2006)?/main$")
_DRAWING = re.compile(r"drawingml(?:/2006)?/main$")
_CHART = re.compile(r"drawingml(?:/2006)?/chart$")
_DIAGRAM = re.compile(r"drawingml(?:/2006)?/diagram$")
_PICTURE = re.compile(r"drawingml(?:/2006)?/picture$")
_WORD_DRAWING = re.compile(r"drawingml(?:/2006)?/wordprocessingDrawing$")
_MATH = re.compile(r"officeDocument(?:/2006)?/math$")
_RELATIONSHIPS = re.compile(r"officeDocument(?:/2006)?/relationships$")
_COMPATIBILITY = re.compile(r"markup-compatibility/2006$")
_VML = re.compile(r"urn:schemas-microsoft-com:vml$")
_EXTENDED_CHART = re.compile(r"drawing/2014/chartex$")
_PREFIXES = (
    (_WORD, "w"),
    (_PRESENTATION, "p"),
    (_DRAWING, "a"),
    (_CHART, "c"),
    (_DIAGRAM, "dgm"),
    (_PICTURE, "pic"),
    (_WORD_DRAWING, "wp"),
    (_MATH, "m"),
    (_RELATIONSHIPS, "r"),
    (_COMPATIBILITY, "mc"),
    (_VML, "v"),
    (_EXTENDED_CHART, "cx"),
)
_MAIN_PART = "officeDocument"
_PROPERTIES = "core-properties"
_ADDRESS = re.compile(r"^(?:mailto:|tel:|https?://)?(.*?)/?$", re.IGNORECASE)
_MAX_ADDRESS_CHARACTERS = 300
_TAG = re.compile(r"\{([^}]*)\}(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation of a part: ``kind`` is the last word of its type, ``target`` a part's name or an address."""

    kind: str
    target: str
    is_external: bool


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

    def picture(self, relation_id: str | None) -> bytes | None:
        """Returns the bytes of the picture that a relation leads to; None for one that was returned before."""
        relation = self.relations.get(relation_id or "")
        if relation is None or relation.is_external or not self._package.is_first(relation.target):
            return None
        return self._package.content(relation.target)

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
            if relation.kind == _PROPERTIES and (part := self.part(relation.target)) is not None:
                return next((each.text or "" for each in descendants(part.root, "title")), "")
        return ""

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

    def content(self, name: str) -> bytes | None:
        """Returns the bytes of a member; None if it is missing."""
        stored = self._names.get(name.casefold())
        return None if stored is None else self._archive.read(stored)

    def xml(self, name: str) -> Node:
        """Parses a member. libxml2 bounds its depth and the length of its texts."""
        return etree.fromstring(self._archive.read(name), _parser())

    def relations(self, name: str) -> Mapping[str, Relation]:
        """Returns the relations of a part by id; the file's own if ``name`` is empty."""
        folder, file = posixpath.split(name)
        content = self.content(posixpath.join(folder, "_rels", f"{file}.rels"))
        if content is None:
            return {}
        found = {}
        for each in etree.fromstring(content, _parser()):
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


def tag(node: Node) -> str:
    """Returns an element's name with the usual prefix; only its local name in namespaces that no reader needs."""
    return _short(node.tag) if isinstance(node.tag, str) else ""


def attribute(node: Node | None, name: str, default: str | None = None) -> str | None:
    """Returns the attribute with a local name, whatever its namespace; ``default`` without node or attribute."""
    if node is None:
        return default
    for key, value in node.attrib.items():
        if key == name or key.endswith("}" + name):
            found: str = value
            return found
    return default


def child(node: Node | None, *path: str) -> Node | None:
    """Returns the first descendant along a path of names; None if a step is missing."""
    for name in path:
        if node is None:
            return None
        node = next((each for each in node if tag(each) == name), None)
    return node


def descendants(node: Node, *names: str) -> Iterator[Node]:
    """Yields the elements with one of the names below an element, in document order."""
    return (each for each in node.iter() if tag(each) in names)


def is_on(node: Node | None) -> bool:
    """Returns whether a property is set: it is there and does not say ``false``."""
    return node is not None and attribute(node, "val", "true") not in {"0", "false", "off", "none"}


def is_address_shown(address: str, shown: str) -> bool:
    """Returns whether a link's text shows its address, or the address is empty or too long to be read."""
    bare = _ADDRESS.sub(r"\1", address.strip())
    return not 0 < len(bare) <= _MAX_ADDRESS_CHARACTERS or bare.casefold() in shown.casefold()


_READABLE = frozenset(
    {"w:t", "a:t", "m:t", "w:txbxContent", "a:blip", "c:chart", "cx:chart", "dgm:relIds", "w:tbl", "a:tbl", "w:sym"}
)


def chosen(alternatives: Node) -> Iterator[Node]:
    """Yields the children of the branch of an ``mc:AlternateContent`` that is read: the first one that says anything.

    The branches show the same: the first for new programs, the last for old ones.
    """
    branches = [each for each in alternatives if tag(each) in {"mc:Choice", "mc:Fallback"}]
    readable = (each for each in branches if any(tag(node) in _READABLE for node in each.iter()))
    yield from next(readable, branches[-1] if branches else ())


@lru_cache(maxsize=4_096)
def _short(qualified: str) -> str:
    found = _TAG.fullmatch(qualified)
    if found is None:
        return qualified
    prefix = next((prefix for pattern, prefix in _PREFIXES if pattern.search(found[1])), "")
    return f"{prefix}:{found[2]}" if prefix else found[2]


def _parser() -> Node:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
