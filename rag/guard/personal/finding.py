"""Findings of personal data, and rules that find them by their form, a checksum and the words before them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.settings.protection.personal_data import PersonalKind
from rag.types import Span

_BEFORE = 60
"""Characters before a number in which the word stands that says what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Personal data at a place of a text."""

    kind: PersonalKind
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One form of a kind: what ``pattern`` matches and ``holds`` confirms, behind a word that ``context`` matches.

    A finding is the pattern's group ``it``, or else its whole match.
    """

    kind: PersonalKind
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = bool
    context: re.Pattern[str] | None = None

    def find(self, text: str) -> Iterator[Finding]:
        """Yields what the rule finds, in order."""
        group: str | int = "it" if "it" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            before = text[max(0, match.start() - _BEFORE) : match.start()]
            if self.context is not None and self.context.search(before) is None:
                continue
            if self.holds(match[group]):
                start, end = match.span(group)
                yield Finding(kind=self.kind, span=Span(start=start, end=end))


def by_rules(text: str, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yields what each of the rules finds."""
    for rule in rules:
        yield from rule.find(text)
