from __future__ import annotations

from dataclasses import replace

from rag.composition.lists.blocks import BlockKind
from rag.composition.lists.near_blocks import AskedWords, near_blocks
from tests.support.builders.material import material_of

CLUB = "# Club\n## Guide\n### Needs\n- a licence\n- a watch\n## Guest\n### Needs\n- a ticket\n- a form"
KINDS = {BlockKind.LIST}


def test_blocks_of_the_kinds_are_found_once_with_their_headings() -> None:
    found = list(near_blocks(material_of("needs", club=CLUB), KINDS))
    assert [(block.path, block.text) for block in found] == [
        (("Club", "Guide", "Needs"), "a licence\na watch"),
        (("Club", "Guest", "Needs"), "a ticket\na form"),
    ]


def test_blocks_of_another_section_than_the_one_named_are_left_out() -> None:
    found = near_blocks(material_of("needs of a guide", club=CLUB), KINDS)
    assert [block.path for block in found] == [("Club", "Guide", "Needs")]


def test_blocks_far_from_the_passages_are_left_out() -> None:
    lines = f"# Near\n- one\n- two\n# Between\n{'Words go on. ' * 900}\n# Far\n- three\n- four"
    material = material_of("which ones are near", long=lines)
    first = replace(material, passages=material.passages[:1])
    assert [block.path for block in near_blocks(first, KINDS)] == [("Near",)]


def test_a_word_of_few_headings_counts_more_and_one_in_a_heading_most() -> None:
    material = material_of("needs of a guide", club=CLUB)
    blocks = list(near_blocks(material_of("needs", club=CLUB), KINDS))
    asked = AskedWords.of(material, blocks)
    guide, guest = (asked.cover(block.path, block.text) for block in blocks)
    assert guide == 1
    assert asked.cover(("Needs",), "") < asked.cover(("Guide",), "")
    assert guest < asked.cover((), "guide") + asked.cover(("Needs",), "") < guide


def test_words_that_nothing_has_do_not_count() -> None:
    material = material_of("needs to become a guide", club=CLUB)
    blocks = list(near_blocks(material, KINDS))
    assert AskedWords.of(material, blocks).cover(blocks[0].path, "") == 1


def test_words_do_not_count_where_the_passages_are_in_another_language() -> None:
    material = material_of("needs of a guide", club="# 俱乐部\n## 向导\n- 潜水执照和手表\n- 急救课程证明")
    blocks = list(near_blocks(material, KINDS))
    assert AskedWords.of(material, blocks).cover(("guide",), "needs") == 0
