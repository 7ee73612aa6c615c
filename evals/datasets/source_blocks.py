"""The light Markdown in which the sources of the generated sample documents are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class BlockKind(Enum):
    """What a block of a source text is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    DIRECTIVE = "directive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a source. ``level`` counts from 1 and matters for headings only; ``rows`` for tables only."""

    kind: BlockKind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def parse_blocks(source: str) -> Iterator[Block]:
    """Yields the blocks of a source: headings, one-line paragraphs, ``-`` items, pipe tables and comments."""
    for part in re.split(r"\n{2,}|\n(?=- )|\n(?=<!--)", source.strip()):
        if heading := re.fullmatch(r"(#+) (.+)", part):
            yield Block(kind=BlockKind.HEADING, text=heading[2], level=len(heading[1]))
        elif part.startswith("- "):
            yield Block(kind=BlockKind.ITEM, text=part[2:])
        elif part.startswith("|"):
            lines = [line for line in part.splitlines() if not re.fullmatch(r"[|-]+", line)]
            rows = tuple(tuple(cell.strip() for cell in line[1:-1].split("|")) for line in lines)
            yield Block(kind=BlockKind.TABLE, rows=rows)
        elif directive := re.fullmatch(r"<!-- (.+) -->", part):
            yield Block(kind=BlockKind.DIRECTIVE, text=directive[1])
        else:
            yield Block(kind=BlockKind.PARAGRAPH, text=" ".join(part.split("\n")))
