"""Titles are told from sentences by counting words and sentences as spaCy's blank English pipeline does."""

from __future__ import annotations

import pytest

from ingest.parsing.formats.unstructured_parser import sent_tokenize, word_tokenize


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith came at 5 p.m. on Monday. He left.", ["Dr. Smith came at 5 p.m. on Monday.", "He left."]),
        ("ITEM 1A. RISK FACTORS", ["ITEM 1A. RISK FACTORS"]),
        ("Is it safe? Yes! Use it.", ["Is it safe?", "Yes!", "Use it."]),
        ("The U.S. Navy's ship, e.g. the Mary.", ["The U.S. Navy's ship, e.g. the Mary."]),
        ("It ends here.Next begins.", ["It ends here.", "Next begins."]),
        ("Wait... what (really?) happened", ["Wait... what (really?)", "happened"]),
        ("请检查间距。然后接地。", ["请检查间距。然后接地。"]),
        ("3. Start the pump.", ["3.", "Start the pump."]),
        ("", []),
    ],
)
def test_sentences_end_where_spacy_ends_them(text: str, sentences: list[str]) -> None:
    assert [sentence.strip() for sentence in sent_tokenize(text)] == sentences


def test_words_stand_without_the_marks_around_them() -> None:
    assert word_tokenize("The ship's (old) well-known bell, rung twice/day.") == [
        *("The", "ship", "old", "well", "known", "bell", "rung", "twice", "day")
    ]
