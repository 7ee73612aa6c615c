"""Marks the parts of a mail that quote or forward another one: a heading in their path says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.formats.decoding import with_line_feeds
from ingest.parsing.formats.html_blocks import QUOTED, page_blocks
from ingest.parsing.formats.html_cleaning import clean_page
from ingest.parsing.formats.plain_text import text_blocks

FORWARDED = "Forwarded message"
_QUOTE = re.compile(r"(?<![ \t])[ \t]*+(?:>[ \t]?)++")
_LINE = re.compile(
    r"^(?:-{2,}|_{5,}|\*{5,})?\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|messaggio originale|original-nachricht|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding)\s*-*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"^-*\s*(?:begin forwarded message|forwarded message|weitergeleitete nachricht|message transféré"
    r"|anfang der weitergeleiteten)\b.*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\**(?:From|Von|De|Da|Van|Från|Fra|Od|Lähettäjä|От|发件人|差出人)\s*[:：]\**\s*\S", re.IGNORECASE)
_MORE_HEADERS = re.compile(
    r"^\**(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Para|Asunto|Inviato|A|Oggetto"
    r"|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Til|Emne|Cc|发送时间|收件人|主题|送信日時|宛先|件名)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_FEWEST_HEADERS = 2
_HEADERS_WITHIN = 6


def plain_blocks(text: str, *, is_flowed: bool = False) -> list[Block]:
    """Returns the blocks of a plain body; quoted lines lose their ``>`` and get a heading in their path."""
    unified = with_line_feeds(text)
    if is_flowed:
        unified = _unflowed(unified)
    blocks: list[Block] = []
    run: list[str] = []
    quoted = False
    for line in [*unified.split("\n"), None]:
        is_quote = line is not None and _is_quote(line) if line is None or line.strip() else quoted
        if line is None or is_quote != quoted:
            found = text_blocks("\n".join(run))
            blocks += [replace(block, path=(QUOTED,)) if quoted else replace(block, path=()) for block in found]
            run, quoted = [], is_quote
        if line is not None:
            run.append(_QUOTE.sub("", line, count=1) if is_quote else line)
    return blocks


def marked(blocks: Sequence[Block]) -> list[Block]:
    """Returns blocks in which all after the headers of an earlier mail have a heading in their path."""
    label = ""
    result = []
    for index, block in enumerate(blocks):
        if not label and (label := _label(blocks, index)):
            pass
        path = block.path or ()
        result.append(block if not label or QUOTED in path else replace(block, path=(label, *path)))
    return result


def page_of_mail(markup: str, files: InnerFiles) -> list[Block]:
    """Returns the blocks of a page in a mail; what was left out of it is told to ``files``."""
    page = clean_page(markup)
    for warning in left_out_warnings(hidden=page.hidden, struck=page.struck, text=markup):
        files.warn(warning)
    files.left_out += [*page.hidden, *page.struck, *page.furniture]
    return marked(page_blocks(page))


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">") and not line.lstrip().startswith(">From ")


def _unflowed(text: str) -> str:
    """Joins lines that end in a space (RFC 3676)."""
    joined: list[str] = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        before = joined[-1] if joined else ""
        before_depth = len(before) - len(before.lstrip(">"))
        continues = bool(joined) and before.endswith(" ") and not before.endswith("-- ") and depth == before_depth
        if continues and content:
            joined[-1] = before + content
        else:
            joined.append(">" * depth + (" " if depth and content else "") + content)
    return "\n".join(joined)


def _label(blocks: Sequence[Block], index: int) -> str:
    first = clean(blocks[index].text).split("\n", 1)[0]
    if _FORWARD.match(first):
        return FORWARDED
    if _LINE.match(first):
        return QUOTED
    if not _FROM.match(first):
        return ""
    text = "\n".join(block.text for block in blocks[index : index + _HEADERS_WITHIN])
    joined = text.replace(" Sent:", "\nSent:").replace(" To:", "\nTo:").replace(" Subject:", "\nSubject:")
    return QUOTED if len(_MORE_HEADERS.findall(joined)) >= _FEWEST_HEADERS else ""
