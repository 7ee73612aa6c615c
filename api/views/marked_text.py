"""Writes pieces of a text as HTML, with a span of it marked. Pure."""

from __future__ import annotations

from html import escape

from rag.types import Span


class Marker:
    """The text of a document, of which ``shown`` is to be seen and ``marked`` is marked. The first mark gets an id."""

    def __init__(self, text: str, shown: Span, marked: Span) -> None:
        self.text = text
        self.shown = shown
        self._marked = marked
        self._has_marked = False

    def written(self, span: Span) -> str:
        """Returns the words of a span, escaped, with what is marked of them in a mark."""
        first, last = max(span.start, self._marked.start), min(span.end, self._marked.end)
        if first >= last:
            return escape(self.text[span.start : span.end])
        place = "" if self._has_marked else ' id="mark"'
        self._has_marked = True
        before, words, after = self.text[span.start : first], self.text[first:last], self.text[last : span.end]
        return f"{escape(before)}<mark{place}>{escape(words)}</mark>{escape(after)}"

    def shown_of(self, span: Span) -> Span:
        """Returns the part of a span that is to be seen."""
        start = max(span.start, self.shown.start)
        return Span(start=start, end=max(start, min(span.end, self.shown.end)))
