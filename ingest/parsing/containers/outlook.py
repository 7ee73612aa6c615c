"""Reads Outlook files (.msg): mails, appointments, tasks and contacts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import default
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.mail_bodies import Bodies, head_blocks
from ingest.parsing.containers.mail_fields import header
from ingest.parsing.containers.outlook_body import body_blocks
from ingest.parsing.containers.outlook_storage import Item, OleFileError, open_message
from ingest.parsing.containers.signed_messages import signed_content
from rag.errors import CorruptDocumentError, EncryptedDocumentError
from rag.types import ExtractedText

_CLASS, _SUBJECT, _HEADERS, _PLAIN, _RTF, _HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
_SENDER_NAME, _SENDER_ADDRESSES, _ON_BEHALF = 0x0C1A, (0x5D01, 0x0C1F), 0x0042
_SENT, _DELIVERED = 0x0039, 0x0E06
_NAME, _ADDRESSES, _RECIPIENT_KIND = 0x3001, (0x39FE, 0x3003), 0x0C15
_RECIPIENTS = {"To": 1, "Cc": 2, "Bcc": 3}
_LONG_NAME, _SHORT_NAME, _CONTENT, _CONTENT_ID = 0x3707, 0x3704, 0x3701, 0x3712
_APPOINTMENT, _TASK, _CONTACT = 0x00062002, 0x00062003, 0x00062004
_DETAILS = (
    ("Start", 0x820D, _APPOINTMENT),
    ("End", 0x820E, _APPOINTMENT),
    ("Location", 0x8208, _APPOINTMENT),
    ("Repeats", 0x8232, _APPOINTMENT),
    ("Start", 0x8104, _TASK),
    ("Due", 0x8105, _TASK),
    ("Owner", 0x811F, _TASK),
    ("Company", 0x3A16, 0),
    ("Job title", 0x3A17, 0),
    ("Department", 0x3A18, 0),
    ("E-mail", 0x8083, _CONTACT),
    ("E-mail", 0x8093, _CONTACT),
    ("Phone (business)", 0x3A08, 0),
    ("Phone (mobile)", 0x3A1C, 0),
    ("Phone (home)", 0x3A09, 0),
    ("Fax", 0x3A24, 0),
    ("Address (business)", 0x801B, _CONTACT),
    ("Address (home)", 0x801A, _CONTACT),
    ("Web page", 0x3A51, 0),
    ("Birthday", 0x3A42, 0),
)
_ENCRYPTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_SIGNED_CLASS = "ipm.note.smime.multipartsigned"
_EMBEDDED_MESSAGE = "__substg1.0_3701000D"
_MAX_DEPTH = 3
_MAX_ATTACHMENTS = 1_000


def read_msg(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the text of an Outlook message: headers, body, attachments.

    Raises:
        EncryptedDocumentError: the body is encrypted.
        CorruptDocumentError: it is damaged.
    """
    try:
        message = open_message(path, name)
        if _is_encrypted(message):
            raise EncryptedDocumentError(name)
        subject, blocks = _blocks(message, files)
    except OleFileError as error:
        raise CorruptDocumentError(name, "its container is damaged") from error
    return assemble(
        blocks,
        title=choose_title(subject, (), name),
        parser="olefile",
        warnings=tuple(files.warnings),
        left_out=tuple(files.left_out),
    )


def _blocks(
    message: Item, files: InnerFiles, *, above: tuple[str, ...] = (), depth: int = 0
) -> tuple[str, list[Block]]:
    subject = " ".join(clean(message.text(_SUBJECT)).split())
    attachments = message.parts("__attach_version1.0_#")[:_MAX_ATTACHMENTS]
    names = [each.text(_LONG_NAME, _SHORT_NAME, _NAME) for each in attachments]
    blocks = head_blocks(subject, [*_headers(message), *_details(message)], names, above)
    inside = (*above, subject) if subject else above
    body = body_blocks(
        html=message.data(_HTML) or message.text(_HTML).encode("utf-8", "replace"),
        rtf=message.data(_RTF),
        plain=message.text(_PLAIN),
        declared=message.encodings[::-1],  # a page is in the code page of the internet
        name=message.name,
        files=files,
    )
    blocks += [replace(block, path=(*inside, *(block.path or ()))) for block in body]
    for attachment, shown in zip(attachments, names, strict=True):
        blocks += _attached(attachment, shown, files, above=inside, depth=depth)
    return subject, blocks


def _headers(message: Item) -> Iterator[tuple[str, str]]:
    headers = message_from_string(message.text(_HEADERS), policy=default)
    yield "From", header(headers, "From") or _sender(message)
    recipients = message.parts("__recip_version1.0_#")
    for kind, number in _RECIPIENTS.items():
        shown = [_person(each) for each in recipients if (each.number(_RECIPIENT_KIND) & 0xF or 1) == number]
        yield kind, ", ".join(filter(None, shown))
    yield "Date", message.time(_SENT) or message.time(_DELIVERED) or header(headers, "Date")


def _sender(message: Item) -> str:
    addresses = [message.text(number) for number in _SENDER_ADDRESSES]
    return _named(message.text(_SENDER_NAME, _ON_BEHALF), addresses)


def _person(recipient: Item) -> str:
    return _named(recipient.text(_NAME), [recipient.text(number) for number in _ADDRESSES])


def _named(name: str, addresses: list[str]) -> str:
    """Returns a name with its address; those within an Exchange server, which begin with a slash, say nothing."""
    address = next((each for each in addresses if "@" in each), "")
    return f"{name} <{address}>" if address and name and address not in name else name or address


def _details(message: Item) -> Iterator[tuple[str, str]]:
    """Yields what the other kinds of items hold: appointments, tasks and contacts."""
    for label, number, property_set in _DETAILS:
        found = message.named(property_set, number) if property_set else number
        if found:
            yield label, message.time(found) or message.text(found)


def _attached(attachment: Item, shown: str, files: InnerFiles, *, above: tuple[str, ...], depth: int) -> list[Block]:
    embedded = attachment.embedded(_EMBEDDED_MESSAGE)
    if embedded is not None:
        if depth >= _MAX_DEPTH:
            files.warn("messages deep in others were not read")
            return []
        return _blocks(embedded, files, above=(*above, shown or "Attached message"), depth=depth + 1)[1]
    content = attachment.data(_CONTENT)
    if not content:
        if shown:
            files.warn(f"'{shown}' was not read: the message holds only its name")
        return []
    if signed := signed_content(content):
        return Bodies(name=attachment.name, files=files).part(message_from_bytes(signed, policy=default), above=above)
    is_ornament = bool(attachment.text(_CONTENT_ID))
    return files.blocks(content, shown or "attachment", above=above, is_ornament=is_ornament)


def _is_encrypted(message: Item) -> bool:
    kind = message.text(_CLASS).lower()
    attached = message.parts("__attach_version1.0_#")
    if kind.startswith(_SIGNED_CLASS) or any(signed_content(each.data(_CONTENT)) for each in attached):
        return False
    headers: Message = message_from_string(message.text(_HEADERS))
    if kind.startswith(_ENCRYPTED_CLASSES) or "encrypted" in headers.get("Content-Type", ""):
        return True
    names = {each.text(_LONG_NAME, _SHORT_NAME, _NAME).lower() for each in attached}
    return not names.isdisjoint({"smime.p7m", "message.rpmsg"})
