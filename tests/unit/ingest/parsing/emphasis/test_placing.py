from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.emphasis.placing import Piece, place
from rag.types import EmphasisKind, Span

STRONG = frozenset({EmphasisKind.STRONG})
BOTH = STRONG | {EmphasisKind.EMPHASIS}


def placed(text: str, *paragraphs: list[Piece]) -> list[tuple[str, str]]:
    return [(each.kind.value, text[each.span.start : each.span.end]) for each in place(paragraphs, text)]


def test_emphasised_words_are_found_whatever_their_white_space() -> None:
    text = "The pump is\nserviced once a year.\n\nCall the desk."
    pieces = [Piece("The pump  is "), Piece("serviced\tonce", STRONG), Piece(" a year.")]
    assert placed(text, pieces, [Piece("Call the "), Piece("desk", BOTH), Piece(".")]) == [
        ("strong", "serviced once"),
        ("strong", "desk"),
        ("emphasis", "desk"),
    ]


def test_words_that_stand_in_several_places_are_those_of_their_paragraph() -> None:
    text = "A warning is given.\n\nWarning lamps are red.\n\nA warning is short."
    paragraphs = [
        [Piece("A warning is given.")],
        [Piece("Warning lamps are red.")],
        [Piece("A "), Piece("warning", STRONG), Piece(" is short.")],
    ]
    [found] = place(paragraphs, text)
    assert found.span == Span(start=text.rindex("warning"), end=text.rindex("warning") + 7)


def test_a_paragraph_to_which_words_were_added_keeps_its_emphasis() -> None:
    text = "See the rules (https://rules.example) before you book a flight."
    pieces = [Piece("See the rules before you "), Piece("book", STRONG), Piece(" a flight.")]
    assert placed(text, pieces) == [("strong", "book")]


def test_what_was_left_out_is_not_looked_for_elsewhere() -> None:
    text = "Meals are paid.\n\nHotels are paid."
    assert placed(text, [Piece("Note", STRONG)], [Piece("Hotels are "), Piece("paid", STRONG), Piece(".")]) == [
        ("strong", "paid")
    ]
    assert place([[Piece("paid", STRONG)]], "x" * 5_000_001) == ()


def test_neighbouring_runs_are_one() -> None:
    text = "One two three."
    assert placed(text, [Piece("One", STRONG), Piece(" two", STRONG), Piece(" three.")]) == [("strong", "One two")]


@given(
    st.lists(
        st.lists(st.tuples(st.text("ab 句.\n", max_size=6), st.booleans()), max_size=4),
        max_size=5,
    )
)
def test_spans_lie_in_the_text_in_order(paragraphs: list[list[tuple[str, bool]]]) -> None:
    pieces = [[Piece(words, STRONG if is_strong else frozenset()) for words, is_strong in each] for each in paragraphs]
    text = "\n\n".join("".join(piece.text for piece in each) for each in pieces)
    found = place(pieces, text)
    assert all(0 <= each.span.start < each.span.end <= len(text) for each in found)
    assert all(one.span.end <= other.span.start for one, other in pairwise(found))
