"""Reads internet messages: .eml, Apple's .emlx, pages saved as .mhtml, and mailboxes (.mbox)."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path, PurePosixPath

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.mail_bodies import Bodies
from ingest.parsing.containers.mail_fields import header
from ingest.parsing.formats.decoding import decode
from rag.errors import CorruptDocumentError, EncryptedDocumentError
from rag.types import ExtractedText

_FROM_LINE = re.compile(rb"(?:^|\r?\n\r?\n|\A)From \S[^\r\n]*\r?\n(?=[A-Za-z][\w-]*:|>From )")
_MOST_MESSAGES = 20_000
_LENGTH_LINE = re.compile(rb"\A(\d{1,12})[ \t]*\r?\n")


def read_eml(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the text of a message: its headers, then its bodies and attachments in their order.

    Raises:
        EncryptedDocumentError: nothing of it can be read because it is encrypted.
        CorruptDocumentError: it has neither headers nor a body, or its text cannot be decoded.
    """
    bodies = Bodies(name=name, files=files)
    message = _parsed(without_length(path.read_bytes()), name)
    subject, blocks = bodies.message(message)
    if bodies.sealed and not bodies.found:
        raise EncryptedDocumentError(name)
    return _text(blocks, subject, name, bodies)


def read_mhtml(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the text of a page that was saved with its pictures, without these.

    Raises:
        CorruptDocumentError: it holds no page.
    """
    bodies = Bodies(name=name, files=files)
    message = _parsed(path.read_bytes(), name)
    pages = [part for part in message.walk() if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    if not pages:
        pages = [part for part in message.walk() if part.get_content_maintype() == "text"][:1]
    blocks = [block for part in pages for block in bodies.page(part)]
    pictures = sum(1 for part in message.walk() if part.get_content_maintype() == "image")
    if pictures:
        files.warn(f"pictures of the page: {pictures} were not read")
    return _text(blocks, header(message, "Subject"), name, bodies)


def read_mbox(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the texts of the messages in a mailbox, each below its subject.

    Raises:
        CorruptDocumentError: it holds no message.
    """
    bodies = Bodies(name=name, files=files)
    blocks: list[Block] = []
    for number, content in enumerate(_messages(path.read_bytes()), start=1):
        if number > _MOST_MESSAGES:
            files.warn(f"messages after the first {_MOST_MESSAGES:,} were not read")
            break
        bodies.begin()
        try:
            blocks += bodies.message(_parsed(content, name))[1]
        except CorruptDocumentError:
            files.warn(f"message {number} was not read: it has no mail headers, or no text that can be decoded")
    if not blocks:
        raise CorruptDocumentError(name, "it holds no messages")
    return replace(_text(blocks, "", name, bodies), title=PurePosixPath(name).stem or name)


def without_length(data: bytes) -> bytes:
    """Returns a message without the line with its length above it, and without the properties below it (.emlx)."""
    found = _LENGTH_LINE.match(data)
    return data[found.end() : found.end() + int(found[1])] if found else data


def _text(blocks: list[Block], title: str, name: str, bodies: Bodies) -> ExtractedText:
    return assemble(
        blocks,
        title=choose_title(title, (), name),
        parser="email",
        warnings=tuple(bodies.files.warnings),
        left_out=tuple(bodies.files.left_out),
    )


def _parsed(data: bytes, name: str) -> Message:
    message = email.message_from_bytes(_as_bytes(data, name), policy=email.policy.default)
    if not message.keys():
        raise CorruptDocumentError(name, "it has no mail headers")
    return message


def _as_bytes(data: bytes, name: str) -> bytes:
    """Returns a message in a superset of ASCII: some programs save mail as UTF-16."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:1_000].count(0) * 4 >= max(1, len(data[:1_000]))
    return decode(data, name=name).lstrip("\ufeff").encode("utf-8") if is_wide else data.lstrip(b"\xef\xbb\xbf\r\n")


def _messages(data: bytes) -> Iterator[bytes]:
    """Yields the messages of a mailbox, whose lines ``>From`` lose their mark (mboxrd)."""
    starts = list(_FROM_LINE.finditer(data))
    ends = [match.start() for match in starts[1:]] + [len(data)]
    for match, end in zip(starts, ends, strict=False):
        content = data[match.end() : end]
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", content)
