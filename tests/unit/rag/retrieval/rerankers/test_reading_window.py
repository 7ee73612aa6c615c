from __future__ import annotations

import pytest

from rag.retrieval.rerankers.reading_window import reading_window
from rag.types import Span
from tests.support.builders.chunks import chunk

TEXT = "Alpha one two. Beta one two. Gamma one two. Delta one two."


def window_of(word: str, *, words: int) -> str:
    whole = chunk(TEXT, title="Letters")
    start = whole.span.start + TEXT.index(word)
    return reading_window(whole, Span(start=start, end=start + len(word)), words=words)


@pytest.mark.parametrize(
    ("word", "words", "expected"),
    [
        ("Beta", 3, "Beta one two."),
        ("Beta", 1, "Beta one two."),
        ("Beta", 6, "Beta one two. Gamma one two."),
        ("Beta", 9, "Alpha one two. Beta one two. Gamma one two."),
        ("Delta", 6, "Gamma one two. Delta one two."),
        ("Alpha", 100, TEXT),
    ],
)
def test_whole_sentences_around_the_best_one(word: str, words: int, expected: str) -> None:
    assert window_of(word, words=words) == f"Letters\n{expected}"


def test_a_chunk_without_a_sentence_is_read_whole() -> None:
    blank = chunk("  ", title="Blank")
    assert reading_window(blank, blank.span) == "Blank\n  "
