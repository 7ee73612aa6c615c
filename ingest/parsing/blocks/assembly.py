"""Joins blocks into one text, whose elements are spans of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.parsing.blocks.joined_tables import Part, kept_tables, moved, too_large
from ingest.parsing.blocks.notes import placed_notes
from rag.types import MAX_TABLE_PLACES, Element, ElementKind, ExtractedText, FloatArray, PageLayout, Span, Table

_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EDGE_SPACE = re.compile(r"(?<![ \t])[ \t]++\n|\n(?:[ \t]*+\n)+")
_PARAGRAPH_BREAK = "\n\n"
_HORIZONTAL_SPACE = re.compile(r"[^\S\n]+")
_INVISIBLE = frozenset(
    "\ufeff\u200b\u2060\u00ad\ufffe\uffff\u180e\u115f\u1160\u3164\uffa0"  # without width
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # turn the direction
    "\u2061\u2062\u2063\u2064\u206a\u206b\u206c\u206d\u206e\u206f\ufe0e\ufe0f"
)
_PRINTABLE_INVISIBLE = re.compile("[\u115f\u1160\u3164\uffa0\ufe0e\ufe0f\U000e0100-\U000e01ef]")
_MAX_ITEM_NAME = 80
_SENTENCE_ENDS = frozenset(".!?;,。！？；，…")
_HIDING = range(0xE0000, 0xE01F0)  # tags and variation selectors, in which whole sentences can be hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A structural piece of a document before it has a place in the text.

    ``level`` is a heading's depth (0 is the outermost), and None for anything else. ``prefix`` are headings that the
    format itself gives, such as a sheet's name. ``path`` are all headings above it, where its reader knows them better
    than levels tell. ``boxes`` is ``(len(text), 4)``: left, bottom, right, top in points, NaN for inserted characters.
    ``depth`` tells how deep in lists it stands, None outside of lists: a short item, such as a place whose opening
    hours follow, counts as a heading of what stands deeper below it. ``table`` is the grid of a table, whose spans
    count in ``text``; with ``goes_on`` it continues the table before it, and without a table the sentence before it. A
    block that has boxes or a table must be clean already (see ``is_clean``).
    """

    kind: ElementKind
    text: str
    page: int | None = None
    level: int | None = None
    prefix: tuple[str, ...] = ()
    path: tuple[str, ...] | None = None
    boxes: FloatArray | None = None
    table: Table | None = None
    goes_on: bool = False
    depth: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSize:
    """Width and height in PDF points."""

    width: float
    height: float


def is_clean(character: str) -> bool:
    """Returns whether a character is kept: control, surrogate, unassigned and invisible ones are not."""
    if character in "\n\t":
        return True
    is_hiding = character in _INVISIBLE or ord(character) in _HIDING
    return not is_hiding and unicodedata.category(character) not in {"Cc", "Cs"}


def is_visible(text: str) -> bool:
    """Returns whether all characters of a text are kept, and none is a line break or a tab."""
    return text.isprintable() and (text.isascii() or not _PRINTABLE_INVISIBLE.search(text))


def clean(text: str, *, keep_spaces: bool = False) -> str:
    """Returns ``text`` stripped, with line feeds as the only line breaks, without control and invisible characters.

    Runs of spaces become one, unless ``keep_spaces`` (code); empty lines are removed.
    """
    lines = _LINE_BREAKS.sub("\n", text)
    visible = lines if is_visible(lines) else "".join(filter(is_clean, lines))
    if keep_spaces:
        return _EDGE_SPACE.sub("\n", visible).strip("\n").rstrip()
    return "\n".join(filter(None, (_HORIZONTAL_SPACE.sub(" ", line).strip() for line in visible.split("\n"))))


def assemble(
    blocks: Sequence[Block],
    *,
    title: str,
    parser: str,
    page_count: int | None = None,
    page_sizes: Mapping[int, PageSize] | None = None,
    warnings: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
) -> ExtractedText:
    """Joins ``blocks``, which are in reading order, and records where each one lies.

    Blocks are separated by an empty line, neighbouring list items by a line break, the parts of a sentence by a space.
    Notes stand where they are cited.
    A page gets a layout when ``page_sizes`` names it and it has text.
    """
    parts: list[str] = []
    elements: list[Element] = []
    placed: list[Block] = []
    headings: list[tuple[int, str]] = []
    items: list[tuple[int, str]] = []
    length = 0
    for block in _with_notes(blocks):
        if not block.text.strip():
            continue
        separator = _separator(placed[-1], block) if placed else ""
        start = length + len(separator)
        length = start + len(block.text)
        if block.level is not None:
            headings = [heading for heading in headings if heading[0] < block.level]
        path = block.path if block.path is not None else (*block.prefix, *(text for _, text in headings))
        items = [item for item in items if block.depth is not None and item[0] < block.depth]
        path += tuple(text for _, text in items)
        elements.append(
            Element(kind=block.kind, span=Span(start=start, end=length), page=block.page, heading_path=path)
        )
        if block.depth is not None and (name := _item_name(block)):
            items.append((block.depth, name))
        placed.append(block)
        parts += [separator, block.text]
        if block.level is not None:
            headings.append((block.level, " ".join(block.text.split())))
    tables, too_large = kept_tables(_tables(placed, elements))
    return ExtractedText(
        text="".join(parts),
        title=title,
        elements=tuple(elements),
        page_count=page_count,
        parser=parser,
        layouts=_layouts(placed, elements, page_sizes or {}),
        tables=tables,
        warnings=(*warnings, *too_large),
        left_out=left_out,
    )


def bounded(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yields blocks; where their tables have too many cells together, the further ones are no more than counted."""
    places = 0
    for block in blocks:
        table = block.table
        places += len(table.places) if table is not None else 0
        yield replace(block, table=too_large(table)) if table is not None and places > MAX_TABLE_PLACES else block


def extended(extracted: ExtractedText, blocks: Sequence[Block]) -> ExtractedText:
    """Returns a text with ``blocks`` after its end; pages of theirs are not those of the text."""
    if not blocks:
        return extracted
    added = assemble([replace(block, page=None) for block in blocks], title=extracted.title, parser=extracted.parser)
    start = len(extracted.text) + len(_PARAGRAPH_BREAK)
    elements = (
        replace(each, span=Span(start=each.span.start + start, end=each.span.end + start)) for each in added.elements
    )
    return replace(
        extracted,
        text=f"{extracted.text}{_PARAGRAPH_BREAK}{added.text}",
        elements=(*extracted.elements, *elements),
        tables=(*extracted.tables, *(moved(table, start) for table in added.tables)),
        warnings=(*extracted.warnings, *added.warnings),
    )


def _with_notes(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yields blocks with their notes where these are cited; text of pages stays, for each character has a place."""
    is_text = [block.boxes is None and block.table is None and block.level is None for block in blocks]
    for placed in placed_notes(
        [block.text if is_open else None for block, is_open in zip(blocks, is_text, strict=True)]
    ):
        block = blocks[placed.at]
        if placed.cited_at is not None:
            citing = blocks[placed.cited_at]
            block = replace(block, path=citing.path, prefix=citing.prefix, depth=citing.depth, page=citing.page)
        yield block if placed.text is None else replace(block, text=placed.text)


def _item_name(block: Block) -> str:
    """Returns what an item of a list names, empty if it is a sentence."""
    is_short = len(block.text) <= _MAX_ITEM_NAME and "\n" not in block.text
    is_name = block.kind is ElementKind.LIST_ITEM and is_short and block.text[-1] not in _SENTENCE_ENDS
    return block.text.rstrip(":：").rstrip() if is_name else ""


def _separator(previous: Block, block: Block) -> str:
    if block.goes_on and block.table is None:
        return " "
    is_list = previous.kind is block.kind is ElementKind.LIST_ITEM
    return "\n" if is_list else _PARAGRAPH_BREAK


def _tables(blocks: Sequence[Block], elements: Sequence[Element]) -> Iterator[Part]:
    for block, element in zip(blocks, elements, strict=True):
        if block.table is not None:
            yield Part(table=block.table, start=element.span.start, page=block.page, goes_on=block.goes_on)


def _layouts(
    blocks: Sequence[Block], elements: Sequence[Element], sizes: Mapping[int, PageSize]
) -> tuple[PageLayout, ...]:
    pages: dict[int, list[tuple[Block, Span]]] = {}
    for block, element in zip(blocks, elements, strict=True):
        if block.page is not None and block.page in sizes:
            pages.setdefault(block.page, []).append((block, element.span))
    layouts = []
    for page, placed in sorted(pages.items()):
        span = Span(start=placed[0][1].start, end=placed[-1][1].end)
        boxes = np.full((span.end - span.start, 4), np.nan, dtype=np.float32)
        for block, place in placed:
            if block.boxes is not None:
                boxes[place.start - span.start : place.end - span.start] = block.boxes
        layouts.append(
            PageLayout(page=page, width=sizes[page].width, height=sizes[page].height, span=span, boxes=boxes)
        )
    return tuple(layouts)
