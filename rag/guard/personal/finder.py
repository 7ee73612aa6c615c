"""Finds personal data of every kind in a text, by rules alone: no model, no network. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from rag.guard.personal import contacts, numbers
from rag.guard.personal.addresses import find_addresses
from rag.guard.personal.birth_dates import find_birth_dates
from rag.guard.personal.finding import Finding, by_rules
from rag.guard.personal.people.names import find_names
from rag.settings.protection.personal_data import PersonalKind

_ORDER = (
    PersonalKind.URL,
    PersonalKind.EMAIL,
    PersonalKind.IBAN,
    PersonalKind.US_SSN,
    PersonalKind.PASSPORT,
    PersonalKind.DRIVING_LICENCE,
    PersonalKind.CARD,
    PersonalKind.NATIONAL_ID,
    PersonalKind.BIRTH_DATE,
    PersonalKind.IP_ADDRESS,
    PersonalKind.ADDRESS,
    PersonalKind.PHONE,
    PersonalKind.PERSON,
)
"""Of findings that overlap, the kind that comes first here stays: the surer one."""
_FINDERS: dict[PersonalKind, Callable[[str], Iterator[Finding]]] = {
    PersonalKind.PERSON: find_names,
    PersonalKind.ADDRESS: find_addresses,
    PersonalKind.BIRTH_DATE: find_birth_dates,
    PersonalKind.IBAN: numbers.find_ibans,
    PersonalKind.PHONE: contacts.find_phones_named_behind,
}
_RULES = {kind: [rule for rule in (*contacts.RULES, *numbers.RULES) if rule.kind is kind] for kind in _ORDER}
EVERY_KIND = frozenset(_ORDER)


def find(text: str, kinds: Iterable[PersonalKind] = EVERY_KIND) -> list[Finding]:
    """Returns the findings of some kinds, in order; none overlaps another.

    A finding of a kind that was not asked for hides none: with ``PHONE`` alone, the digits of an IBAN may be a number.
    """
    wanted = frozenset(kinds)
    taken: list[Finding] = []
    for kind in _ORDER:
        if kind in wanted:
            found = chain(by_rules(text, _RULES[kind]), _FINDERS.get(kind, _nothing)(text))
            longest = sorted(found, key=lambda each: (each.span.start, -each.span.end))
            taken = _merged(taken, longest)
    return taken


def _nothing(_: str) -> Iterator[Finding]:
    return iter(())


def _merged(taken: list[Finding], found: list[Finding]) -> list[Finding]:
    """Returns both, in order, without those of ``found`` that overlap one before them or one that is taken."""
    kept: list[Finding] = []
    places = iter([*taken, None])
    place = next(places)
    end = 0
    for each in found:
        while place is not None and place.span.end <= each.span.start:
            place = next(places)
        is_free = place is None or each.span.end <= place.span.start
        if is_free and each.span.start >= end:
            kept.append(each)
            end = each.span.end
    return sorted([*taken, *kept], key=lambda each: each.span)
