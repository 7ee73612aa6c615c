from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.storage.extracted_text import (
    load_extracted,
    load_layouts,
    load_tables,
    load_text,
    move_extracted,
    same_passages,
    save_extracted,
    sync_extracted,
)
from rag.types import ChunkSpan, Element, ElementKind, Emphasis, EmphasisKind, ExtractedText, PageLayout, Span, Table

TEXT = "Heading\r\n\nWords on  pages. 句子。\x0c\n"


def extracted(text: str = TEXT) -> ExtractedText:
    boxes = np.arange(28, dtype=np.float32).reshape(7, 4)
    return ExtractedText(
        text=text,
        title="A title",
        elements=(
            Element(kind=ElementKind.HEADING, span=Span(start=0, end=7), page=1, heading_path=()),
            Element(kind=ElementKind.TABLE, span=Span(start=10, end=20), page=None, heading_path=("Heading", "x")),
        ),
        page_count=2,
        parser="fake 1.0",
        layouts=(PageLayout(page=1, width=612.0, height=792.5, span=Span(start=0, end=7), boxes=boxes),),
        tables=(
            Table(
                span=Span(start=10, end=20),
                page=None,
                name="",
                titles=(),
                header_rows=0,
                row_count=1,
                column_count=1,
                places=np.array([[0, 0, 1, 1, 0, 11, 16]], dtype=np.int32),
            ),
        ),
        emphasis=(
            Emphasis(kind=EmphasisKind.STRONG, span=Span(start=0, end=3)),
            Emphasis(kind=EmphasisKind.STRONG, span=Span(start=11, end=16)),
            Emphasis(kind=EmphasisKind.QUOTE, span=Span(start=2, end=7)),
        ),
        warnings=("page 2 is empty",),
    )


CHUNKS = (
    ChunkSpan(
        span=Span(start=0, end=15), page=1, heading_path=("Heading", "x"), page_starts=((3, 2), (9, None), (12, 1))
    ),
    ChunkSpan(span=Span(start=12, end=20), page=None, heading_path=()),
)


def damage(folder: Path, **changes: object) -> None:
    path = folder / "structure.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_everything_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    loaded, chunks = load_extracted(tmp_path)
    assert chunks == CHUNKS
    assert loaded.text == load_text(tmp_path) == TEXT
    assert loaded.elements == extracted().elements
    assert (loaded.title, loaded.parser, loaded.page_count) == ("A title", "fake 1.0", 2)
    assert loaded.warnings == ("page 2 is empty",)
    assert loaded.emphasis == extracted().emphasis
    np.testing.assert_array_equal(loaded.layouts[0].boxes, extracted().layouts[0].boxes)


def test_tables_are_loaded_by_themselves(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    assert load_extracted(tmp_path)[0].tables == ()
    [table] = load_tables(tmp_path)
    assert list(table.cells(TEXT)) == list(extracted().tables[0].cells(TEXT))


def test_a_version_of_before_there_were_tables_has_none(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    (tmp_path / "tables.zip").unlink()
    assert load_extracted(tmp_path)[1] == CHUNKS
    assert load_tables(tmp_path) == ()
    sync_extracted(tmp_path)


def test_a_version_of_before_there_were_page_starts_has_none(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    structure = json.loads((tmp_path / "structure.json").read_text(encoding="utf-8"))
    del structure["chunks"]["page_starts"], structure["elements"]["page_starts"]
    (tmp_path / "structure.json").write_text(json.dumps(structure), encoding="utf-8")
    assert load_extracted(tmp_path)[1] == (replace(CHUNKS[0], page_starts=()), CHUNKS[1])


def test_a_version_of_before_emphasis_was_read_has_none(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    structure = json.loads((tmp_path / "structure.json").read_text(encoding="utf-8"))
    del structure["emphasis"]
    (tmp_path / "structure.json").write_text(json.dumps(structure), encoding="utf-8")
    assert load_extracted(tmp_path)[0].emphasis == ()


@pytest.mark.parametrize("spans", [[[0, 0]], [[0, 5], [4, 6]], [[3, 900]], [[-1, 4]], [["a", 4]]])
def test_emphasis_that_no_parser_finds_is_refused(tmp_path: Path, spans: list[list[int]]) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    damage(tmp_path, emphasis={"strong": spans})
    with pytest.raises(ValueError, match=r"overlap|outside|damaged"):
        load_extracted(tmp_path)


def test_only_the_layouts_around_a_span_are_loaded(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    assert [layout.page for layout in load_layouts(tmp_path, Span(start=6, end=20))] == [1]
    assert load_layouts(tmp_path, Span(start=7, end=20)) == ()


@pytest.mark.parametrize(
    ("changes", "chunks", "same"),
    [
        ({"warnings": (), "elements": (), "page_count": 9}, CHUNKS, True),
        ({"text": TEXT.replace("句", "旬")}, CHUNKS, False),
        ({"title": "Another title"}, CHUNKS, False),
        ({}, CHUNKS[:1], False),
        ({}, (replace(CHUNKS[0], heading_path=("Heading",)), CHUNKS[1]), False),
        ({}, (replace(CHUNKS[0], page=2), CHUNKS[1]), False),
        ({}, (replace(CHUNKS[0], page_starts=()), CHUNKS[1]), False),
    ],
)
def test_passages_are_the_same_if_the_index_would_hold_the_same(
    tmp_path: Path, changes: dict[str, Any], chunks: tuple[ChunkSpan, ...], *, same: bool
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    save_extracted(old, extracted(), CHUNKS)
    save_extracted(new, replace(extracted(), **changes), chunks)
    assert same_passages(old, new) is same


def test_what_is_moved_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    assert not same_passages(old, new)
    save_extracted(old, extracted(), CHUNKS)
    save_extracted(new, replace(extracted(), warnings=("a better one",)), CHUNKS)
    move_extracted(new, old)
    assert load_extracted(old)[0].warnings == ("a better one",)
    assert not new.exists()


@given(text=st.text(st.characters(), max_size=30))
def test_every_offset_stays_right(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    document = ExtractedText(text=text, title=text, elements=(), page_count=None, parser="fake")
    save_extracted(folder, document, ())
    loaded = load_text(folder)
    assert len(loaded) == len(text)
    assert all(theirs in (ours, "?") for ours, theirs in zip(text, loaded, strict=True))
    load_extracted(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"chunks": {"start": [0], "end": [99], "page": [None], "path": [0]}},
        {"chunks": {"start": [3], "end": [3], "page": [None], "path": [0]}},
        {"chunks": {"start": [-3], "end": [3], "page": [None], "path": [0]}},
        {"chunks": {"start": [0], "end": [3], "page": [None], "path": [7]}},
        {"chunks": {"start": [0], "end": [3], "page": [1], "path": [0], "page_starts": [[[3, 2]]]}},
        {"chunks": {"start": [0], "end": [3], "page": [1], "path": [0], "page_starts": [[[2, 2], [1, 3]]]}},
        {"chunks": {"start": [0], "end": [3], "page": [1], "path": [0], "page_starts": [[], []]}},
        {"chunks": {"start": [0, 1], "end": [3], "page": [None], "path": [0]}},
        {"elements": {"start": [0], "end": [3], "page": [None], "path": [0], "kind": ["virus"]}},
        {"elements": {"start": [0, 1], "end": [3, 5], "page": [1, 1], "path": [0, 0], "kind": ["code", "code"]}},
        {"layouts": [{"page": 1, "width": 1.0, "height": 1.0, "start": 0, "end": 6}]},
        {"layouts": [{"page": 3, "width": 1.0, "height": 1.0, "start": 0, "end": 7}]},
        {"title": 7},
        {"surprise": 1},
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    damage(tmp_path, **changes)
    with pytest.raises(ValueError, match=r"."):
        load_extracted(tmp_path)


@pytest.mark.parametrize("name", ["text.txt", "structure.json", "layouts.npz"])
def test_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    (tmp_path / name).write_bytes(b"\xff\xfe damaged")
    with pytest.raises(ValueError, match=r"."):
        load_extracted(tmp_path)


def test_boxes_are_never_unpickled(tmp_path: Path) -> None:
    save_extracted(tmp_path, extracted(), CHUNKS)
    with zipfile.ZipFile(tmp_path / "layouts.npz", "w") as archive, archive.open("page-1.npy", "w") as member:
        np.lib.format.write_array(member, np.array([[print] * 4] * 7, dtype=object), version=(1, 0))
    with pytest.raises(ValueError, match="do not fit"):
        load_extracted(tmp_path)
