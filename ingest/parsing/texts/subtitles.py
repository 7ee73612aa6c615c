"""Reads subtitles: what is said, in sentences, with the time at which each begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file
from rag.errors import CorruptDocumentError
from rag.types import ElementKind

_TIMES = re.compile(
    r"^[ \t]*((?:\d+:)?\d{1,2}:\d\d)[.,]\d+[ \t]*(?:-->|,)[ \t]*((?:\d+:)?\d{1,2}:\d\d)[.,]\d+.*$", re.MULTILINE
)
_TAG = re.compile(r"<v(?:\.\S{1,200}+)?\s([^>]{1,500}+)>|</?[a-zA-Z0-9:.][^>]{0,500}+>|\{\\[^}]{0,500}+\}")
_SPEAKER = re.compile(r"[^:]{1,38}: ")
_ENDS = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
_MAX_WORDS = 60
_PAUSE_SECONDS = 4


def read_subtitles(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and a paragraph for each sentence or speech of SubRip or WebVTT subtitles.

    Raises:
        CorruptDocumentError: there is no cue.
    """
    speeches = _speeches(decode_file(path, name))
    blocks = [Block(kind=ElementKind.PARAGRAPH, text=clean(line)) for line in speeches]
    if not blocks:
        raise CorruptDocumentError(name, "it holds no subtitles")
    return "", [block for block in blocks if block.text]


def _speeches(text: str) -> Iterator[str]:
    """Yields speeches: cues until a sentence ends, someone else speaks, or there is a pause."""
    begins, words, ended, speaker = "", [""], 0, ""
    for start, end, shown in _cues(text):
        cue = shown
        if speaker and cue.startswith(speaker) and words[-1] and not _ENDS.search(words[-1]):
            cue = cue.removeprefix(speaker)  # WebVTT names the speaker in each cue, also within a sentence
        is_new = bool(_ENDS.search(words[-1])) or _seconds(start) - ended > _PAUSE_SECONDS or cue.startswith(("-", "–"))
        if words[-1] and (is_new or ": " in cue[:40] or sum(len(each.split()) for each in words) > _MAX_WORDS):
            yield f"[{begins}] {' '.join(filter(None, words))}"
            words, cue = [""], shown
        if not words[-1]:
            begins = start
            found = _SPEAKER.match(cue)
            speaker = found[0] if found else ""
        if cue and cue != words[-1]:  # rolling captions repeat the line before
            words.append(cue)
        ended = _seconds(end)
    if words[-1]:
        yield f"[{begins}] {' '.join(filter(None, words))}"


def _cues(text: str) -> Iterator[tuple[str, str, str]]:
    found = list(_TIMES.finditer(text))
    for match, following in zip(found, [*found[1:], None], strict=False):
        body = text[match.end() : following.start() if following else len(text)].strip("\n")
        paragraph = body.split("\n\n", 1)[0]
        lines = paragraph.split("\n")
        if following and len(lines) > 1 and "\n\n" not in body and lines[-1].strip().isdecimal():
            lines.pop()  # the number of the next cue
        yield match[1], match[2], " ".join(unescape(_TAG.sub(_speaker, " ".join(lines))).split())


def _speaker(match: re.Match[str]) -> str:
    speaker = (match[1] or "").lstrip()
    return f"{speaker}: " if speaker else ""


def _seconds(time: str) -> int:
    total = 0
    for part in time.split(":"):
        total = total * 60 + int(part)
    return total
