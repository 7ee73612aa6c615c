"""Reads calendars (iCalendar, RFC 5545) and address cards (vCard, RFC 6350), which share their line format."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_blocks import html_blocks
from ingest.parsing.formats.plain_text import text_blocks
from rag.errors import CorruptDocumentError
from rag.types import ElementKind

_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n(?=[^\n])")
_LINE = re.compile(r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)?)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([nN,;:\\])")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_ZONE = re.compile(r";TZID=\"?([^;:\"]{1,100})", re.IGNORECASE)
_NAMES = {
    "DTSTART": "start",
    "DTEND": "end",
    "DUE": "due",
    "RRULE": "repeats",
    "EXDATE": "except",
    "ATTENDEE": "attendee",
    "ORGANIZER": "organizer",
    "FN": "name",
    "ORG": "organization",
    "TEL": "telephone",
    "ADR": "address",
    "BDAY": "birthday",
    "X-WR-CALNAME": "calendar",
}
_SKIPPED = frozenset(
    "UID DTSTAMP CREATED LAST-MODIFIED SEQUENCE VERSION PRODID CALSCALE METHOD TRANSP N REV PHOTO LOGO KEY SOUND TZID "
    "TZOFFSETFROM TZOFFSETTO TZNAME TZURL X-WR-TIMEZONE ATTACH BEGIN END".split()
)
_PARTS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VCARD", "VFREEBUSY"})
_MAX_DEPTH = 20


@dataclass(slots=True, kw_only=True)
class _Part:
    kind: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    description: str = ""
    page: str = ""


def read_calendar(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the blocks of a calendar or of address cards.

    Raises:
        CorruptDocumentError: it has no entry.
    """
    blocks = calendar_blocks(decode_file(path, name))
    if not blocks:
        raise CorruptDocumentError(name, "it holds no entries")
    return "", blocks


def calendar_blocks(text: str) -> list[Block]:
    """Returns a line for each entry with its names and values, and its description as paragraphs."""
    blocks: list[Block] = []
    for part in _parts(_FOLD.sub("", text)):
        line = "; ".join(f"{name}: {value}" for name, value in part.pairs)
        if line:
            blocks.append(Block(kind=ElementKind.TABLE, text=clean(line).replace("\n", " ")))
        about = tuple(value for name, value in part.pairs if name in {"summary", "name"})[:1]
        described = text_blocks(part.description) if part.description.strip() else html_blocks(part.page)[1]
        blocks += [replace(block, path=about) for block in described]
    return [block for block in blocks if block.text]


def _parts(text: str) -> Iterator[_Part]:
    stack: list[_Part] = []
    for name, options, value in _lines(text):
        if name == "BEGIN" and len(stack) < _MAX_DEPTH:
            stack.append(_Part(kind=value.strip().upper()))
        elif name == "END" and stack:
            part = stack.pop()
            if part.kind in _PARTS or (part.pairs and part.kind == "VCALENDAR"):
                yield part
        elif stack and (stack[-1].kind in _PARTS or name == "X-WR-CALNAME") and name not in _SKIPPED:
            if name == "DESCRIPTION":
                stack[-1].description = _plain(value)
            elif name == "X-ALT-DESC":
                stack[-1].page = _plain(value)
            elif shown := _value(name, options, value):
                stack[-1].pairs.append((_NAMES.get(name, name.removeprefix("X-").replace("-", " ").lower()), shown))


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    joined = _SOFT_BREAK.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text
    for line in joined.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        value = found[3]
        if "QUOTED-PRINTABLE" in found[2].upper():
            value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
        yield found[1].rpartition(".")[2].upper(), found[2], value


def _value(name: str, options: str, value: str) -> str:
    if name in {"ATTENDEE", "ORGANIZER"}:
        shown = re.search(r"CN=\"?([^;\":]+)", options, re.IGNORECASE)
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return f"{shown[1]} ({address})" if shown else address
    if _DATE.fullmatch(value.split(",", maxsplit=1)[0]):
        zone = _ZONE.search(options)
        return ", ".join(_date(each) for each in value.split(",")) + (f" ({zone[1]})" if zone else "")
    if name in {"ADR", "ORG", "N"}:
        return ", ".join(part for part in map(_plain, re.split(r"(?<!\\);", value)) if part.strip())
    return " ".join(_plain(re.sub(r"^(?:mailto|tel):", "", value, flags=re.IGNORECASE)).split())


def _date(value: str) -> str:
    found = _DATE.fullmatch(value)
    if found is None:
        return value
    day = f"{found[1]}-{found[2]}-{found[3]}"
    return day if found[4] is None else f"{day} {found[4]}:{found[5]}{' UTC' if found[7] else ''}"


def _plain(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
