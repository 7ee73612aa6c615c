"""Stores a version's extracted text, structure and chunks as files in a folder.

``text.txt`` is the text in UTF-8, line breaks as they are; ``structure.json`` holds columns of elements and chunks;
``layouts.npz`` holds one member a page with the characters' boxes; ``tables.zip`` the tables, which are loaded by
themselves, and which versions that were read before there were any do not have. The files are written by the parser
process, which a hostile document may control: loading checks all sizes and values, and unpickles nothing.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import uuid
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format
from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.storage.extracted_tables import read_tables, write_tables
from rag.errors import WrongFieldError
from rag.fields.values import MOST_FIELDS, Description, Field, field_of, tags_of
from rag.types import (
    ChunkSpan,
    Element,
    ElementKind,
    Emphasis,
    EmphasisKind,
    ExtractedText,
    FloatArray,
    PageLayout,
    Span,
    Table,
)

_TEXT, _STRUCTURE, _LAYOUTS, _TABLES = "text.txt", "structure.json", "layouts.npz", "tables.zip"
_FILES = (_TEXT, _STRUCTURE, _LAYOUTS, _TABLES)
MAX_FILE_BYTES = 512 * 1_048_576
_MAX_STRUCTURE_BYTES = 64 * 1_048_576
_BOX_TYPE = np.dtype("<f4")


class _Columns(BaseModel):
    """Places in the text, one entry each; ``path`` is an index into the table of heading paths.

    ``page_starts`` is empty for elements, and in files that were written before there were any.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    start: list[int]
    end: list[int]
    page: list[int | None]
    path: list[int]
    kind: list[str] = []
    page_starts: list[list[tuple[int, int | None]]] = []


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    page: int
    width: float
    height: float
    start: int
    end: int


class _Structure(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    parser: str
    page_count: int | None
    warnings: list[str]
    heading_paths: list[list[str]]
    elements: _Columns
    chunks: _Columns
    layouts: list[_Page]
    emphasis: dict[str, list[tuple[int, int]]] = {}  # by kind; files that were written before it was read have none
    # Versions that were read before have none of these.
    tags: list[str] = []
    fields: dict[str, dict[str, str | float]] = {}


def save_extracted(folder: Path, extracted: ExtractedText, chunks: tuple[ChunkSpan, ...]) -> None:
    """Writes text, structure, layouts and tables into ``folder``, which must exist. Lone surrogates become ``?``.

    Existing files are replaced, not overwritten: an open file or a hard link keeps its content.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the structure or the tables are too large to be loaded again.
    """
    paths: dict[tuple[str, ...], int] = {}
    structure = _Structure(
        title=extracted.title,
        parser=extracted.parser,
        page_count=extracted.page_count,
        warnings=list(extracted.warnings),
        elements=_columns(extracted.elements, paths),
        chunks=_columns(chunks, paths),
        heading_paths=[list(path) for path in paths],
        layouts=[
            _Page(
                page=layout.page,
                width=layout.width,
                height=layout.height,
                start=layout.span.start,
                end=layout.span.end,
            )
            for layout in extracted.layouts
        ],
        emphasis=_by_kind(extracted.emphasis),
        tags=list(extracted.description.tags),
        fields={field.name: _stored(field) for field in extracted.description.fields},
    )
    content = json.dumps(structure.model_dump(), ensure_ascii=False, separators=(",", ":"))
    encoded = content.encode("utf-8", errors="replace")
    if len(encoded) > _MAX_STRUCTURE_BYTES:
        raise ValueError(f"its structure takes {len(encoded):,} bytes, the limit is {_MAX_STRUCTURE_BYTES:,}")
    # A worker that lost its lease and the one that got the job may write the same version at the same time.
    mine = uuid.uuid4().hex
    drafts = {name: folder / f"{name}.{mine}" for name in _FILES}
    drafts[_TEXT].write_bytes(extracted.text.encode("utf-8", errors="replace"))
    drafts[_STRUCTURE].write_bytes(encoded)
    write_tables(drafts[_TABLES], extracted.tables)
    with zipfile.ZipFile(drafts[_LAYOUTS], "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for layout in extracted.layouts:
            with archive.open(_member(layout.page), "w", force_zip64=True) as member:
                boxes = np.ascontiguousarray(layout.boxes, dtype=_BOX_TYPE)
                npy_format.write_array(member, boxes, version=(1, 0), allow_pickle=False)
    for name, draft in drafts.items():
        draft.replace(folder / name)


def sync_extracted(folder: Path) -> None:
    """Flushes what was saved in ``folder`` to the disk."""
    files = [folder / name for name in _FILES if (folder / name).exists()]
    for path in (*files, folder, folder.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def move_extracted(source: Path, target: Path) -> None:
    """Moves what was saved in ``source`` into ``target``, in place of what was saved there, and removes ``source``."""
    for name in _FILES:
        (source / name).replace(target / name)
    sync_extracted(target)
    shutil.rmtree(source)


def same_passages(one: Path, other: Path) -> bool:
    """Returns whether two folders hold the same text, title and chunks; False where one cannot be read.

    The rest is not compared and not loaded: after a crash the files of a folder may not fit together.
    """
    try:
        first, second = _structure(one), _structure(other)
        same_chunks = first.title == second.title and _places(first.chunks, first) == _places(second.chunks, second)
        return same_chunks and load_text(one) == load_text(other)
    except (OSError, ValueError):
        return False


def load_text(folder: Path) -> str:
    """Returns the extracted text alone.

    Raises:
        OSError: the file is not there.
        ValueError: the file is not what ``save_extracted`` writes.
    """
    return _read(folder / _TEXT, MAX_FILE_BYTES).decode("utf-8")


def load_extracted(folder: Path, *, with_layouts: bool = True) -> tuple[ExtractedText, tuple[ChunkSpan, ...]]:
    """Returns what was saved, after checking that spans lie in the text and elements and chunks are in order.

    The tables are left out: see ``load_tables``. So are the layouts, on demand: see ``load_layouts``.

    Raises:
        OSError: a file is not there.
        ValueError: the files are not what ``save_extracted`` writes.
    """
    text = load_text(folder)
    structure = _structure(folder)
    elements = tuple(
        Element(kind=ElementKind(kind), span=chunk.span, page=chunk.page, heading_path=chunk.heading_path)
        for kind, chunk in zip(structure.elements.kind, _places(structure.elements, structure), strict=True)
    )
    chunks = _places(structure.chunks, structure)
    layouts = tuple(_layout(folder, page) for page in structure.layouts) if with_layouts else ()
    extracted = ExtractedText(
        text=text,
        title=structure.title,
        elements=elements,
        page_count=structure.page_count,
        parser=structure.parser,
        layouts=layouts,
        emphasis=_emphasis(structure),
        warnings=tuple(structure.warnings),
        description=_description(structure),
    )
    _check(extracted, chunks)
    return extracted, chunks


def load_tables(folder: Path) -> tuple[Table, ...]:
    """Returns the tables, in the order of the text; none for a version that was read before tables were stored.

    Raises:
        OSError: the text is not there, or a file cannot be read.
        ValueError: the files are not what ``save_extracted`` writes.
    """
    path = folder / _TABLES
    return read_tables(path, len(load_text(folder))) if path.exists() else ()


def keeps_tables(folder: Path) -> bool:
    """Returns whether the version was read since tables are stored."""
    return (folder / _TABLES).exists()


def load_layouts(folder: Path, span: Span, *, page: int | None = None) -> tuple[PageLayout, ...]:
    """Returns the layouts of the pages that have characters of ``span``; none where the format has no pages.

    With ``page`` it returns that page's alone.

    Raises:
        OSError: a file is not there.
        ValueError: the files are not what ``save_extracted`` writes.
    """
    pages = _structure(folder).layouts
    wanted = (each for each in pages if page is None or each.page == page)
    return tuple(_layout(folder, each) for each in wanted if each.start < span.end and span.start < each.end)


def _stored(field: Field) -> dict[str, str | float]:
    return {"type": field.type.value, "value": field.value if isinstance(field.value, float) else field.text}


def _description(structure: _Structure) -> Description:
    """Returns the tags and fields.

    Raises:
        ValueError: one is none.
    """
    try:
        fields = [field_of(name, value, from_file=True) for name, value in structure.fields.items()]
        if len(fields) > MOST_FIELDS:
            raise ValueError(f"{_STRUCTURE} has {len(fields):,} fields")
        return Description(tags=tags_of(structure.tags), fields=tuple(fields))
    except WrongFieldError as error:
        raise ValueError(f"{_STRUCTURE} is damaged: {error}") from error


def _columns(places: tuple[Element, ...] | tuple[ChunkSpan, ...], paths: dict[tuple[str, ...], int]) -> _Columns:
    return _Columns(
        start=[place.span.start for place in places],
        end=[place.span.end for place in places],
        page=[place.page for place in places],
        path=[paths.setdefault(place.heading_path, len(paths)) for place in places],
        kind=[place.kind.value for place in places if isinstance(place, Element)],
        page_starts=[list(place.page_starts) for place in places if isinstance(place, ChunkSpan)],
    )


def _by_kind(emphasis: tuple[Emphasis, ...]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for each in emphasis:
        found.setdefault(each.kind.value, []).append((each.span.start, each.span.end))
    return found


def _emphasis(structure: _Structure) -> tuple[Emphasis, ...]:
    found = []
    for kind, spans in structure.emphasis.items():
        if any(start >= end for start, end in spans) or any(one[1] > other[0] for one, other in pairwise(spans)):
            raise ValueError("emphasised words overlap")
        found += [Emphasis(kind=EmphasisKind(kind), span=Span(start=start, end=end)) for start, end in spans]
    return tuple(found)


def _structure(folder: Path) -> _Structure:
    try:
        return _Structure.model_validate_json(_read(folder / _STRUCTURE, _MAX_STRUCTURE_BYTES))
    except ValidationError as error:
        raise ValueError(f"{_STRUCTURE} is damaged: {error.errors()[0]['msg']}") from error


def _places(columns: _Columns, structure: _Structure) -> tuple[ChunkSpan, ...]:
    paths = [tuple(path) for path in structure.heading_paths]
    if any(not 0 <= index < len(paths) for index in columns.path):
        raise ValueError(f"{_STRUCTURE} names a heading path that it does not hold")
    page_starts = columns.page_starts or [[]] * len(columns.start)
    return tuple(
        ChunkSpan(span=Span(start=start, end=end), page=page, heading_path=paths[path], page_starts=tuple(later))
        for start, end, page, path, later in zip(
            columns.start, columns.end, columns.page, columns.path, page_starts, strict=True
        )
    )


def _layout(folder: Path, page: _Page) -> PageLayout:
    span = Span(start=page.start, end=page.end)
    boxes = _boxes(folder / _LAYOUTS, page.page, page.end - page.start)
    return PageLayout(page=page.page, width=page.width, height=page.height, span=span, boxes=boxes)


def _boxes(path: Path, page: int, count: int) -> FloatArray:
    """Reads a page's boxes. The member's header must agree with the structure."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_member(page)) as member:
            npy_format.read_magic(member)
            shape, fortran, dtype = npy_format.read_array_header_1_0(member)
            if shape != (count, 4) or fortran or dtype != _BOX_TYPE:
                raise ValueError(f"the boxes of page {page} do not fit its text")
            content = member.read(count * 4 * _BOX_TYPE.itemsize)
    except (KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    return np.frombuffer(content, dtype=_BOX_TYPE).reshape(count, 4)


def _member(page: int) -> str:
    return f"page-{page}.npy"


def _read(path: Path, limit: int) -> bytes:
    size = path.stat().st_size
    if size > limit:
        raise ValueError(f"{path.name} has {size:,} bytes, the limit is {limit:,}")
    return path.read_bytes()


def _check(extracted: ExtractedText, chunks: tuple[ChunkSpan, ...]) -> None:
    length = len(extracted.text)
    spans = [element.span for element in extracted.elements]
    spans += [chunk.span for chunk in chunks]
    spans += [layout.span for layout in extracted.layouts]
    spans += [each.span for each in extracted.emphasis]
    if any(not 0 <= span.start <= span.end <= length for span in spans):
        raise ValueError("a span lies outside the text")
    ends = [0, *(element.span.end for element in extracted.elements)]
    if any(element.span.start < end for element, end in zip(extracted.elements, ends, strict=False)):
        raise ValueError("elements overlap")
    starts = [chunk.span.start for chunk in chunks]
    if starts != sorted(starts) or any(chunk.span.start == chunk.span.end for chunk in chunks):
        raise ValueError("chunks are empty or out of order")
    for chunk in chunks:
        edges = [chunk.span.start, *(start for start, _ in chunk.page_starts), chunk.span.end]
        if any(one >= other for one, other in pairwise(edges)):
            raise ValueError("the pages of a chunk begin outside of it or are out of order")
