"""Reads headers and parameters of mail as they are meant, also where they are badly formed."""

from __future__ import annotations

from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message

from ingest.parsing.blocks.assembly import clean
from ingest.parsing.formats.decoding import decode
from rag.errors import CitewellError


def header(message: Message, name: str) -> str:
    """Returns a header as it is meant: decoded, also where it is badly formed."""
    try:
        value = str(message.get(name, ""))
    except Exception:  # noqa: BLE001 - the standard library fails in many ways over damaged headers
        value = next((str(raw) for key, raw in message.raw_items() if key.lower() == name.lower()), "")
    if "=?" in value:
        with suppress(LookupError, ValueError, UnicodeError):
            value = str(make_header(decode_header(value)))
    if any("\udc80" <= character <= "\udcff" for character in value) or "\ufffd" in value:
        raw = next((str(raw) for key, raw in message.raw_items() if key.lower() == name.lower()), value)
        try:
            value = decode(raw.encode("utf-8", "surrogateescape"), name=name)
        except (CitewellError, UnicodeError):
            value = value.encode("utf-8", "replace").decode("utf-8")
    return value


def payload(part: Message) -> bytes:
    """Returns the bytes of a part, decoded from their transfer encoding."""
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return found if isinstance(found, bytes) else b""


def disposition(part: Message) -> str:
    """Returns ``inline`` or ``attachment``, empty if neither is said."""
    return str(part.get("Content-Disposition", "")).split(";")[0].strip().lower()


def parameter(part: Message, name: str) -> str:
    """Returns a parameter of a part's content type, empty if there is none."""
    try:
        value = part.get_param(name, "")
    except (ValueError, LookupError):
        return ""
    return value if isinstance(value, str) else ""


def charset(part: Message) -> str | None:
    """Returns the character set that a part names."""
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, UnicodeError):
        return None


def file_name(part: Message) -> str:
    """Returns the name of the file that a part is, empty if it has none."""
    try:
        name = str(part.get_filename() or "")
    except (LookupError, ValueError, TypeError):
        return ""
    if "=?" in name:
        try:
            name = str(make_header(decode_header(name)))
        except (LookupError, ValueError, UnicodeError):
            return name
    return " ".join(clean(name).split())
