"""Writes JSON and XML as lines that can be understood alone: each value with the names above it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path

from lxml import etree

from ingest.intake.formats import extension_of
from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.completeness import tells_of_loss
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import html_blocks
from ingest.parsing.formats.plain_text import join_lines
from ingest.parsing.formats.records import identified
from rag.errors import CorruptDocumentError
from rag.types import ElementKind, ExtractedText

_PATH_SEPARATOR = " > "
_MAX_DEPTH = 100
_MOST_BEFORE_TITLE = 5
_WITH_COMMENTS = frozenset({".json5", ".jsonc"})
_DECLARATION = re.compile(r"\A[\ufeff\s]*+<\?xml[^>]*+\?>|\A[\ufeff\s]++")
_ABOUT_THE_FILE = frozenset({"http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"})
_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_PAGE = re.compile(r"</(?:p|div|a|li|b|strong|em|i|span|td|h\d)>|<br ?/?>", re.IGNORECASE)
_BLANK = re.compile(r"\s*+")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def read_json(path: Path, name: str) -> ExtractedText:
    """Returns the text of ``json_blocks``, with a warning where it is no JSON."""
    blocks, fault = json_blocks(decode_file(path, name), name=name)
    if extension_of(name) in _WITH_COMMENTS and not tells_of_loss(fault):
        fault = ""
    return assembled(blocks, name=name, parser="json", fault=fault)


def read_xml(path: Path, name: str) -> ExtractedText:
    """Returns the text of ``xml_blocks``, with a warning where it is not well-formed."""
    blocks, fault = xml_blocks(decode_file(path, name), name=name)
    return assembled(blocks, name=name, parser="xml", fault=fault)


def assembled(blocks: list[Block], *, name: str, parser: str, fault: str) -> ExtractedText:
    """Returns the text of a file that has a fault; an empty one is none. A value called ``title`` is its title."""
    title = choose_title(_own_title(blocks), blocks, name)
    return assemble(blocks, title=title, parser=parser, warnings=(fault,) if fault else ())


def _own_title(blocks: Sequence[Block]) -> str:
    """Returns the value of the first of the topmost entries that is called ``title``; empty if there is none."""
    for block in blocks[:_MOST_BEFORE_TITLE]:
        for line in block.text.splitlines()[:_MOST_BEFORE_TITLE]:
            key, _, value = line.partition(": ")
            if key.strip().casefold() == "title":
                return value.strip(" \"'")
    return ""


def json_blocks(text: str, *, name: str) -> tuple[list[Block], str]:
    """Returns one block for each top-level entry, or for each value if there are several, as in files of lines.

    Each flat object or value in it is a line, ``path > to: value``; the values of a flat object are on one line. What
    is nested in an entry of a list carries what tells the entry: ``orders (id: 7) > buyer: name: Ada``. Text that is no
    JSON, such as JSON with comments, is returned as it is, with a sentence that says so.

    Raises:
        CorruptDocumentError: it is nested too deeply.
    """
    try:
        values = _json_values(text, name)
    except json.JSONDecodeError as error:
        return [Block(kind=ElementKind.CODE, text=clean(text, keep_spaces=True))], _json_fault(error)
    blocks = []
    for value in values:
        groups: list[Json] = [value]
        if isinstance(value, dict) and len(values) == 1:
            groups = [{key: part} for key, part in value.items()]
        is_record = len(values) > 1
        for group in groups:
            lines = [clean(line).replace("\n", " ") for line in _json_lines(group, (), name, is_record=is_record)]
            blocks.append(Block(kind=ElementKind.TABLE, text="\n".join(filter(None, lines))))
    return blocks, ""


def _json_fault(error: json.JSONDecodeError) -> str:
    is_cut = error.pos >= len(error.doc) or error.msg.startswith("Unterminated")
    cut = ", without what is missing at its end" if is_cut else ""
    return f"It is not valid JSON (line {error.lineno}): it was read as plain text{cut}"


def xml_blocks(text: str, *, name: str) -> tuple[list[Block], str]:
    """Returns one block for each element that holds text, or whose children hold only text; attributes are in it.

    Entities stay unresolved, and nothing outside the file is read. What is not well-formed is read as far as it can be,
    with a sentence that says so.

    Raises:
        CorruptDocumentError: it is not XML.
    """
    body = _DECLARATION.sub("", text, count=1)  # it may name an encoding that the decoded text does not have
    body = _REFERENCE.sub(_resolved, body)
    line: int | None = None
    for recovers in (False, True):
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recovers
        )
        try:
            root = etree.fromstring(body.encode("utf-8", "replace"), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            reason, line = str(error), getattr(error, "lineno", None)
            if "depth" in reason:
                break
            continue
        if root is not None:
            fault = "It is not well-formed XML{}: it was read as far as possible, perhaps without some words"
            return _xml_blocks(root), fault.format(f" (line {line})" if line else "") if recovers else ""
    raise CorruptDocumentError(name, f"it is not well-formed XML: {reason}")


def _xml_blocks(root: etree._Element) -> list[Block]:
    for element in root.iterdescendants():
        if not element.tail and element.getnext() is not None:
            element.tail = " "  # neighbours are values of their own
    return [Block(kind=ElementKind.PARAGRAPH, text=line) for line in _xml_lines(root) if line]


def _resolved(reference: re.Match[str]) -> str:
    """Returns the character that a reference names in HTML, whose names documents with a DTD take for granted."""
    return reference[0] if reference[1] in _OF_XML else unescape(reference[0])


def _json_values(text: str, name: str) -> list[Json]:
    """Returns the values in a text, one after the other.

    Raises:
        json.JSONDecodeError: there is something else.
        CorruptDocumentError: it is nested too deeply.
    """
    decoder = json.JSONDecoder(strict=False, parse_float=str)  # 1.50 stays 1.50
    values: list[Json] = []
    text = text.removeprefix("\ufeff").rstrip()
    position = len(text) - len(text.lstrip())
    try:
        while position < len(text):
            value, end = decoder.raw_decode(text, position)
            values.append(value)
            blank = _BLANK.match(text, end)
            position = blank.end() if blank else end
    except RecursionError as error:
        raise CorruptDocumentError(name, "it is nested too deeply") from error
    return values


def _json_lines(value: Json, path: tuple[str, ...], name: str, *, is_record: bool = False) -> Iterator[str]:
    if len(path) > _MAX_DEPTH:
        raise CorruptDocumentError(name, "it is nested too deeply")
    if isinstance(value, dict):
        flat = {key: part for key, part in value.items() if not part or not isinstance(part, dict | list)}
        if flat:
            pairs = "; ".join(f"{key}: {_scalar(part)}" for key, part in flat.items())
            yield _prefixed(path, pairs)
        if is_record:
            told = {key: _scalar(part) for key, part in flat.items() if not isinstance(part, bool | list | dict | None)}
            path = identified(path, told)
        for key, part in value.items():
            if key not in flat:
                yield from _json_lines(part, (*path, key), name)
    elif isinstance(value, list):
        if value and not any(isinstance(part, dict | list) for part in value):
            yield _prefixed(path, ", ".join(map(_scalar, value)))
            return
        for part in value:
            yield from _json_lines(part, path, name, is_record=True)
    else:
        yield _prefixed(path, _scalar(value))


def _prefixed(path: tuple[str, ...], text: str) -> str:
    return f"{_PATH_SEPARATOR.join(path)}: {text}" if path else text


def _scalar(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _xml_lines(root: etree._Element) -> Iterator[str]:
    stack = [root]
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str):
            continue
        children = [child for child in element if isinstance(child.tag, str)]
        said = _attributes(element)
        has_own_text = bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)
        if has_own_text or not children:
            text = _shown("".join(element.itertext(etree.Element, etree.Entity)))
            if text and not said and len(text.split()) == 1:  # alone a number or an identifier says nothing
                text = f"{_tag(element)}: {text}"
            yield "; ".join(filter(None, (*said, text))) if text or not said else f"{_tag(element)}: {'; '.join(said)}"
        elif all(not len(child) for child in children):
            if any(child.attrib for child in children) and len({child.tag for child in children}) < len(children):
                yield f"{_tag(element)}: {'; '.join(said)}" if said else ""
                yield from map(_field, children)  # entries of a list
                continue
            yield "; ".join(filter(None, (*said, *map(_field, children))))
        else:
            yield f"{_tag(element)}: {'; '.join(said)}" if said else ""
            stack += reversed(children)


def _field(element: etree._Element) -> str:
    said, text = "; ".join(_attributes(element)), _shown(element.text or "")
    if said and text:
        return f"{_tag(element)} ({said}): {text}"
    return f"{_tag(element)}: {said or text}" if said or text else ""


def _shown(text: str) -> str:
    """Returns a text as one line; a page that it holds as markup, as feeds do, without its tags."""
    if _PAGE.search(text):
        text = "\n".join(block.text for block in html_blocks(text)[1])
    return join_lines(clean(text))


def _tag(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _attributes(element: etree._Element) -> list[str]:
    """Returns what the attributes of an element say, without those that are about the file."""
    found = ((etree.QName(key), " ".join(clean(value).split())) for key, value in element.attrib.items())
    return [f"{key.localname}: {value}" for key, value in found if value and key.namespace not in _ABOUT_THE_FILE]
