from __future__ import annotations

from rag.composition.summaries.sections import grouped, sections_of, size_of
from tests.support.builders.material import document_of


def _texts(lines: str) -> list[str]:
    return [part.text for section in sections_of(document_of(lines)) for part in section.parts]


def test_an_introduction_stands_with_its_items_and_long_ones_are_named_by_their_labels() -> None:
    lines = (
        "# Kit\nThe kit holds these parts:\n- a rope of nine metres\n"
        "- Flares: three red ones that burn for a minute each and must be replaced every three years by the yard\n"
    )
    assert _texts(lines) == ["The kit holds these parts: a rope of nine metres; Flares."]


def test_questions_rulers_and_unfinished_lines_carry_nothing() -> None:
    assert _texts(
        "# Pier\nWho opens the pier?\nThe pier is open all day.\nOpening hours of the pier\n| Day | Hour |"
    ) == ["The pier is open all day."]


def test_details_above_the_first_heading_carry_nothing() -> None:
    lines = "- author: Ada\n- date: 2025-01-02\n# Pier\nThe pier is open all day."
    assert _texts(lines) == ["The pier is open all day."]


def test_the_first_sentence_carries_a_section_and_a_hint_does_not() -> None:
    [section] = sections_of(document_of("# Pier\nThe pier is open all day. For more, see the page of the harbour."))
    first, hint = section.parts
    assert first.score > 0.3 > hint.score


def test_sections_are_joined_by_the_highest_level_with_several() -> None:
    document = document_of(
        "# Port\n## Pier\nThe pier is open.\n### Steps\nThe steps are wet.\n## Yard\nThe yard is shut."
    )
    groups = grouped(sections_of(document))
    assert [group.path for group in groups] == [("Port", "Pier"), ("Port", "Yard")]
    assert [len(group.parts) for group in groups] == [2, 1]


def test_chinese_is_counted_by_its_characters() -> None:
    assert size_of("the pier is open") == 4
    assert size_of("码头每天开放") > 2


def test_a_sentence_that_goes_on_carries_less() -> None:
    [section] = sections_of(document_of("# Pier\nHowever, the pier is shut. The pier is open all day."))
    assert section.parts[0].score < section.parts[1].score


def test_a_list_that_is_too_long_is_cut_and_says_so() -> None:
    items = "\n".join(f"- the box number {number} with eight more words in it here" for number in range(9))
    [text] = _texts(f"# Kit\nThe kit holds:\n{items}")
    assert text.endswith("; …")
    assert size_of(text) <= 60


def test_a_document_without_sentences_has_no_sections() -> None:
    assert grouped(sections_of(document_of("# Pier\nWho opens it?"))) == []
