"""XML, HTML and JSON that reach for other files, or grow or nest without end (faults 25 and 27)."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile_files.containers import KINDS, WORDS, main_part, members, zipped

Reach = Callable[[str, str], bytes]
"""Takes a kind and an address, and returns a document that reaches for it."""
Grow = Callable[[str], bytes]
"""Takes a kind and returns a document that grows when it is read."""
MARKUP_KINDS = (*KINDS, "xml", "html", "svg")
_PAGES = {
    "xml": f"<report><line>{WORDS}</line></report>",
    "html": f"<html><body><p>{WORDS}</p></body></html>",
    "svg": f'<html><body><p>{WORDS}</p><svg xmlns="http://www.w3.org/2000/svg"><text>{WORDS}</text>'
    '<image href="tables"/></svg><img src="tables"><iframe src="tables"></iframe><object data="tables"></object>'
    '<link rel="stylesheet" href="tables"><script src="tables"></script></body></html>',
}
_LAUGHS = 9


def extension(kind: str) -> str:
    """Returns what the name of a file of one of ``MARKUP_KINDS`` ends in; a drawing stands in a page."""
    return "html" if kind == "svg" else kind


def external_entity(kind: str, uri: str) -> bytes:
    """The text names an entity that is the file at ``uri``."""
    return _declaring(kind, f'<!DOCTYPE x [<!ENTITY x SYSTEM "{uri}">]>', uri)


def external_parameter_entity(kind: str, uri: str) -> bytes:
    """The document type itself is continued at ``uri``."""
    return _declaring(kind, f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{uri}"> %p; <!ENTITY x "y">]>', uri)


def external_dtd(kind: str, uri: str) -> bytes:
    """The document type is declared at ``uri``."""
    return _declaring(kind, f'<!DOCTYPE x SYSTEM "{uri}">', uri)


def billion_laughs(kind: str) -> bytes:
    """Entities of entities, ten of them in each: a gigabyte of text."""
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, _LAUGHS))
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "laugh ">{levels}<!ENTITY x "&l{_LAUGHS - 1};&l{_LAUGHS - 1};">]>'
    return _declaring(kind, doctype, "")


def quadratic_blowup(kind: str) -> bytes:
    """One entity of 100 kB, named 10,000 times: no depth that would give it away."""
    return _declaring(kind, f'<!DOCTYPE x [<!ENTITY x "{"a" * 100_000}">]>', "", times=10_000)


def deep_json(depth: int) -> bytes:
    """Lists in lists."""
    return b"[" * depth + b'"words"' + b"]" * depth


def deep_html(depth: int) -> bytes:
    """Boxes in boxes."""
    return b"<html><body>" + b"<div>" * depth + WORDS.encode() + b"</div>" * depth + b"</body></html>"


def deep_xml(depth: int) -> bytes:
    """Elements in elements."""
    return b"<a>" * depth + WORDS.encode() + b"</a>" * depth


def deep_list(depth: int, *, head: bytes = b"") -> bytes:
    """Lists in lists that never end."""
    return head + b"[" * depth


def laughing_yaml() -> bytes:
    """Lists of lists by name, ten in each: a gigabyte of text."""
    levels = (f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]\n" for level in range(1, _LAUGHS))
    return f"l0: &l0 [laugh]\n{''.join(levels)}words: {WORDS}\n".encode()


def _declaring(kind: str, doctype: str, uri: str, *, times: int = 1) -> bytes:
    named = WORDS.replace(" ", f" {'&x;' * times} ", 1)
    if kind in _PAGES:
        return (doctype + _PAGES[kind].replace(WORDS, named).replace("tables", uri)).encode()
    files = members(kind)
    part = main_part(kind)
    head, mark, body = files[part].decode().partition("?>")
    files[part] = f"{head}{mark}{doctype}{body.replace(WORDS, named)}".encode()
    return zipped(files)
