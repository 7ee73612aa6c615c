"""Masks personal data by policy: in the text of logs and traces by its kind, elsewhere by blocks of the same length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.guard.personal.finder import EVERY_KIND, find
from rag.guard.personal.finding import Finding
from rag.settings.protection.personal_data import PersonalAction, PersonalKind
from rag.types import Span

BLOCK = "█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The kinds that are masked, and those that are only counted."""

    masked: frozenset[PersonalKind] = frozenset()
    counted: frozenset[PersonalKind] = frozenset()

    @classmethod
    def of(cls, actions: Mapping[PersonalKind, PersonalAction]) -> Policy:
        """Returns the policy that a setting describes; ``all`` is for the kinds that it does not name."""
        rest = actions.get(PersonalKind.ALL, PersonalAction.OFF)
        chosen = {kind: actions.get(kind, rest) for kind in EVERY_KIND}
        return cls(
            masked=frozenset(kind for kind, action in chosen.items() if action is PersonalAction.MASK),
            counted=frozenset(kind for kind, action in chosen.items() if action is PersonalAction.WARN),
        )

    @property
    def is_off(self) -> bool:
        """Whether nothing is looked for."""
        return not self.masked and not self.counted

    def find(self, text: str) -> list[Finding]:
        """Returns the findings of the policy's kinds, in order."""
        return [] if self.is_off else find(text, self.masked | self.counted)


NOTHING = Policy()


def mask(text: str, policy: Policy) -> tuple[str, list[Finding]]:
    """Returns the text with the kind of each masked finding in its place, ``‹email›``, and all findings."""
    findings = policy.find(text)
    pieces, at = [], 0
    for each in findings:
        if each.kind in policy.masked:
            pieces += [text[at : each.span.start], f"‹{each.kind}›"]
            at = each.span.end
    return "".join((*pieces, text[at:])), findings


def blacken(text: str, policy: Policy) -> tuple[str, list[Finding]]:
    """Returns the text with a block for each letter, digit and sign of masked findings, and all findings.

    Offsets into the text stay true. White space stays, so that lines break where they did.
    """
    findings = policy.find(text)
    return blackened(text, [each.span for each in findings if each.kind in policy.masked]), findings


def blackened(text: str, places: Iterable[Span]) -> str:
    """Returns the text with blocks at some places, which are in order."""
    pieces, at = [], 0
    for place in places:
        start = max(place.start, at)
        pieces += [text[at:start], *(sign if sign.isspace() else BLOCK for sign in text[start : place.end])]
        at = max(at, place.end)
    return "".join((*pieces, text[at:]))


def counts(findings: Iterable[Finding]) -> dict[PersonalKind, int]:
    """Returns the number of findings of each kind, in the order of the kinds."""
    counted = Counter(each.kind for each in findings)
    return {kind: counted[kind] for kind in PersonalKind if counted[kind]}
