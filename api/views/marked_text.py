"""Writes pieces of a text as HTML, emphasised as in their document, with a span of it marked. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from rag.types import Emphasis, EmphasisKind, Span

_TAGS = {EmphasisKind.STRONG: "strong", EmphasisKind.EMPHASIS: "em", EmphasisKind.CODE: "code"}


class Marker:
    """The text of a document, of which ``shown`` is to be seen and ``marked`` is marked. The first mark gets an id."""

    def __init__(self, text: str, shown: Span, marked: Span, emphasis: Sequence[Emphasis] = ()) -> None:
        self.text = text
        self.shown = shown
        self._marked = marked
        self._has_marked = False
        self._spans: dict[EmphasisKind, list[Span]] = {}
        for each in emphasis:
            self._spans.setdefault(each.kind, []).append(each.span)
        self._ends = {kind: [span.end for span in spans] for kind, spans in self._spans.items()}

    def written(self, span: Span, *, plain: bool = False) -> str:
        """Returns the words of a span, escaped, with what is marked of them in a mark; ``plain`` without emphasis."""
        write = self._escaped if plain else self._styled
        first, last = max(span.start, self._marked.start), min(span.end, self._marked.end)
        if first >= last:
            return write(span.start, span.end)
        place = "" if self._has_marked else ' id="mark"'
        self._has_marked = True
        marked = f"<mark{place}>{write(first, last)}</mark>"
        return f"{write(span.start, first)}{marked}{write(last, span.end)}"

    def shown_of(self, span: Span) -> Span:
        """Returns the part of a span that is to be seen."""
        start = max(span.start, self.shown.start)
        return Span(start=start, end=max(start, min(span.end, self.shown.end)))

    def is_quoted(self, span: Span) -> bool:
        """Returns whether the document sets off most of a span as the words of another."""
        over = self._over(EmphasisKind.QUOTE, span.start, span.end)
        quoted = sum(min(each.end, span.end) - max(each.start, span.start) for each in over)
        return 2 * quoted > span.end - span.start

    def _styled(self, start: int, end: int) -> str:
        found = {kind: self._over(kind, start, end) for kind in _TAGS}
        if not any(found.values()):
            return self._escaped(start, end)
        cuts = {start, end}
        for spans in found.values():
            cuts.update(cut for span in spans for cut in (span.start, span.end) if start < cut < end)
        return "".join(self._piece(one, other, found) for one, other in pairwise(sorted(cuts)))

    def _piece(self, start: int, end: int, found: dict[EmphasisKind, list[Span]]) -> str:
        html = self._escaped(start, end)
        for kind, tag in _TAGS.items():
            if any(span.start <= start and end <= span.end for span in found[kind]):
                html = f"<{tag}>{html}</{tag}>"
        return html

    def _over(self, kind: EmphasisKind, start: int, end: int) -> list[Span]:
        spans = self._spans.get(kind, [])
        first = bisect_right(self._ends.get(kind, []), start)
        last = first
        while last < len(spans) and spans[last].start < end:
            last += 1
        return spans[first:last]

    def _escaped(self, start: int, end: int) -> str:
        return escape(self.text[start:end])
