"""Names the elements of Open XML parts by the usual prefix of their namespace (``w:p``).

So readers need not know whether a file is Transitional or Strict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, Any, Literal

from lxml import etree

Node = Any
"""An element of lxml, which has no types."""
Event = Literal["start", "end"]
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
_TAG = re.compile(r"\{([^}]*)\}(.*)", re.DOTALL)


def tag(node: Node) -> str:
    """Returns an element's name with the usual prefix; only its local name in namespaces that no reader needs."""
    return _short(node.tag) if isinstance(node.tag, str) else ""


def attribute(node: Node | None, name: str, default: str | None = None) -> str | None:
    """Returns the attribute with a local name, whatever its namespace; ``default`` without node or attribute."""
    if node is None:
        return default
    found: str | None = node.get(name)
    if found is None:
        found = next((value for key, value in node.attrib.items() if key.endswith(f"}}{name}")), default)
    return found


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


def is_set(node: Node | None, name: str) -> bool:
    """Returns whether a yes-or-no attribute says yes."""
    return (attribute(node, name) or "").lower() in {"1", "true", "on"}


def is_on(node: Node | None) -> bool:
    """Returns whether a property is set: it is there and does not say ``false``."""
    return node is not None and attribute(node, "val", "true") not in {"0", "false", "off", "none"}


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


def new_parser() -> Node:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)


def parsed_events(stream: IO[bytes], *tags: str, events: tuple[Event, ...]) -> Iterator[tuple[str, Node]]:
    """Yields (event, element) for the elements with local names; each is forgotten after its end."""
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
