from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from api.views.marked_text import Marker
from rag.types import Emphasis, EmphasisKind, Span

TEXT = "Pay at once & <gladly>."
WHOLE = Span(start=0, end=len(TEXT))


def emphasis(kind: EmphasisKind, words: str) -> Emphasis:
    return Emphasis(kind=kind, span=span(words))


def span(words: str) -> Span:
    return Span(start=TEXT.index(words), end=TEXT.index(words) + len(words))


def test_emphasis_and_the_mark_may_overlap() -> None:
    found = [emphasis(EmphasisKind.STRONG, "at once"), emphasis(EmphasisKind.EMPHASIS, "once & <gladly>")]
    assert Marker(TEXT, WHOLE, span("once & <"), found).written(WHOLE) == (
        'Pay <strong>at </strong><mark id="mark"><em><strong>once</strong></em><em> &amp; &lt;</em></mark>'
        "<em>gladly&gt;</em>."
    )


def test_headings_are_written_plainly() -> None:
    marker = Marker(TEXT, WHOLE, Span(start=0, end=0), [emphasis(EmphasisKind.STRONG, "Pay")])
    assert marker.written(span("Pay at"), plain=True) == "Pay at"
    assert marker.written(span("Pay at")) == "<strong>Pay</strong> at"


def test_a_paragraph_is_quoted_if_most_of_it_is() -> None:
    marker = Marker(TEXT, WHOLE, Span(start=0, end=0), [emphasis(EmphasisKind.QUOTE, "at once & <gladly>.")])
    assert marker.is_quoted(WHOLE)
    assert marker.is_quoted(span("once"))
    assert not marker.is_quoted(span("Pay at"))


@given(st.lists(st.tuples(st.sampled_from(EmphasisKind), st.integers(0, 20), st.integers(1, 5)), max_size=8), st.data())
def test_the_words_stay_the_same_whatever_is_emphasised(
    found: list[tuple[EmphasisKind, int, int]], data: st.DataObject
) -> None:
    ends: dict[EmphasisKind, int] = {}
    kept = []
    for kind, start, length in sorted(found, key=lambda each: each[1]):
        if start >= ends.get(kind, 0) and start + length <= len(TEXT):
            ends[kind] = start + length
            kept.append(Emphasis(kind=kind, span=Span(start=start, end=start + length)))
    first = data.draw(st.integers(0, len(TEXT)))
    marked = Span(start=first, end=data.draw(st.integers(first, len(TEXT))))
    written = html.fragment_fromstring(Marker(TEXT, WHOLE, marked, kept).written(WHOLE), create_parent="p")
    assert written.text_content() == TEXT
    assert "".join(mark.text_content() for mark in written.iter("mark")) == TEXT[marked.start : marked.end]
