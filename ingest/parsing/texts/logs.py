"""Reads logs: each line stays a line."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file
from rag.types import ElementKind

_LINES_IN_BLOCK = 40
_SAMPLE_LINES = 200
_TIME = r"\d{1,2}:\d\d(?::\d\d)?"
_ENTRY = re.compile(
    rf"\s*+[\[(<]?\s*+(?:\d{{4}}[-/.]\d\d[-/.]\d\d[T ,]\s*{_TIME}|\d{{1,2}}[/.-](?:\d{{1,2}}|\w{{3}})[/.-]\d{{2,4}}"
    rf"[: ,]+{_TIME}|\w{{3}}\s+\d{{1,2}}\s+{_TIME}|{_TIME}[.,]\d+|\d{{10}}(?:\.\d+)?\b"
    rf"|(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b)"
    r"|\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}:",
)
_CONTINUES = re.compile(r"\s+\S|Caused by:|Traceback|\.{3} \d+ more|[\w.$]+(?:Error|Exception)\b")
_SHARE = 0.6
_FEWEST_ENTRIES = 3


def read_log(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a log."""
    return "", log_blocks(decode_file(path, name))


def log_blocks(text: str) -> list[Block]:
    """Returns the lines in blocks of a few dozen, cut before a line that is an entry and no part of the one before."""
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        is_continued = _CONTINUES.match(line) is not None and _ENTRY.match(line) is None
        if len(blocks[-1]) >= _LINES_IN_BLOCK and not (is_continued and len(blocks[-1]) < 2 * _LINES_IN_BLOCK):
            blocks.append([])
        if line.strip():
            blocks[-1].append(line)
    cleaned = (clean("\n".join(block), keep_spaces=True) for block in blocks)
    return [Block(kind=ElementKind.CODE, text=block) for block in cleaned if block]


def looks_like_log(text: str) -> bool:
    """Returns whether most lines begin with a time or a level, or continue such a line."""
    lines = [line for line in islice(text.splitlines(), _SAMPLE_LINES) if line.strip()]
    entries = sum(1 for line in lines if _ENTRY.match(line))
    continued = sum(1 for line in lines if _CONTINUES.match(line) and not _ENTRY.match(line))
    return entries >= _FEWEST_ENTRIES and entries + continued >= _SHARE * len(lines) and entries >= len(lines) // 4
