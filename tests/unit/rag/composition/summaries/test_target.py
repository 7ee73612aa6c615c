from __future__ import annotations

import pytest

from rag.composition.summaries.target import limit_of, subject_of, target_of
from tests.support.builders.material import material_of

LEASE = "# Boat lease\n## Rent\nRent is due on the first day.\n## Care\nThe tenant washes the boat."


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("tl;dr of how the pump works", ["pump", "work"]),
        ("summarise the rent section in two sentences", ["rent"]),
        ("what are these documents about", []),
        ("what does the yard say about dogs, briefly", ["dog"]),
        ("résume l'accord", ["accord"]),
        ("总结休假", ["休假"]),
    ],
)
def test_the_subject_is_what_is_left_beside_the_words_that_ask(question: str, subject: list[str]) -> None:
    assert subject_of(question) == subject


@pytest.mark.parametrize(
    ("question", "limit"),
    [("in one sentence", 1), ("in 3 bullet points", 3), ("in zwei Sätzen", 2), ("一句话总结", 1), ("sum it up", 0)],
)
def test_a_question_says_how_many_sentences_it_wants(question: str, limit: int) -> None:
    assert limit_of(question) == limit


@pytest.mark.parametrize(
    ("question", "headings", "is_sure"),
    [
        ("summarise the boat lease", ["Rent", "Care"], True),
        ("sum up the care rules of the boat lease", ["Care"], True),
        ("sum up when it must be washed", ["Care"], False),
    ],
)
def test_a_document_a_section_or_a_topic_is_meant(question: str, headings: list[str], *, is_sure: bool) -> None:
    target = target_of(material_of(question, lease=LEASE), None)
    assert target is not None
    assert [section.heading for section in target.sections][: len(headings)] == headings
    assert target.is_sure is is_sure
