"""Counts what texts, pages and mail hold, in the plainest way; see ``ingest/parsing/completeness.py``."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

from ingest.parsing.formats.decoding import declared_encodings, decode, decode_file

_TEXT, _PAGE, _MAIL, _VALUES = "the text", "the page", "the mail", "the values"
_NO_TEXT = frozenset(
    "script style template noscript title iframe object embed audio video canvas svg math option rp button textarea "
    "datalist dialog nav head".split()
)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_SECTION = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<binary\b.*?(?:</binary>|\Z)|<!DOCTYPE[^\[>]*+(?:\[.*?(?:\]\s*+>|\Z)|>)|<[^<>]*+>", re.DOTALL
)
_LENGTH_LINE = re.compile(rb"\A(\d{1,12})\s*\n")
_SETTING = re.compile(r"^[ \t]*(?:export|set)[ \t]", re.MULTILINE)
_FRONT_FENCE = re.compile(r"\A\ufeff?(?:---|\+\+\+)[ \t]*$", re.MULTILINE)
_NOT_SHOWN_IN_MARKDOWN = re.compile(
    r"^[ \t]*+\[[^\]\n]++\]:[^\n]*+$|^[ \t]*+(?:```|~~~)[^\n]*+$|\]\[[^\]\n]*+\]"
    r"|(?P<opener><!--|<[a-zA-Z/!]|\]\(|\[\^(?!\])|\{[#.:])"
    r"|^[ \t]*+(?:!!!|\?\?\?\+?|===[+!]?|:{3,})[ \t]*+[\w-]*+"
    r"|^[ \t>]*+(?:[-*+][ \t]++)?\d{1,9}[.)][ \t]|^[ \t:|-]++$|&#?\w++;|\\",
    re.MULTILINE,
)
_CLOSERS = (("<!--", "-->", False), ("<", ">", False), ("](", ")", True), ("[^", "]", True), ("{", "}", True))


def held_in_text(path: Path) -> Mapping[str, list[str]]:
    """Returns the lines of a file that is nothing but text."""
    return {_TEXT: decode_file(path, path.name).splitlines()}


def held_in_settings(path: Path) -> Mapping[str, list[str]]:
    """Returns the lines of a file of ``key = value``, without the words by which shells set them."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), decode_file(path, path.name))
    return {_TEXT: _SETTING.sub("", text).splitlines()}


def held_in_html(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts between the tags of a page, without scripts, styles and the fields of forms."""
    return {_PAGE: _page_texts(decode_file(path, path.name))}


def held_in_markdown(path: Path) -> Mapping[str, list[str]]:
    """Returns the lines of a Markdown file without tags, addresses and the names of links."""
    text = decode_file(path, path.name)
    return {_TEXT: _shown_in_markdown(_FRONT_FENCE.sub("", text)).splitlines()}


def held_in_json(path: Path) -> Mapping[str, list[str]]:
    """Returns the names and values of a JSON file, or of one that holds a value a line."""
    text = decode_file(path, path.name)
    try:
        values = [json.loads(text)]
    except ValueError:
        return held_in_text(path)
    return {_VALUES: [each for value in values for each in _scalars(value)]}


def held_in_xml(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts between the tags of an XML file."""
    text = _SECTION.sub(lambda section: escape(section[1]), decode_file(path, path.name))
    return {_TEXT: [_MARKUP.sub(" ", unescape(unescape(piece))) for piece in _MARKUP.split(text)]}


def held_in_mail(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of a message: of alternatives the page, of all other parts each that is text."""
    texts = [(_page_texts(text) if is_page else re.split(r"\n", text)) for is_page, text in mail_texts(path)]
    return {_MAIL: [line for lines in texts for line in lines]} if texts else {}


def mail_texts(path: Path) -> Iterator[tuple[bool, str]]:
    """Yields the texts of a message as they are in it, each with whether it is a page."""
    data = path.read_bytes()
    if length := _LENGTH_LINE.match(data):
        data = data[length.end() : length.end() + int(length[1])]
    if data[:1_000].count(0):  # a message saved as UTF-16: its parts cannot be told so plainly
        return
    message = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf\r\n"), policy=email.policy.default)
    for part in _bodies(message):
        yield part.get_content_type() == "text/html", _decoded(part, path.name)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._hidden = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if self._hidden:
            self._depth += tag == self._hidden
        elif tag in _NO_TEXT and tag != "embed":
            self._hidden, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._depth -= 1
            self._hidden = self._hidden if self._depth else ""

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(data)


def _page_texts(markup: str) -> list[str]:
    parser = _Texts()
    parser.feed(markup)
    parser.close()
    return parser.texts


def _scalars(value: object) -> Iterator[str]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            stack += [*current.keys(), *current.values()]
        elif isinstance(current, list):
            stack += current
        elif isinstance(current, str):
            yield current
        elif current is not None and not isinstance(current, bool | float):
            yield str(current)


def _shown_in_markdown(text: str) -> str:
    kept: list[str] = []
    next_places: dict[str, int] = {}
    start = after = 0
    while found := _NOT_SHOWN_IN_MARKDOWN.search(text, after):
        end = _closed_at(text, found, next_places) if found["opener"] else found.end()
        after = end or found.start() + 1
        if end:
            kept.append(text[start : found.start()])
            start = end
    return "\n".join([*kept, text[start:]])


def _closed_at(text: str, opened: re.Match[str], next_places: dict[str, int]) -> int:
    """Returns the end of what ``opened`` begins, or 0 if nothing closes it; each place is looked for only once."""
    for opener, closer, is_in_line in _CLOSERS:
        if opened["opener"].startswith(opener):
            for mark in (closer, "\n"):
                if next_places.get(mark, -1) < opened.end():
                    place = text.find(mark, opened.end())
                    next_places[mark] = place if place >= 0 else len(text)
            place = next_places[closer]
            if place < len(text) and not (is_in_line and next_places["\n"] < place):
                return place + len(closer)
    return 0


def _bodies(message: Message) -> Iterator[Message]:
    stack = [message]
    while stack:
        part = stack.pop()
        children = part.get_payload() if part.is_multipart() else []
        parts = [child for child in children if isinstance(child, Message)] if isinstance(children, list) else []
        if part.get_content_type() == "multipart/alternative":
            pages = [child for child in parts if child.get_content_type() == "text/html"]
            stack += pages or parts[:1]
        elif parts and str(part.get("Content-Transfer-Encoding", "")).lower() != "base64":
            stack += parts
        elif part.get_content_type() in {"text/plain", "text/html"} and not part.get_filename():
            yield part


def _decoded(part: Message, name: str) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return decode(data, name=name, declared=[*([charset] if charset else []), *declared_encodings(data)])
