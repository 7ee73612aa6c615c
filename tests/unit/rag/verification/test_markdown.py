"""Tests that Markdown is read as layout where it is one, and as words where it says something."""

from __future__ import annotations

import pytest

from rag.answers import TextDelta
from rag.verification.checker import EncoderLikeness, SupportChecker
from rag.verification.markdown import MarkdownReader, Part
from rag.verification.stream import SentenceAssembler, WrittenSentence
from tests.support.builders.passages import make_passage
from tests.support.fakes.hash_encoder import HashEncoder


def written(text: str) -> list[WrittenSentence]:
    assembler = SentenceAssembler()
    return [*assembler.add_text(text), *assembler.finish()]


@pytest.mark.parametrize(
    ("line", "part", "claims"),
    [
        ("## Opening hours", Part.HEADING, ()),
        ("**Opening hours**", Part.HEADING, ()),
        ("The kit holds:", Part.LEAD_IN, ()),
        ("The fee is 40 EUR for:", Part.PROSE, ("The fee is 40 EUR for:",)),
        ("## 12 March 2024", Part.PROSE, ("12 March 2024",)),
        ("---", Part.RULER, ()),
        ("|---|:--:|", Part.RULER, ()),
        ("| Article | Weight |", Part.LEAD_IN, ()),
        ("```sh", Part.RULER, ()),
        ("- Press the **red** button.", Part.ITEM, ("Press the red button.",)),
        ("3. Open `valve.ini` in the [guide](https://example.org).", Part.ITEM, ("Open valve.ini in the guide.",)),
        ("It closes at **16:30**.", Part.PROSE, ("It closes at 16:30.",)),
        ("5 * 3 * 2 rows of snake_case_names", Part.PROSE, ("5 * 3 * 2 rows of snake_case_names",)),
    ],
)
def test_a_line_claims_something_or_only_leads_in(line: str, part: Part, claims: tuple[str, ...]) -> None:
    assert MarkdownReader().read(line, begins_line=True) == (part, claims)


def test_an_item_that_says_little_is_read_with_the_line_above_its_list() -> None:
    *_, item, long = written("The kit holds:\n\n- a monitor\n- a keyboard with German keys")
    assert item.claims == ("The kit holds: a monitor", "a monitor")
    assert long.claims == ("a keyboard with German keys",)


def test_a_row_is_read_with_its_cells_side_by_side() -> None:
    assert [one.claims for one in written("| Saw | Weight |\n|---|---|\n| **S1** | 55 kg |\n\nIt is light.")] == [
        (),
        (),
        ("S1; 55 kg",),
        ("It is light.",),
    ]


def test_lines_of_code_are_read_as_they_are() -> None:
    assert [one.claims for one in written("```\n# rm *\nls **\n```\nDone.")] == [
        (),
        ("# rm *",),
        ("ls **",),
        (),
        ("Done.",),
    ]


SOURCES = (
    make_passage("To reset the pump the red button must be pressed for 5 seconds. Then close the valve.", number=1),
    make_passage("Article: L2; Weight: 940 kg\nArticle: S1; Weight: 55 kg", number=2, key="b"),
)


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("Follow these steps:\n1. Press the **red button** for 5 seconds.\n2. Close the valve.", [True, True]),
        ("Follow these steps:\n1. Press the red button for 9 seconds.\n2. Call Olav Berg.", [False, False]),
        ("| Article | Weight |\n|---|---|\n| L2 | 940 kg |\n| S1 | 940 kg |", [True, False]),
    ],
)
def test_what_the_sources_state_is_supported_in_any_layout(text: str, supported: list[bool]) -> None:
    checker = SupportChecker(EncoderLikeness(HashEncoder())).over(SOURCES)
    checked = [checker.check(0, one.text, (), claims=one.claims) for one in written(text) if one.claims]
    assert [sentence.supported for sentence in checked] == supported


def test_a_text_that_comes_in_pieces_reads_as_the_whole_one() -> None:
    text = "## Kit\n\nIt holds:\n- a monitor\n- two keyboards of 2024\n\n| A | B |\n|---|---|\n| x y | z |\nThe end."
    assembler, found = SentenceAssembler(), []
    for letter in text:
        found += assembler.add_text(TextDelta(text=letter).text)
    assert [one.claims for one in [*found, *assembler.finish()]] == [one.claims for one in written(text)]
