"""Reads e-mail: internet messages (.eml) and Outlook files (.msg). The only place that imports ``oxmsg``."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

from oxmsg import Message

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import declared_encodings, decode
from ingest.parsing.formats.plain_text import text_blocks
from ingest.parsing.formats.unstructured_parser import html_blocks
from rag.errors import CorruptDocumentError, EncryptedDocumentError
from rag.types import ElementKind

_HEADERS = ("From", "To", "Cc", "Date")
_MAX_PARTS = 1_000
_TEXT_SEPARATOR = "\f"
_ENCRYPTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_ENCRYPTED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})


def read_eml(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the subject and the blocks of a message: its headers, then the body; attachments only by name.

    The HTML body is preferred, because it keeps tables.

    Raises:
        EncryptedDocumentError: the body is encrypted.
        CorruptDocumentError: it has neither headers nor a body, or its text cannot be decoded.
    """
    message = email.message_from_bytes(_as_bytes(path.read_bytes(), name), policy=email.policy.default)
    parts = [part for _, part in zip(range(_MAX_PARTS), message.walk(), strict=False)]
    if any(part.get_content_type() in _ENCRYPTED_TYPES and _is_sealed(part) for part in parts):
        raise EncryptedDocumentError(name)
    if not message.keys():
        raise CorruptDocumentError(name, "it has no mail headers")
    subject = clean(str(message.get("Subject", "")))
    lines = [f"{header}: {message[header]}" for header in _HEADERS if message[header]]
    attached = [str(part.get_filename()) for part in parts if part.get_filename()]
    return subject, [*_head(subject, lines, attached), *_body(parts, name)]


def read_msg(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the same as ``read_eml`` for an Outlook file.

    Raises:
        EncryptedDocumentError: the body is encrypted.
    """
    message = Message.load(str(path))
    if message.message_class.lower().startswith(_ENCRYPTED_CLASSES) or _holds_sealed(message):
        raise EncryptedDocumentError(name)
    recipients = ", ".join(recipient.name or recipient.email_address or "" for recipient in message.recipients)
    markup = message.html_body or ""
    subject, sender, recipients, content = _guessed_again(
        (message.subject, message.sender or "", recipients, markup if markup.strip() else message.body or ""), name
    )
    date = message.sent_date.isoformat(sep=" ", timespec="minutes") if message.sent_date else ""
    pairs = (("From", sender), ("To", recipients), ("Date", date))
    attached = [attachment.file_name or "" for attachment in message.attachments]
    head = _head(subject, [f"{header}: {value}" for header, value in pairs if value], attached)
    return subject, [*head, *(html_blocks(content)[1] if markup.strip() else text_blocks(content))]


def _as_bytes(data: bytes, name: str) -> bytes:
    """Returns a message in a superset of ASCII: some programs save mail as UTF-16."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:1_000].count(0) * 4 >= len(data[:1_000])
    return decode(data, name=name).lstrip("\ufeff").encode("utf-8") if is_wide else data.lstrip(b"\xef\xbb\xbf")


def _is_sealed(part: EmailMessage) -> bool:
    return part.get_content_type() == "multipart/encrypted" or part.get_param("smime-type") != "signed-data"


def _holds_sealed(message: Message) -> bool:
    if "encrypted" in message.message_headers.get("Content-Type", ""):
        return True
    return any(
        (attachment.file_name or "").lower() in {"smime.p7m", "message.rpmsg"} for attachment in message.attachments
    )


def _head(subject: str, lines: Sequence[str], attached: Sequence[str]) -> Iterator[Block]:
    if subject:
        yield Block(kind=ElementKind.HEADING, text=subject.replace("\n", " "), level=0)
    shown = [*lines, *([f"Attachments: {', '.join(filter(None, attached))}"] if any(attached) else [])]
    for line in shown:
        yield Block(kind=ElementKind.LIST_ITEM, text=" ".join(clean(line).split()))


def _body(parts: Sequence[EmailMessage], name: str) -> list[Block]:
    readers: tuple[tuple[str, Callable[[str], list[Block]]], ...] = (
        ("text/html", lambda text: html_blocks(text)[1]),
        ("text/plain", text_blocks),
    )
    for content_type, read in readers:
        chosen = [part for part in parts if part.get_content_type() == content_type and not part.is_attachment()]
        blocks = [block for part in chosen for block in read(_decoded(part, name))]
        if blocks:
            return blocks
    return []


def _decoded(part: EmailMessage, name: str) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return decode(data, name=name, declared=[*([charset] if charset else []), *declared_encodings(data)])


def _guessed_again(texts: Sequence[str], name: str) -> Sequence[str]:
    """Returns texts that were read as Latin-9 because no code page is declared, decoded by a guessed encoding.

    It is guessed from all of them together: a subject alone is too short.
    """
    joined = _TEXT_SEPARATOR.join(text.replace(_TEXT_SEPARATOR, " ") for text in texts)
    try:
        data = joined.encode("iso-8859-15")
    except UnicodeEncodeError:
        return texts
    return texts if joined.isascii() else decode(data, name=name).split(_TEXT_SEPARATOR)
