"""Reads the text of Windows' enhanced metafiles (EMF): charts and tables that were pasted as pictures. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.tables import Grid, table_block
from rag.types import ElementKind

_SIGNATURE = b" EMF"
_SIGNATURE_AT = 40
_ALIGN, _MOVE, _WIDE_TEXT, _SMALL_TEXT = 22, 27, 84, 108  # records of [MS-EMF] 2.1.1
_AT_POSITION, _RIGHT, _CENTRE = 0x1, 0x2, 0x6
_GLYPHS, _NO_RECTANGLE, _ONE_BYTE = 0x10, 0x100, 0x200
_MAX_RECORDS = 200_000
_ROWS_A_PICTURE = 120
"""Texts whose height differs by less than such a part of the picture stand in a row."""
_GAP = 0.25
"""Of a letter's width: what is nearer is one word."""
_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    left: float
    top: float
    width: float
    text: str

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


def is_metafile(content: bytes) -> bool:
    """Returns whether bytes are an enhanced metafile."""
    return content[_SIGNATURE_AT : _SIGNATURE_AT + len(_SIGNATURE)] == _SIGNATURE


def metafile_blocks(content: bytes) -> list[Block]:
    """Returns the text of a metafile by its place: a table where all rows have as many parts, else its lines."""
    rows = _rows([each for each in _Reader(content).texts() if not each.is_blank])
    if len(rows) >= _PAIR and len(rows[0]) >= _PAIR and len({len(row) for row in rows}) == 1:
        return table_block(Grid.plain(rows))
    text = clean("\n".join(" ".join(row) for row in rows))
    return [Block(kind=ElementKind.PARAGRAPH, text=text)] if text else []


def _rows(texts: list[_Text]) -> list[list[str]]:
    if not texts:
        return []
    tops = [each.top for each in texts]
    nearness = (max(tops) - min(tops)) / _ROWS_A_PICTURE
    rows: list[list[_Text]] = []
    for each in sorted(texts, key=lambda each: each.top):
        if rows and each.top - rows[-1][0].top <= nearness:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [_words(sorted(row, key=lambda each: each.left)) for row in rows]


def _words(row: list[_Text]) -> list[str]:
    """Returns the parts of a row; those without a gap between them are one."""
    words: list[str] = []
    end, last = float("-inf"), ""
    for each in row:
        if each.text == last and each.left < end - each.width / 2:
            continue  # the shadow of the same words
        letter = each.width / len(each.text)
        if words and letter and each.left - end < _GAP * letter:
            words[-1] += each.text
        else:
            words.append(each.text)
        end, last = each.left + each.width if each.width else float("-inf"), each.text
    return [word.strip() for word in words]


@dataclass(slots=True)
class _Reader:
    content: bytes
    _align: int = 0
    _position: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def texts(self) -> Iterator[_Text]:
        at = 0
        for _ in range(_MAX_RECORDS):
            if at + 8 > len(self.content):
                return
            kind, size = struct.unpack_from("<II", self.content, at)
            if size < 8 or at + size > len(self.content):  # noqa: PLR2004 - of the record's head
                return
            try:
                found = self._text(kind, self.content[at : at + size])
            except struct.error:
                return
            if found is not None and found.text:
                yield found
            at += size

    def _text(self, kind: int, record: bytes) -> _Text | None:
        if kind == _ALIGN:
            (self._align,) = struct.unpack_from("<I", record, 8)
        elif kind == _MOVE:
            self._position = list(map(float, struct.unpack_from("<ii", record, 8)))
        elif kind == _WIDE_TEXT:
            left, top, count, start, options = struct.unpack_from("<iiIII", record, 36)
            (widths_at,) = struct.unpack_from("<I", record, 72)
            if options & _GLYPHS:  # numbers of a font's glyphs, not characters
                return None
            text = record[start : start + 2 * count].decode("utf-16-le", errors="replace")
            has_widths = widths_at and widths_at + 4 * count <= len(record)
            widths = struct.unpack_from(f"<{count}I", record, widths_at) if has_widths else ()
            return self._placed(left, top, float(sum(widths)), text)
        elif kind == _SMALL_TEXT:
            left, top, count, options = struct.unpack_from("<iiII", record, 8)
            start, unit = 36 if options & _NO_RECTANGLE else 52, 1 if options & _ONE_BYTE else 2
            written = record[start : start + unit * count]
            codec = "cp1252" if unit == 1 else "utf-16-le"
            return None if options & _GLYPHS else self._placed(left, top, 0.0, written.decode(codec, errors="replace"))
        return None

    def _placed(self, left: float, top: float, width: float, text: str) -> _Text:
        if self._align & _AT_POSITION:
            left, top = self._position
            self._position[0] += width
        side = self._align & _CENTRE
        shift = width if side == _RIGHT else width / 2 if side == _CENTRE else 0.0
        return _Text(left=left - shift, top=top, width=width, text=text)
