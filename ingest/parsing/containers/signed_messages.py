"""Takes the message out of a signed part that packs it (CMS, RFC 5652); the signature is not checked. Pure."""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE, _OBJECT_ID, _OCTETS, _OCTET_PARTS, _CONTENT = 0x30, 0x06, 0x04, 0x24, 0xA0
_SIGNED_DATA = bytes.fromhex("2A864886F70D010702")
_LONG_FORM, _CONSTRUCTED = 0x80, 0x20
_MAX_DEPTH = 50


def signed_content(data: bytes) -> bytes:
    """Returns what was signed; empty if it is not in ``data``, or ``data`` is something else."""
    try:
        kind, content = list(_elements(_inside(data, _SEQUENCE)))[:2]
        if kind != (_OBJECT_ID, _SIGNED_DATA) or content[0] != _CONTENT:
            return b""
        signed = list(_elements(_inside(content[1], _SEQUENCE)))
        packed = list(_elements(signed[2][1]))  # after the version and the algorithms
        return b"".join(_octets(packed[1][1], 0)) if len(packed) > 1 and packed[1][0] == _CONTENT else b""
    except (IndexError, ValueError):
        return b""


def _inside(data: bytes, tag: int) -> bytes:
    found, content = next(_elements(data), (0, b""))
    if found != tag:
        raise ValueError
    return content


def _octets(data: bytes, depth: int) -> Iterator[bytes]:
    for tag, content in _elements(data):
        if tag == _OCTETS:
            yield content
        elif tag == _OCTET_PARTS and depth < _MAX_DEPTH:
            yield from _octets(content, depth + 1)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the tags and contents of the elements one after the other (X.690, basic encoding rules)."""
    position = 0
    while position < len(data) and data[position : position + 2] != b"\0\0":
        tag, start, length = _head(data, position)
        end = start + length if length >= 0 else _end(data, start)
        yield tag, data[start:end]
        position = end if length >= 0 else end + 2


def _head(data: bytes, position: int) -> tuple[int, int, int]:
    """Returns the tag of an element, where its content begins, and its length, -1 if a mark ends it."""
    tag, first = data[position], data[position + 1]
    if first < _LONG_FORM:
        return tag, position + 2, first
    count = first - _LONG_FORM
    start = position + 2 + count
    return tag, start, int.from_bytes(data[position + 2 : start]) if count else -1


def _end(data: bytes, position: int) -> int:
    """Returns where the mark is that ends a content of unsaid length, passing those within it."""
    depth = 0
    while True:
        if data[position : position + 2] == b"\0\0":
            if not depth:
                return position
            depth -= 1
            position += 2
            continue
        _, start, length = _head(data, position)
        depth += length < 0
        position = start + max(length, 0)
