"""Finds citation markers such as ``[2]`` or ``[1, 3]`` in streamed text. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from rag.answers import CitationMark, TextDelta

_MARKER = re.compile(r"(?<![ \t])[ \t]*+[\[【]\s*+(\d{1,3}(?:\s*+[,，、]\s*+\d{1,3})*)\s*+[\]】]")
_UNFINISHED = re.compile(r"(?<![ \t])[ \t]*+(?:[\[【][\s\d,，、]{0,24})?$")


class MarkerParser:
    """Splits a stream into text and marks.

    A marker never reaches the text, and one that names a passage that was not shown is dropped. White space before
    a marker is dropped with it; what may still become a marker is held back until it is decided.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = frozenset(numbers)
        self._held = ""

    def feed(self, text: str) -> Iterator[TextDelta | CitationMark]:
        """Yields what is certain once ``text`` has arrived."""
        buffer = self._held + text
        unfinished = _UNFINISHED.search(buffer)
        cut = unfinished.start() if unfinished else len(buffer)
        self._held = buffer[cut:]
        yield from self._split(buffer[:cut])

    def finish(self) -> Iterator[TextDelta | CitationMark]:
        """Yields what was held back when the stream has ended."""
        held, self._held = self._held, ""
        yield from self._split(held)

    def _split(self, text: str) -> Iterator[TextDelta | CitationMark]:
        position = 0
        for match in _MARKER.finditer(text):
            if match.start() > position:
                yield TextDelta(text=text[position : match.start()])
            for number in re.findall(r"\d+", match.group(1)):
                if int(number) in self._numbers:
                    yield CitationMark(number=int(number))
            position = match.end()
        if position < len(text):
            yield TextDelta(text=text[position:])
