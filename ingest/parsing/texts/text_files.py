"""Reads text files: the headings, which nothing but their form tells, and the paragraphs below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file, with_line_feeds
from ingest.parsing.formats.plain_text import text_blocks
from ingest.parsing.texts.logs import log_blocks, looks_like_log
from rag.text.dates import dates_of
from rag.types import ElementKind

_LONGEST, _MOST_WORDS = 80, 12
_SHORTEST_PROSE = 40
_WIDER = 1.5
"""How much longer the line below is that is not the same sentence, wrapped."""
_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,})\s*\Z")
_NUMBERED = re.compile(
    r"(?:(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?|§{1,2} ?\d{1,4}[a-z]?|[IVX]{1,5}\.|"
    r"(?:Article|Artikel|Artículo|Articolo|Artigo|Section|Abschnitt|Clause|Chapter|Kapitel|Chapitre|Annex|Anhang|Anlage)"
    r" \S{1,8})\s{1,4}(?=\S)|第[\d一二三四五六七八九十百]{1,4}[章节条]"
)
_LINE_OF_TEXT = re.compile(r"[^\w§\"'(«„“]|[^\n]*(?:\t|\S {3,}|://|[{}<>=|\\]|@\w)|[^\n]*[.,;:!?…。，；：！？]\Z|[a-z]")
_FIRST_ITEM = re.compile(r"(?:[-*+•–]|1[.)])\s")
_LABEL = re.compile(r"[A-Z][\w-]{1,30}(?: [\w-]{1,20}){0,2}:\s")
_SENTENCE_ENDS = re.compile(r"[^\n]*[.!?…。！？]\Z")
_PARAGRAPH_BREAK = re.compile(r"\n(?:[ \t]*\n)+")


def read_text(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of a text file: headings and paragraphs, or lines where it is a log."""
    text = decode_file(path, name)
    if looks_like_log(text):
        return "", log_blocks(text)
    blocks = list(headed_blocks(text))
    has_title = any(block.level == 0 for block in blocks)
    return "" if has_title else PurePosixPath(name).stem, blocks


def headed_blocks(text: str) -> Iterator[Block]:
    """Yields headings and paragraphs in reading order.

    A heading is a short first line of a paragraph that is no sentence, with prose below it: underlined, numbered or
    plain. The first line of a text with further headings may be its title.
    """
    paragraphs = [
        [line.rstrip() for line in part.split("\n") if line.strip()]
        for part in _PARAGRAPH_BREAK.split(with_line_feeds(text).replace("\f", "\n\n").strip())
    ]
    body: list[str] = []
    in_list = False
    for at, lines in enumerate(paragraphs):
        below = lines[1:] or (paragraphs[at + 1] if at + 1 < len(paragraphs) else [])
        level = _level(lines, below[0].strip() if below else "", in_list=in_list, is_first=at == 0) if lines else None
        if level is None:
            in_list = bool(lines) and _NUMBERED.match(lines[-1].strip()) is not None
            body.append("\n".join(lines))
            continue
        in_list = False
        yield from text_blocks("\n\n".join(body))
        yield Block(kind=ElementKind.HEADING, text=clean(lines[0]), level=level)
        body = ["\n".join(lines[2 if len(lines) > 1 and _UNDERLINE.match(lines[1]) else 1 :])]
    yield from text_blocks("\n\n".join(body))


def _level(lines: Sequence[str], below: str, *, in_list: bool, is_first: bool) -> int | None:
    """Returns the depth of the heading that a paragraph begins with; None if it begins with none.

    ``below`` is the next line of text.
    """
    line = lines[0].strip()
    if len(line) > _LONGEST or len(line.split()) > _MOST_WORDS or not any(map(str.isalpha, line)):
        return None
    if _UNDERLINE.match(below) and len(lines) > 1:
        return 0 if "=" in below else 1
    numbered = _NUMBERED.match(line)
    if _LABEL.match(line) or _LINE_OF_TEXT.match(line) or (numbered and in_list):
        return None
    is_alone = len(lines) == 1
    if is_first and is_alone and not numbered and below:
        return 0
    leads = _is_prose(below) and (is_alone or len(below) >= _WIDER * len(line))
    if numbered:
        return 1 + (numbered[1] or "").count(".") if leads else None
    has_day = any(day for _, readings in dates_of(line) for *_, day in readings)  # "Leeds, 3 May", before a name
    return 1 if (leads or _FIRST_ITEM.match(below)) and not has_day else None


def _is_prose(line: str) -> bool:
    is_list = _NUMBERED.match(line) is not None or _FIRST_ITEM.match(line) is not None
    return not is_list and (len(line) >= _SHORTEST_PROSE or _SENTENCE_ENDS.match(line) is not None)
