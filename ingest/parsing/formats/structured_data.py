"""Writes JSON and XML as lines that can be understood alone: each value with the names above it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.plain_text import join_lines
from rag.errors import CorruptDocumentError
from rag.types import ElementKind

_PATH_SEPARATOR = " > "
_MAX_DEPTH = 100

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def read_json(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title and ``json_blocks``."""
    return "", json_blocks(decode_file(path, name), name=name)


def read_xml(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title and ``xml_blocks``."""
    return "", xml_blocks(decode_file(path, name), name=name)


def json_blocks(text: str, *, name: str) -> list[Block]:
    """Returns one block for each top-level entry, or for each value if every line holds one.

    Each flat object or value in it is a line, ``path > to: value``; the values of a flat object are on one line.

    Raises:
        CorruptDocumentError: it is not JSON (one value, or one a line).
    """
    blocks = []
    values = _json_values(text, name)
    for value in values:
        groups: list[Json] = [value]
        if isinstance(value, dict) and len(values) == 1:
            groups = [{key: part} for key, part in value.items()]
        for group in groups:
            lines = [clean(line).replace("\n", " ") for line in _json_lines(group, (), name)]
            blocks.append(Block(kind=ElementKind.TABLE, text="\n".join(filter(None, lines))))
    return blocks


def xml_blocks(text: str, *, name: str) -> list[Block]:
    """Returns one block for each element that holds text, or whose children hold only text.

    Entities stay unresolved, and nothing outside the file is read.

    Raises:
        CorruptDocumentError: it is not well-formed XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = _undeclared(text, parser, name)
    return [Block(kind=ElementKind.PARAGRAPH, text=line) for line in _xml_lines(root) if line]


def _json_values(text: str, name: str) -> list[Json]:
    try:
        return [json.loads(text)]
    except RecursionError as error:
        raise CorruptDocumentError(name, "it is nested too deeply") from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines] if len(lines) > 1 else _fail(name, error)
        except ValueError:
            return _fail(name, error)


def _fail(name: str, error: ValueError) -> list[Json]:
    raise CorruptDocumentError(name, f"it is not JSON: {error}") from error


def _json_lines(value: Json, path: tuple[str, ...], name: str) -> Iterator[str]:
    if len(path) > _MAX_DEPTH:
        raise CorruptDocumentError(name, "it is nested too deeply")
    if isinstance(value, dict):
        flat = {key: part for key, part in value.items() if not isinstance(part, dict | list)}
        if flat:
            pairs = "; ".join(f"{key}: {_scalar(part)}" for key, part in flat.items())
            yield _prefixed(path, pairs)
        for key, part in value.items():
            if key not in flat:
                yield from _json_lines(part, (*path, key), name)
    elif isinstance(value, list):
        if value and not any(isinstance(part, dict | list) for part in value):
            yield _prefixed(path, ", ".join(map(_scalar, value)))
            return
        for part in value:
            yield from _json_lines(part, path, name)
    else:
        yield _prefixed(path, _scalar(value))


def _prefixed(path: tuple[str, ...], text: str) -> str:
    return f"{_PATH_SEPARATOR.join(path)}: {text}" if path else text


def _scalar(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _undeclared(text: str, parser: etree.XMLParser, name: str) -> etree._Element:
    """Parses XML without its declaration, which names an encoding that the decoded text does not have."""
    body = text.split("?>", 1)[1] if text.lstrip("\ufeff \n\r\t").startswith("<?xml") and "?>" in text else text
    try:
        return etree.fromstring(body.lstrip("\ufeff \n\r\t").encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CorruptDocumentError(name, f"it is not well-formed XML: {error}") from error


def _xml_lines(root: etree._Element) -> Iterator[str]:
    stack = [root]
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str):
            continue
        children = [child for child in element if isinstance(child.tag, str)]
        has_own_text = bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)
        if has_own_text or not children:
            yield join_lines(clean("".join(element.itertext(etree.Element, etree.Entity))))
        elif all(not len(child) for child in children):
            parts = [(etree.QName(child).localname, join_lines(clean(child.text or ""))) for child in children]
            yield "; ".join(f"{tag}: {value}" for tag, value in parts if value)
        else:
            stack += reversed(children)
