from __future__ import annotations

import pytest

from rag.retrieval.evidence import quote
from rag.retrieval.units import answered_by_metadata, sentence_spans, states_something
from tests.support.builders.passages import make_hit


def units(text: str, *headings: str) -> list[str]:
    chunk = make_hit(text, headings=headings, start=30).chunk
    return [quote(chunk, span) for span in sentence_spans(chunk)]


def test_a_command_is_quoted_with_its_comment() -> None:
    code = "# open the gate. It beeps.\ngatectl open --side north\n// shut it\n// for good\ngate.shut()"
    assert units(f"Run one.\n\n{code}\n\nIt moves.") == [
        "Run one.",
        "# open the gate. It beeps.\ngatectl open --side north",
        "// shut it\n// for good\ngate.shut()",
        "It moves.",
    ]


def test_a_command_over_several_lines_is_whole() -> None:
    assert units("gatectl open \\\n  --side north \\\n  --slow\ngatectl shut") == [
        "gatectl open \\\n  --side north \\\n  --slow",
        "gatectl shut",
    ]


def test_an_introduction_goes_with_the_single_line_under_it() -> None:
    assert units("Be quick. To open the gate, run:\n\ngatectl open\n\nIt moves.") == [
        "Be quick.",
        "To open the gate, run:\n\ngatectl open",
        "It moves.",
    ]
    assert units("The kit holds:\n\na rope\na lamp") == ["The kit holds:", "a rope", "a lamp"]
    assert units("Note:\n\nKeep dry.", "Note:") == ["Note:", "Keep dry."]


def test_a_long_block_stays_in_lines() -> None:
    lines = [f"setting_{number} = {number}" for number in range(100)]
    first, *others = units("\n".join(["# all settings", *lines]))
    assert len(first) <= 400
    assert others[-1] == lines[-1]


def test_a_note_mark_is_not_shown_first() -> None:
    assert units("[^2] Measured in May.\n[^b]: By the city.\n[^3]") == ["Measured in May.", "By the city.", "[^3]"]


@pytest.mark.parametrize(
    "heading",
    [
        "The north gate is closed in winter",
        "Release 4.1 (1 June 2025)",
        "3.2 Emergency phone: 555 0133",
        "Fees fall by 3 percent",
        "Write to gate@example.org",
        "Opening hours: 9:00 to 17:00",
        "Director: Ada Berg",
        "The bridge was replaced by a ferry",
        "Die Halle ist gesperrt",
    ],
)
def test_a_heading_with_a_verb_a_day_or_a_value_states_something(heading: str) -> None:
    assert states_something(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "Maintenance",
        "Chapter 3: Maintenance",
        "4.2 Gates and doors",
        "Annual report 2024",
        "When the gate is open",
        "Is the gate open?",
        "Step 12",
        "Terms of use",
    ],
)
def test_other_headings_name_a_topic(heading: str) -> None:
    assert not states_something(heading)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("author: Ada Berg", "wrote"),
        ("Date: 2025-01-02", "published"),
        ("last_updated: 2025-01-02", "updated"),
        ("Authority: the city", ""),
        ("author:", ""),
    ],
)
def test_metadata_answer_a_question_about_the_document(line: str, asked: str) -> None:
    question = answered_by_metadata(line, "Gate log")
    assert asked in question
    assert bool(question) == bool(asked)
    assert not question or "Gate log" in question
