from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.formats.plain_text import join_lines, text_blocks
from rag.types import ElementKind


def test_wrapped_lines_become_one() -> None:
    text = (
        "The quick brown fox jumps over the lazy dog and then\nruns away through the forest, over the hills, and\nfar."
    )
    assert [block.text for block in text_blocks(text)] == [text.replace("\n", " ")]


def test_chinese_lines_are_joined_without_space() -> None:
    assert join_lines("人工智能是计算机\n科学的一个分支") == "人工智能是计算机科学的一个分支"


def test_korean_lines_are_joined_with_a_space() -> None:
    assert join_lines("한국어\n문서") == "한국어 문서"


def test_list_items_stay_apart() -> None:
    blocks = text_blocks("Needed:\n- a hammer\n- nails\n  of two sizes\n- wood")
    assert [block.text for block in blocks] == ["Needed:", "- a hammer", "- nails of two sizes", "- wood"]
    assert [block.kind for block in blocks[1:]] == [ElementKind.LIST_ITEM] * 3


def test_short_lines_broken_on_purpose_stay_apart() -> None:
    assert len(text_blocks("Full name Iwan\nBorn 1968\nHeight 1.91 m")) == 3


@given(st.text())
def test_every_visible_character_survives_in_order(text: str) -> None:
    kept = "".join("".join(block.text for block in text_blocks(text)).split())
    remaining = iter("".join(text.split()))
    assert all(character in remaining for character in kept)
    assert all(block.text.strip() for block in text_blocks(text))
