"""Opens OpenDocument files, and names their elements by the usual prefixes: ``text:p``, ``draw:frame``."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from lxml import etree

from ingest.parsing.office.elements import parsed_events
from ingest.parsing.office.package import Member
from rag.errors import CorruptDocumentError

Node = Any
"""An element of lxml, which has no types."""
_SPACE = re.compile(r"\{urn:oasis:names:tc:opendocument:xmlns:([\w-]+):1\.0\}(.*)")
_OTHER = re.compile(r"\{(?:[^}]*/)?([^}/]+)/?\}(.*)")
_SHORT = {"drawing": "draw", "xsl-fo-compatible": "fo", "svg-compatible": "svg", "MathML": "math", "1.1": "dc"}


def tag(node: Node) -> str:
    """Returns an element's name with the usual prefix."""
    return prefixed(node.tag) if isinstance(node.tag, str) else ""


def attribute(node: Node | None, name: str) -> str:
    """Returns an attribute by its prefixed name; empty if it is missing."""
    for key, value in node.attrib.items() if node is not None else ():
        if prefixed(key) == name:
            found: str = value
            return found
    return ""


def number(node: Node | None, name: str, default: int = 1, *, most: int = 1_000) -> int:
    """Returns an attribute that is a whole number, at most ``most``."""
    text = attribute(node, name)
    return min(int(text), most) if text.isdecimal() and len(text) < 10 else default  # noqa: PLR2004


@lru_cache(maxsize=4_096)
def prefixed(qualified: str) -> str:
    """Returns the prefixed form of a name that has its namespace in braces."""
    found = _SPACE.fullmatch(qualified) or _OTHER.fullmatch(qualified)
    return f"{_SHORT.get(found[1], found[1])}:{found[2]}" if found is not None else qualified


def descendants(node: Node, *names: str) -> list[Node]:
    """Returns the elements with one of the names below an element, in document order."""
    return [each for each in node.iter() if tag(each) in names]


def plain_text(node: Node) -> str:
    """Returns all text below an element, white space as single spaces."""
    return " ".join("".join(node.itertext()).split())


class Archive:
    """The members of an OpenDocument file."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._members = frozenset(archive.namelist())
        self._shown: set[str] = set()

    def xml(self, member: str) -> Node | None:
        """Parses a member; None if it is missing. libxml2 bounds its depth and the length of its texts.

        Raises:
            CorruptDocumentError: it declares a document type, which could hold entities.
        """
        if member not in self._members:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        root: Node = etree.fromstring(self._archive.read(member), parser)
        if root.getroottree().docinfo.doctype:
            raise CorruptDocumentError(self._name, "it declares a document type, which office files never do")
        return root

    def member(self, address: str) -> Member | None:
        """Returns what an address in the file leads to; None if it leads nowhere, or was asked for before."""
        name = posixpath.normpath(unquote(address).removeprefix("./"))
        if name not in self._members or not self.is_first(name):
            return None
        return Member(name=name, content=self._archive.read(name))

    def title(self) -> str:
        """Returns the title in the file's properties; empty if there is none."""
        properties = self.xml("meta.xml")
        titles = descendants(properties, "dc:title") if properties is not None else []
        return plain_text(titles[0]) if titles else ""

    def events(self, member: str, *tags: str) -> Iterator[tuple[str, Node]]:
        """Yields ("start" or "end", element) for the elements of a member with local names, each then forgotten.

        Raises:
            CorruptDocumentError: the member is missing.
        """
        if member not in self._members:
            raise CorruptDocumentError(self._name, "its content is missing")
        with self._archive.open(member) as stream:
            yield from parsed_events(stream, *tags, events=("start", "end"))

    def is_first(self, member: str) -> bool:
        """Returns whether this is the first question for a member: a small file could show a large one often."""
        if member in self._shown:
            return False
        self._shown.add(member)
        return True
