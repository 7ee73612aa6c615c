from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.blocks.assembly import Block, PageSize, assemble, clean
from rag.types import ElementKind

KINDS = st.sampled_from(ElementKind)


def block(text: str, kind: ElementKind = ElementKind.PARAGRAPH, **rest: int) -> Block:
    return Block(kind=kind, text=text, page=rest.get("page"), level=rest.get("level"))


def test_headings_head_what_follows_until_one_of_their_depth() -> None:
    blocks = [
        block("Top", ElementKind.HEADING, level=0),
        block("Sub", ElementKind.HEADING, level=1),
        block("one"),
        block("Next", ElementKind.HEADING, level=1),
        block("two"),
    ]
    extracted = assemble(blocks, title="t", parser="p")
    paths = [element.heading_path for element in extracted.elements]
    assert paths == [(), ("Top",), ("Top", "Sub"), ("Top",), ("Top", "Next")]


def test_list_items_stand_on_neighbouring_lines() -> None:
    items = [block("a", ElementKind.LIST_ITEM), block("b", ElementKind.LIST_ITEM), block("c")]
    assert assemble(items, title="t", parser="p").text == "a\nb\n\nc"


def test_layout_covers_its_page_and_inserted_characters_have_no_box() -> None:
    ones = np.ones((2, 4), dtype=np.float32)
    blocks = [
        Block(kind=ElementKind.PARAGRAPH, text="ab", page=1, boxes=ones),
        Block(kind=ElementKind.PARAGRAPH, text="cd", page=1, boxes=ones),
        Block(kind=ElementKind.PARAGRAPH, text="ef", page=2, boxes=ones),
    ]
    size = PageSize(width=100, height=200)
    extracted = assemble(blocks, title="t", parser="p", page_sizes={1: size, 2: size})
    first, second = extracted.layouts
    assert extracted.text[first.span.start : first.span.end] == "ab\n\ncd"
    assert np.isnan(first.boxes).any(axis=1).tolist() == [False, False, True, True, False, False]
    assert (second.page, second.boxes.shape) == (2, (2, 4))


@given(st.lists(st.builds(Block, kind=KINDS, text=st.text().map(clean), page=st.none() | st.integers(1, 3))))
def test_elements_are_ordered_and_disjoint_and_reproduce_their_blocks(blocks: list[Block]) -> None:
    extracted = assemble(blocks, title="t", parser="p")
    texts = [extracted.text[element.span.start : element.span.end] for element in extracted.elements]
    assert texts == [block.text for block in blocks if block.text.strip()]
    ends = [0, *(element.span.end for element in extracted.elements)]
    assert all(end <= element.span.start for end, element in zip(ends, extracted.elements, strict=False))
    assert ends[-1] == len(extracted.text)


@given(st.text(), st.booleans())
def test_cleaned_text_has_no_control_characters_and_stays_clean(text: str, keep_spaces: bool) -> None:  # noqa: FBT001
    cleaned = clean(text, keep_spaces=keep_spaces)
    assert all(unicodedata.category(character) != "Cc" or character in "\n\t" for character in cleaned)
    assert clean(cleaned, keep_spaces=keep_spaces) == cleaned
