"""Reads headers and parameters of mail as they are meant, also where they are badly formed."""

from __future__ import annotations

import re
from binascii import a2b_base64
from contextlib import suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import default

from ingest.parsing.blocks.assembly import clean
from ingest.parsing.formats.decoding import decode
from rag.errors import CitewellError

_BOUNDARY = re.compile(rb"^--(\S[^\r\n]{0,80})\r?\n(?=Content-)", re.MULTILINE | re.IGNORECASE)
_UNQUOTED = re.compile(r"\b(?:file)?name=([^\s\"';*][^;\"\r\n]*)", re.IGNORECASE)


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
        name = ""
    unquoted = _unquoted_name(part)
    name = unquoted if len(unquoted) > len(name) else name
    if "=?" in name:
        try:
            name = str(make_header(decode_header(name)))
        except (LookupError, ValueError, UnicodeError):
            return name
    return " ".join(clean(name).split())


def divided(part: Message) -> Message:
    """Returns a part that should hold others and does not, because it names no boundary or a wrong one.

    It is divided at the first line that looks like a boundary; without one it is text.
    """
    data = payload(part)
    found = _BOUNDARY.search(data)
    kind = part.get_content_type().encode("ascii", "replace") if found else b"text/plain"
    head = b"Content-Type: " + kind
    if found:
        head += b'; boundary="' + found[1].replace(b'"', b"") + b'"'
    again = message_from_bytes(head + b"\n\n" + data, policy=default)
    return again if again.is_multipart() else message_from_bytes(b"Content-Type: text/plain\n\n" + data, policy=default)


def unpacked(message: Message, part: Message) -> Message:
    """Returns an attached message, which some programs encode as a whole although RFC 2046, 5.2.1 forbids it."""
    if message.keys() or str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return message
    try:
        return message_from_bytes(a2b_base64(payload(message)), policy=default)
    except ValueError:
        return message


def _unquoted_name(part: Message) -> str:
    """Returns a name with spaces that should be in quotation marks and is not."""
    for key, value in part.raw_items():
        if key.lower() in {"content-disposition", "content-type"} and (found := _UNQUOTED.search(str(value))):
            return found[1].strip()
    return ""
