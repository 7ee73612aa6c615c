"""Prepares Rich Text (RTF) for Pandoc, which takes all of it for Western: characters of other code pages are named.

Outlook keeps the HTML of a mail within Rich Text (MS-OXRTFEX); it is taken out as it was. Pure.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import escape

_TOKEN = re.compile(
    rb"\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<word>[a-zA-Z]{1,40})(?P<number>-?\d{1,9})?+ ?+|\\(?P<sign>[^a-zA-Z'])"
    rb"|(?P<brace>[{}])|[\r\n]++|(?P<text>[^\\{}\r\n]++)|\\",
    re.DOTALL,
)
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
_FROM_HTML = re.compile(rb"\\fromhtml1\b")
_HEAD_BYTES = 4_096
_MAX_DEPTH = 1_000
_CHARSETS = {
    77: "mac-roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
_SYMBOLS = 2
_MAC_PAGE = 10_000
_WIDE = frozenset({"cp932", "cp949", "gb18030", "cp950"})
_SIGNED, _MAX_SIGNED = 0x10000, 0x7FFF
_APART = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pntext"})
_SHOWN = frozenset({b"shptxt", b"shprslt", b"fldrslt", b"nonshppict"})
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t"}
_CHARACTERS = {
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"endash": "–",
    b"emdash": "—",
}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group: the font, how many bytes stand for a named character again, the kind of group."""

    font: int = 0
    fallback: int = 1
    in_fonts: bool = False
    in_tag: bool = False
    is_ignored: bool = False


@dataclass(slots=True)
class _Reader:
    default: str
    takes_html: bool
    state: _State = field(default_factory=_State)
    written: list[str] = field(default_factory=list)
    _fonts: dict[int, str] = field(default_factory=dict)
    _outside: list[_State] = field(default_factory=list)
    _pending: bytearray = field(default_factory=bytearray)
    _skipped: int = 0
    _is_suppressed: bool = False

    def read(self, data: bytes) -> str:
        position = 0
        while position < len(data):
            token = _TOKEN.match(data, position)
            if token is None:
                break
            position = token.end()
            if token["word"] == b"bin":
                position += max(0, int(token["number"] or 0))
            elif token["brace"] != b"}" or self._outside:
                self._take(token)
        self._flush()
        self._write_source(b"}" * len(self._outside))
        return "".join(self.written)

    def _take(self, token: re.Match[bytes]) -> None:
        if token["byte"] is not None:
            self._bytes(bytes.fromhex(token["byte"].decode("ascii")), token[0])
        elif token["text"] is not None:
            self._bytes(token["text"], token["text"])
        elif not token[0].strip(b"\r\n"):
            self._write_source(b"" if self._pending else b"\n")  # it ends a word before it, and divides no character
        else:
            self._flush()
            self._skipped = 0
            self._control(token)
            if token["word"] != b"u":
                self._write_source(token[0])
            elif not self.state.is_ignored:  # without a space after it Pandoc skips a letter too many
                self._write_source(token[0].rstrip(b" ") + b" ")

    def _bytes(self, content: bytes, source: bytes) -> None:
        if self._skipped:
            count = min(self._skipped, len(content))
            self._skipped -= count
            if not self.state.is_ignored:
                self._write_source(source[:count] if len(content) > 1 else source)
            content = content[count:]
        if not content:
            return
        if self._codec() == "symbol":
            self._write_source(source)
            return
        self._pending += content

    def _codec(self) -> str:
        return self._fonts.get(self.state.font, "") or self.default

    def _flush(self) -> None:
        if self._pending:
            text = bytes(self._pending).decode(self._codec(), "replace")
            self._pending.clear()
            self._write(text)

    def _write(self, text: str) -> None:
        if not self.takes_html:
            if self.state.is_ignored:  # names of styles: Pandoc takes groups in them for text
                text = text.encode("ascii", "ignore").decode("ascii")
            self.written += map(_named, text)
        elif not (self._is_suppressed or self.state.is_ignored):
            self.written.append(text if self.state.in_tag else escape(text, quote=False))

    def _write_source(self, source: bytes) -> None:
        if not self.takes_html:
            self.written.append(source.decode("latin-1"))

    def _control(self, token: re.Match[bytes]) -> None:
        word, number = token["word"], int(token["number"]) if token["number"] else None
        if token["brace"] == b"{" and len(self._outside) < _MAX_DEPTH:
            self._outside.append(self.state)
        elif token["brace"] == b"}" and self._outside:
            self.state = self._outside.pop()
        elif word is not None:
            self._word(word, number)
        elif token["sign"] == b"*":
            self.state = replace(self.state, is_ignored=True)
        elif token["sign"] in {b"{", b"}", b"\\"} and self.takes_html:
            self._write(token["sign"].decode("ascii"))
        elif token["sign"] == b"~" and self.takes_html:
            self._write("\xa0")

    def _word(self, word: bytes, number: int | None) -> None:
        state = self.state
        if word == b"f" and number is not None:
            self.state = replace(state, font=number)
        elif word == b"plain":
            self.state = replace(state, font=-1)
        elif word == b"uc" and number is not None:
            self.state = replace(state, fallback=min(number, 10))
        elif word == b"u" and number is not None:
            self._skipped = state.fallback
            if self.takes_html:
                self._write(chr(number % _SIGNED))
        elif word in {b"fcharset", b"cpg"} and state.in_fonts and number is not None:
            charset = "symbol" if word == b"fcharset" and number == _SYMBOLS else _CHARSETS.get(number, "")
            self._fonts[state.font] = _known(f"cp{number}") if word == b"cpg" else charset
        elif word in _APART or word in _SHOWN:
            self.state = replace(state, is_ignored=word in _APART, in_fonts=state.in_fonts or word == b"fonttbl")
        elif self.takes_html:
            self._html_word(word, number)

    def _html_word(self, word: bytes, number: int | None) -> None:
        if word == b"htmltag":
            self.state = replace(self.state, in_tag=True, is_ignored=False)
        elif word == b"htmlrtf":
            self._is_suppressed = number != 0
        elif word in _BREAKS or word in _CHARACTERS:
            self._write(_BREAKS.get(word) or _CHARACTERS[word])


def named_characters(data: bytes) -> str:
    """Returns Rich Text as ASCII: every other character by its number, pictures of bytes left out."""
    return _Reader(_default(data), takes_html=False).read(data)


def enclosed_html(data: bytes) -> str:
    """Returns the HTML that Rich Text encloses; empty if it encloses none."""
    return _as_markup(data) if _FROM_HTML.search(data[:_HEAD_BYTES]) else ""


def plain_markup(data: bytes) -> str:
    """Returns all that is shown of Rich Text as HTML, with nothing but its line breaks."""
    return _as_markup(data).replace("\n", "<br>\n")


def _as_markup(data: bytes) -> str:
    text = _Reader(_default(data), takes_html=True).read(data)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _default(data: bytes) -> str:
    found = _CODE_PAGE.search(data[:_HEAD_BYTES])
    number = int(found[1]) if found else 1252
    return "mac-roman" if number == _MAC_PAGE else _known("utf-8" if number == 65_001 else f"cp{number}") or "cp1252"  # noqa: PLR2004


def _known(codec: str) -> str:
    with suppress(LookupError):
        b"".decode(codec)
        "".encode(codec)
        return codec
    return ""


def _named(character: str) -> str:
    if character.isascii():
        return f"\\{character}" if character in "\\{}" else character
    units = character.encode("utf-16-le", "replace")
    return "".join(f"{{\\uc1\\u{_signed(units[at : at + 2])} ?}}" for at in range(0, len(units), 2))


def _signed(unit: bytes) -> int:
    number = int.from_bytes(unit, "little")
    return number - _SIGNED if number > _MAX_SIGNED else number
