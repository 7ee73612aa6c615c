from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.storage.extracted_text import load_extracted, load_text, save_extracted
from rag.types import ChunkSpan, Element, ElementKind, ExtractedText, PageLayout, Span

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
        warnings=("page 2 is empty",),
    )


CHUNKS = (
    ChunkSpan(span=Span(start=0, end=15), page=1, heading_path=("Heading", "x")),
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
    np.testing.assert_array_equal(loaded.layouts[0].boxes, extracted().layouts[0].boxes)


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
