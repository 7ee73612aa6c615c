"""Blackens personal data in a text while it is written. Pure."""

from __future__ import annotations

from rag.guard.personal.finding import Finding
from rag.guard.personal.masking import Policy, blackened
from rag.types import Span

MOST_HELD = 400
"""Characters that are held back at most, until it is known what they are part of."""
_KEPT = 160
"""Characters that are held back where more were: longer than a finding and the words that tell what it is."""
_CONTEXT = 200
"""Characters that have gone out and are read again, for they may tell what the next ones are."""


class StreamMasker:
    """A text as it is written, and as it goes out: of the same length, so that offsets are those of both.

    What is written goes out when ``settle`` says that a sentence has ended. Without that, ``MOST_HELD`` characters
    wait at most: then all but the last ``_KEPT`` go out, up to a space that lies in no finding. A finding that is
    longer than that is blackened as far as it goes, and on to the next space.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._raw = ""
        self._out = ""
        self._is_cut = False
        self.findings: list[Finding] = []

    @property
    def raw(self) -> str:
        """All that was written."""
        return self._raw

    @property
    def text(self) -> str:
        """All that has gone out."""
        return self._out

    def add(self, text: str) -> str:
        """Takes text, and returns what may go out."""
        self._raw += text
        released = ""
        while len(self._raw) - len(self._out) > MOST_HELD:
            released += self._release(self._cut(len(self._out) + MOST_HELD - _KEPT))
        return released

    def settle(self, end: int) -> str:
        """Returns what stands before ``end``, the end of a sentence, and has not gone out."""
        return self._release(end) if end > len(self._out) else ""

    def finish(self) -> str:
        """Returns the rest."""
        return self.settle(len(self._raw))

    def _found(self, end: int) -> list[Finding]:
        """Returns findings of which some has not gone out, in the text up to ``end`` and a little behind it."""
        begin = max(0, len(self._out) - _CONTEXT)
        found = self._policy.find(self._raw[begin : end + _KEPT])
        moved = (
            Finding(kind=each.kind, span=Span(start=begin + each.span.start, end=begin + each.span.end))
            for each in found
        )
        return [each for each in moved if each.span.end > len(self._out)]

    def _cut(self, wanted: int) -> int:
        """Returns a place near ``wanted``: where a finding begins or ends, or else behind a space."""
        begin = len(self._out)
        for each in self._found(wanted):
            if each.span.start < wanted < each.span.end:
                return each.span.start if each.span.start > begin else each.span.end
        space = max(self._raw.rfind(" ", begin, wanted), self._raw.rfind("\n", begin, wanted))
        return space + 1 if space >= begin else wanted

    def _release(self, end: int) -> str:
        begin = len(self._out)
        found = [each for each in self._found(end) if each.span.start < end]
        places = [each.span for each in found if each.kind in self._policy.masked]
        if self._is_cut:  # what goes on is part of what was blackened
            stop = next((at for at in range(begin, end) if self._raw[at].isspace()), end)
            places = [Span(start=begin, end=stop), *(place for place in places if place.end > stop)]
        last = places[-1] if places else Span(start=begin, end=begin)
        is_seen_again = last.start >= end - _CONTEXT and last.end < end + _KEPT
        self._is_cut = last.end >= end and end < len(self._raw) and not self._raw[end].isspace() and not is_seen_again
        self.findings += [each for each in found if each.span.start >= begin]
        released = blackened(self._raw[:end], places)[begin:]
        self._out += released
        return released
