"""Decodes bytes to text, with the encoding found in the bytes themselves."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import charset_normalizer

from rag.errors import CorruptDocumentError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*+=\s*+["']?+\s*+([A-Za-z0-9_:.-]{2,40})""")
_SAMPLE_BYTES = 65_536
_DECLARATION_BYTES = 4_096
# Mail and old pages that name these use their supersets (WHATWG Encoding Standard, labels).
_SUPERSETS = {
    "unicode-1-1-utf-7": "utf-7",
    "hz-gb-2312": "hz",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "big5": "cp950",
}
# Encodings in real use; the detector's rarer ones win on short texts by chance.
_GUESSED = (
    "cp1252 cp1250 cp1251 koi8_r cp866 gb18030 cp932 euc_jp big5 cp949 cp1253 cp1254 cp1255 cp1256 iso2022_jp cp874"
).split()
_WITHIN_ASCII = frozenset({"utf-7", "unicode-1-1-utf-7", "hz-gb-2312", "hz"})
"""Encodings that look like ASCII, so that only a declaration tells them."""
_CHAOS_TIE = 0.005
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_C1 = re.compile(r"[\x80-\x84\x86-\x9f]")
_TWICE = re.compile(r"[\xc2-\xf4][\x80-\xbf]{1,3}")
_STRAY = re.compile(r"[\udc80-\udcff]")
_FEWEST_OTHERS = 20
_MAX_CONTROL_SHARE = 0.002


def decode(data: bytes, *, name: str, declared: Sequence[str] = ()) -> str:
    """Returns ``data`` as text: by byte order mark, as UTF-8, by a declared encoding, or by a guessed one.

    Its lines end in line feeds.

    Raises:
        CorruptDocumentError: no encoding gives plausible text.
    """
    return with_line_feeds(_decoded(data.removeprefix(codecs.BOM_UTF8), name, declared))


def with_line_feeds(text: str) -> str:
    """Returns a text whose lines end in line feeds alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def decode_file(path: Path, name: str) -> str:
    """Returns the text of a file, decoded with the encodings that its head declares."""
    data = path.read_bytes()
    return decode(data, name=name, declared=declared_encodings(data))


def declared_encodings(data: bytes) -> tuple[str, ...]:
    """Returns the encodings that the head of an HTML or XML file names."""
    found = _DECLARED.findall(data[:_DECLARATION_BYTES])
    return tuple(encoding.decode("ascii") for encoding in found)


def _decoded(data: bytes, name: str, declared: Sequence[str]) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data, encoding, name)
    if data[:_SAMPLE_BYTES].count(0) * 4 >= len(data[:_SAMPLE_BYTES]) > 0:
        return _strict(data, _wide_encoding(data), name)
    text = next(_declared_texts(data, [each for each in declared if each.lower() in _WITHIN_ASCII]), None)
    if text is None:
        text = _as_utf_8(data)
    if text is None:
        text = next(_declared_texts(data, declared), None)
    return _detected(data, name) if text is None else text


def _declared_texts(data: bytes, encodings: Sequence[str]) -> Iterator[str]:
    attempts = (_attempt(data, encoding) for encoding in encodings)
    yield from (text for text in attempts if text is not None)


def _as_utf_8(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _nearly_utf_8(data)
    return None if "\x1b" in text else _read_twice(text)  # ISO-2022 mail is ASCII with escapes


def _nearly_utf_8(data: bytes) -> str | None:
    """Returns UTF-8 in which a few bytes are of a Western encoding, as where texts were joined; None if it is not."""
    text = data.decode("utf-8", "surrogateescape")
    strange = len(_STRAY.findall(text))
    others = len(text) - strange - sum(map(str.isascii, text))
    if others < _FEWEST_OTHERS * strange:
        return None
    return _STRAY.sub(lambda match: bytes([ord(match[0]) - 0xDC00]).decode("cp1252", "replace"), text)


def _read_twice(text: str) -> str:
    """Repairs UTF-8 that was read as Latin-1 and encoded as UTF-8 again; C1 controls show where."""
    return _TWICE.sub(_once, text) if _C1.search(text) else text


def _once(match: re.Match[str]) -> str:
    try:
        return match.group().encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match.group()


def _wide_encoding(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _strict(data: bytes, encoding: str, name: str) -> str:
    unit = 4 if encoding == "utf-32" else 2
    try:
        return data[: len(data) - len(data) % unit].decode(encoding)  # a line feed is often added as a single byte
    except UnicodeDecodeError as error:
        raise CorruptDocumentError(name, f"its text is not valid {encoding}") from error


def _attempt(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(_SUPERSETS.get(encoding.lower(), encoding))
    except (UnicodeDecodeError, LookupError):
        return None
    return text if _is_plausible(text) else None


def _is_plausible(text: str) -> bool:
    return len(_CONTROL.findall(text[:_SAMPLE_BYTES])) <= len(text[:_SAMPLE_BYTES]) * _MAX_CONTROL_SHARE


def _detected(data: bytes, name: str) -> str:
    for encoding in likely_encodings(data):
        text = _attempt(data, encoding)
        if text is not None:
            return text
    raise CorruptDocumentError(name, "the encoding of its text cannot be told; save it as UTF-8")


def likely_encodings(data: bytes) -> tuple[str, ...]:
    """Returns the encodings that bytes seem to have, the most likely one first; none if nothing can be told."""
    matches = list(charset_normalizer.from_bytes(data[:_SAMPLE_BYTES], cp_isolation=list(_GUESSED)))
    if not matches:
        return ()
    best = matches[0]
    rivals = [match for match in matches if match.chaos <= best.chaos + _CHAOS_TIE]
    # cp1252 is by far the most frequent of the encodings that read Western text alike
    western = [match for match in rivals if "cp1252" in match.could_be_from_charset]
    return ("cp1252", best.encoding) if western else (best.encoding,)
