"""Reads the parts of a message (RFC 2045 to 2049): bodies in order, one of several alternatives, attachments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message
from email.policy import default
from html import unescape
from itertools import repeat

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.mail_fields import (
    charset,
    disposition,
    divided,
    file_name,
    header,
    parameter,
    payload,
    unpacked,
)
from ingest.parsing.containers.quoting import marked, page_of_mail, plain_blocks
from ingest.parsing.containers.signed_messages import signed_content
from ingest.parsing.containers.tnef import tnef_blocks
from ingest.parsing.formats.decoding import declared_encodings, decode
from ingest.parsing.formats.markdown import markdown_blocks
from ingest.parsing.texts.calendars import calendar_blocks
from rag.errors import CitewellError
from rag.types import ElementKind

_HEADERS = ("From", "To", "Cc", "Bcc", "Date")
_MAX_PARTS = 1_000
_MAX_DEPTH = 20
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_SIGNATURES = frozenset(
    "application/pkcs7-signature application/x-pkcs7-signature application/pgp-signature application/pgp-keys".split()
)
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_UNREAD_TEXTS = frozenset({"text/x-amp-html", "text/css", "text/javascript", "text/x-watch-html"})
_RICHNESS = {
    "text/calendar": 0,
    "text/html": 3,
    "multipart/related": 3,
    "multipart/mixed": 3,
    "text/markdown": 2,
    "text/enriched": 2,
}
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"https?://\S+")
_FEWEST_EXTRA_WORDS = 8
_NEW_SHARE = 0.5
_PGP_MESSAGE = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)
_PGP_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\s*\n(?:[A-Z][\w-]*:.*\n)*\n?")
_PGP_SIGNATURE = re.compile(r"-----BEGIN PGP SIGNATURE-----.*?(?:-----END PGP SIGNATURE-----|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


@dataclass(slots=True, kw_only=True)
class Bodies:
    """Reads the parts of one message and of those in it.

    ``sealed`` counts the encrypted parts, ``found`` the blocks of all others.
    """

    name: str
    files: InnerFiles
    sealed: int = 0
    found: int = 0
    _parts: int = 0

    def message(self, message: Message, *, above: tuple[str, ...] = (), depth: int = 0) -> tuple[str, list[Block]]:
        """Returns the subject and the blocks of a message: headers, bodies, attachments."""
        subject = " ".join(clean(header(message, "Subject")).split())
        head = head_blocks(subject, [(key, header(message, key)) for key in _HEADERS], self._names(message), above)
        inside = (*above, subject) if subject else above
        return subject, [*head, *self.part(message, above=inside, depth=depth)]

    def page(self, part: Message) -> list[Block]:
        """Returns the blocks of a part that is text, whatever it says of itself."""
        kind = part.get_content_type()
        return self._text(part, "text/html" if "html" in kind else kind)

    def begin(self) -> None:
        """Begins another message: each may have many parts."""
        self._parts = 0

    def part(self, part: Message, *, above: tuple[str, ...], depth: int = 0) -> list[Block]:
        """Returns the blocks of a part, below the headings ``above``."""
        self._parts += 1
        if self._parts > _MAX_PARTS or depth > _MAX_DEPTH:
            self._warn_once(f"parts after the first {_MAX_PARTS:,}, or deep in others, were not read")
            return []
        kind = part.get_content_type()
        if kind in _SIGNATURES or kind in _UNREAD_TEXTS:
            return []
        if kind in _SEALED or kind == "message/external-body":
            return self._sealed(part, kind, above=above, depth=depth)
        if kind.startswith("multipart/") and not part.is_multipart():
            return self.part(divided(part), above=above, depth=depth + 1)
        if part.is_multipart():
            read = self._messages if kind.startswith("message/") else self._several
            return read(part, kind, above=above, depth=depth)
        blocks = self._single(part, kind, above)
        self.found += len(blocks)
        return blocks

    def _single(self, part: Message, kind: str, above: tuple[str, ...]) -> list[Block]:
        if kind in _TNEF or file_name(part).lower() == "winmail.dat":
            return self._tnef(part, above)
        if _is_body(part):
            return [replace(block, path=(*above, *(block.path or ()))) for block in self._text(part, kind)]
        data = payload(part)
        if not data and file_name(part):
            self.files.warn(f"'{file_name(part)}' was not read: it is empty")
        name = file_name(part) or f"attachment.{kind.rpartition('/')[2].removeprefix('x-')}"
        is_ornament = bool(part.get("Content-ID")) or disposition(part) == "inline"
        return self.files.blocks(data, name, above=above, is_ornament=is_ornament) if data else []

    def _several(self, part: Message, kind: str, *, above: tuple[str, ...], depth: int) -> list[Block]:
        children = _children(part)
        if kind != "multipart/alternative":
            return [block for child in children for block in self.part(child, above=above, depth=depth + 1)]
        ranked = sorted(enumerate(children), key=lambda pair: (_RICHNESS.get(pair[1].get_content_type(), 1), pair[0]))
        best: list[Block] = []
        for _, child in reversed(ranked):
            blocks = self.part(child, above=above, depth=depth + 1)
            is_extra = child.get_content_type() == "text/calendar"
            best += blocks if is_extra or not best else new_blocks(blocks, best)
        return best

    def _messages(self, part: Message, kind: str, *, above: tuple[str, ...], depth: int) -> list[Block]:
        if kind == "message/delivery-status":
            return self._status(part, above)
        label = file_name(part) or "Attached message"
        return [
            block
            for child in map(unpacked, _children(part), repeat(part))
            for block in self.message(child, above=(*above, label), depth=depth + 1)[1]
        ]

    def _status(self, part: Message, above: tuple[str, ...]) -> list[Block]:
        children = _children(part)
        lines = [f"{key}: {value}" for child in children for key, value in child.items()]
        lines += [line for child in children for line in payload(child).decode("utf-8", "replace").splitlines()]
        texts = (" ".join(clean(str(line)).split()) for line in lines)
        return [Block(kind=ElementKind.LIST_ITEM, text=text, path=above) for text in texts if text]

    def _sealed(self, part: Message, kind: str, *, above: tuple[str, ...], depth: int) -> list[Block]:
        if kind == "message/external-body":
            self.files.warn("a part that is stored elsewhere was not read")
            return []
        if content := signed_content(payload(part)) if kind != "multipart/encrypted" else b"":
            return self.part(message_from_bytes(content, policy=default), above=above, depth=depth + 1)
        if kind != "multipart/encrypted" and parameter(part, "smime-type").lower() == "signed-data":
            self.files.warn("a signed part (S/MIME), whose text is packed, was not read")
            return []
        self.sealed += 1
        self.files.warn("an encrypted part (S/MIME or PGP) was not read")
        return []

    def _text(self, part: Message, kind: str) -> list[Block]:
        """Returns the blocks of a body, whose paths hold only its own headings."""
        text = self._decoded(part)
        if kind == "text/html":
            return page_of_mail(text, self.files)
        if kind == "text/calendar":
            return calendar_blocks(text)
        if kind == "text/markdown":
            return markdown_blocks(text)
        if kind in {"text/enriched", "text/richtext"}:
            return marked(plain_blocks(_unenriched(text)))
        is_flowed = parameter(part, "format").lower() == "flowed"
        return marked(plain_blocks(self._without_pgp(text), is_flowed=is_flowed))

    def _without_pgp(self, text: str) -> str:
        if "-----BEGIN PGP" not in text:
            return text
        rest, count = _PGP_MESSAGE.subn("", text)
        if count:
            self.sealed += 1
            self.files.warn("an encrypted part (PGP) was not read")
        return _PGP_SIGNATURE.sub("", _PGP_SIGNED.sub("", rest))

    def _tnef(self, part: Message, above: tuple[str, ...]) -> list[Block]:
        try:
            blocks = tnef_blocks(payload(part), self.name, self.files, above=above)[1]
        except CitewellError as error:
            self.files.warn(f"winmail.dat was not read: {error}")
            return []
        return blocks

    def _warn_once(self, warning: str) -> None:
        if warning not in self.files.warnings:
            self.files.warn(warning)

    def _decoded(self, part: Message) -> str:
        data = payload(part)
        named = charset(part)
        return decode(data, name=self.name, declared=[*([named] if named else []), *declared_encodings(data)])

    def _names(self, message: Message) -> list[str]:
        names: list[str] = []
        stack: list[tuple[Message, int]] = [(message, 0)]
        while stack and len(names) < _MAX_PARTS:
            part, depth = stack.pop()
            if depth and (name := file_name(part)):
                names.append(name)
            if part.is_multipart() and depth < _MAX_DEPTH and (part.get_content_maintype() != "message" or not depth):
                stack += [(child, depth + 1) for child in reversed(_children(part))]
        return names


def head_blocks(
    subject: str, headers: Sequence[tuple[str, str]], attached: Sequence[str], above: tuple[str, ...] = ()
) -> list[Block]:
    """Returns the subject as a heading, and a list item for each header and for the names of attachments."""
    inside = (*above, subject) if subject else above
    lines = [f"{key}: {value}" for key, value in headers if value.strip()]
    if any(attached):
        lines.append(f"Attachments: {', '.join(filter(None, attached))}")
    texts = (" ".join(clean(line).split()) for line in lines)
    items = [Block(kind=ElementKind.LIST_ITEM, text=text, path=inside) for text in texts]
    heading = Block(kind=ElementKind.HEADING, text=subject, level=len(above), path=above)
    return [heading, *items] if subject else items


def new_blocks(blocks: Sequence[Block], known: Sequence[Block]) -> list[Block]:
    """Returns those of ``blocks`` most of whose words do not stand in ``known``, if there are more than a few."""
    words = Counter(word for block in known for word in _words(block.text))
    extra: list[Block] = []
    missing = 0
    for block in blocks:
        own = Counter(_words(block.text))
        new = sum((own - words).values())
        if own and new > _NEW_SHARE * sum(own.values()):
            extra.append(block)
            missing += new
        words.subtract(own & words)
    return extra if missing >= _FEWEST_EXTRA_WORDS else []


def _words(text: str) -> list[str]:
    return _WORD.findall(_ADDRESS.sub(" ", text).casefold())


def _children(part: Message) -> list[Message]:
    found = part.get_payload()
    return [child for child in found if isinstance(child, Message)] if isinstance(found, list) else []


def _is_body(part: Message) -> bool:
    """Returns whether a part is text that mail programs show: attached files have a name, or say so."""
    if part.get_content_maintype() != "text" or disposition(part) == "attachment":
        return False
    return not file_name(part) or part.get_content_type() == "text/calendar"


def _unenriched(text: str) -> str:
    """Returns text/enriched (RFC 1896) as plain text: one line break is a space, two are one."""
    joined = re.sub(r"\n+", lambda match: " " if len(match[0]) == 1 else match[0], text)
    return unescape(_TAG.sub("", _without_parameters(joined)).replace("<<", "<"))


def _without_parameters(text: str) -> str:
    kept, start = [], 0
    while (opened := text.find("<param>", start)) >= 0 and (closed := text.find("</param>", opened)) >= 0:
        kept.append(text[start:opened])
        start = closed + len("</param>")
    return "".join([*kept, text[start:]])
