"""Reads Outlook files (.msg). The only place that imports ``oxmsg``."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from oxmsg import Message
from oxmsg.attachment import Attachment
from oxmsg.domain import constants
from oxmsg.properties import Properties

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.mail_bodies import head_blocks
from ingest.parsing.containers.quoting import marked, plain_blocks
from ingest.parsing.containers.tnef import rtf_markup
from ingest.parsing.formats.decoding import decode
from ingest.parsing.formats.html_blocks import page_blocks
from ingest.parsing.formats.html_cleaning import clean_page
from rag.errors import EncryptedDocumentError
from rag.types import ExtractedText

_TEXT_SEPARATOR = "\f"
_ENCRYPTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_SIGNED_CLASS = "ipm.note.smime.multipartsigned"
_EMBEDDED_MESSAGE = "__substg1.0_3701000D"
_EMBEDDED_HEADER_BYTES = 24  # MS-OXMSG 2.4.1.2; that of a whole file has 32
_WINDOWS = re.compile(r"windows[_-](\d+)")
_CODE_PAGES = frozenset({"437", "850", "866", "874", "932", "936", "949", "950"})
_MAX_DEPTH = 3
_MAX_ATTACHMENTS = 1_000


def _windows_codec(name: str) -> codecs.CodecInfo | None:
    """Finds the encodings that ``oxmsg`` calls by names that Python does not know, such as ``windows-950``."""
    found = _WINDOWS.fullmatch(name)
    return codecs.lookup(f"cp{found[1]}") if found and found[1] in _CODE_PAGES else None


codecs.register(_windows_codec)


class _Embedded(Message):
    """A message that is attached to another one."""

    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=_EMBEDDED_HEADER_BYTES)


def read_msg(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the text of an Outlook message: headers, body, attachments.

    Raises:
        EncryptedDocumentError: the body is encrypted.
    """
    message = Message.load(str(path))
    if _is_encrypted(message):
        raise EncryptedDocumentError(name)
    left_out: list[str] = []
    subject, blocks = _blocks(message, name, files, left_out)
    return assemble(
        blocks,
        title=choose_title(subject, blocks, name),
        parser="oxmsg",
        warnings=tuple(files.warnings),
        left_out=(*left_out, *files.left_out),
    )


def _blocks(
    message: Message, name: str, files: InnerFiles, left_out: list[str], *, above: tuple[str, ...] = (), depth: int = 0
) -> tuple[str, list[Block]]:
    recipients = ", ".join(recipient.name or recipient.email_address or "" for recipient in message.recipients)
    markup = message.html_body or ""
    content = markup if markup.strip() else message.body or ""
    subject, sender, recipients, content = _guessed_again(
        (message.subject, message.sender or "", recipients, content), name
    )
    if not content.strip() and (compressed := message.properties.binary_prop_value(constants.PID_RTF_COMPRESSED)):
        markup = content = rtf_markup(compressed)
        if not markup:
            files.warn("its text in Rich Text form was not read")
    date = message.sent_date.isoformat(sep=" ", timespec="minutes") if message.sent_date else ""
    subject = " ".join(clean(subject).split())
    attachments = message.attachments[:_MAX_ATTACHMENTS]
    names = [_name(attachment) for attachment in attachments]
    blocks = head_blocks(subject, (("From", sender), ("To", recipients), ("Date", date)), names, above)
    inside = (*above, subject) if subject else above
    body = _page(content, files, left_out) if markup.strip() else plain_blocks(content)
    blocks += [replace(block, path=(*inside, *(block.path or ()))) for block in marked(body)]
    for attachment, shown in zip(attachments, names, strict=True):
        blocks += _attached(attachment, shown, name, files, left_out, above=inside, depth=depth)
    return subject, blocks


def _page(markup: str, files: InnerFiles, left_out: list[str]) -> list[Block]:
    page = clean_page(markup)
    for warning in left_out_warnings(hidden=page.hidden, struck=page.struck, text=markup):
        files.warn(warning)
    left_out += [*page.hidden, *page.struck, *page.furniture]
    return page_blocks(page)


def _attached(
    attachment: Attachment,
    shown: str,
    name: str,
    files: InnerFiles,
    left_out: list[str],
    *,
    above: tuple[str, ...],
    depth: int,
) -> list[Block]:
    storage = next((each for each in vars(attachment)["_storage"].storages if each.name == _EMBEDDED_MESSAGE), None)
    if storage is not None:
        if depth >= _MAX_DEPTH:
            files.warn("messages deep in others were not read")
            return []
        return _blocks(
            _Embedded(storage), name, files, left_out, above=(*above, shown or "Attached message"), depth=depth + 1
        )[1]
    content = attachment.file_bytes
    if not content:
        if shown:
            files.warn(f"'{shown}' was not read: the message holds only its name")
        return []
    is_ornament = attachment.properties.str_prop_value(constants.PID_ATTACH_CONTENT_ID) is not None
    return files.blocks(content, shown or "attachment", above=above, is_ornament=is_ornament)


def _name(attachment: Attachment) -> str:
    properties = attachment.properties
    shown = attachment.file_name or properties.str_prop_value(constants.PID_ATTACH_FILENAME)
    return shown or properties.str_prop_value(constants.PID_DISPLAY_NAME) or ""


def _is_encrypted(message: Message) -> bool:
    kind = message.message_class.lower()
    if kind.startswith(_ENCRYPTED_CLASSES) and not kind.startswith(_SIGNED_CLASS):
        return True
    if "encrypted" in message.message_headers.get("Content-Type", ""):
        return True
    names = {_name(attachment).lower() for attachment in message.attachments}
    return not names.isdisjoint({"smime.p7m", "message.rpmsg"}) and not kind.startswith(_SIGNED_CLASS)


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
