"""Reads the body of a message of Outlook: a page, Rich Text, plain text, or several of them."""

from __future__ import annotations

from collections.abc import Sequence

from compressed_rtf import decompress

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.quoting import marked, page_of_mail, plain_blocks
from ingest.parsing.formats.decoding import declared_encodings, decode
from ingest.parsing.texts.pandoc import rtf_markup
from ingest.parsing.texts.rich_text import enclosed_html

_MAX_RTF_BYTES = 64 * 1_048_576


def body_blocks(
    *, html: bytes, rtf: bytes, plain: str, declared: Sequence[str], name: str, files: InnerFiles
) -> list[Block]:
    """Returns the blocks of a body; the form that keeps most is read. ``rtf`` is compressed (MS-OXRTFCP)."""
    if html.strip():
        return page_of_mail(decode(html, name=name, declared=[*declared, *declared_encodings(html)]), files)
    rich = _decompressed(rtf)
    if markup := enclosed_html(rich):
        return page_of_mail(markup, files)
    if plain.strip():
        return marked(plain_blocks(plain))
    blocks = page_of_mail(rtf_markup(rich), files) if rich else []
    if rtf and not rich:
        files.warn("its text in Rich Text form was not read")
    return blocks


def _decompressed(rtf: bytes) -> bytes:
    if not rtf or len(rtf) > _MAX_RTF_BYTES:
        return b""
    try:
        rich: bytes = decompress(rtf)
    except Exception:  # noqa: BLE001 - the library raises no class of its own
        return b""
    return rich
