"""Finds personal data in a document that was read, and blackens it in all that is stored of its text. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from rag.guard.personal.masking import Policy, blacken, counts
from rag.settings.protection.personal_data import PersonalKind
from rag.types import ExtractedText

_NOUNS = {
    PersonalKind.PERSON: "names of people",
    PersonalKind.EMAIL: "e-mail addresses",
    PersonalKind.PHONE: "telephone numbers",
    PersonalKind.ADDRESS: "postal addresses",
    PersonalKind.BIRTH_DATE: "dates of birth",
    PersonalKind.IBAN: "IBANs",
    PersonalKind.CARD: "card numbers",
    PersonalKind.US_SSN: "US social security numbers",
    PersonalKind.NATIONAL_ID: "national identity or tax numbers",
    PersonalKind.PASSPORT: "passport numbers",
    PersonalKind.DRIVING_LICENCE: "driving licence numbers",
    PersonalKind.IP_ADDRESS: "IP addresses",
    PersonalKind.URL: "web addresses that name a user",
}


def treated(extracted: ExtractedText, policy: Policy) -> ExtractedText:
    """Returns a document with a warning that says how much of each kind it holds, blackened where the policy masks it.

    Every text keeps its length, so that elements, layouts and tables point where they did.
    """
    if policy.is_off:
        return extracted
    text, findings = blacken(extracted.text, policy)
    found = counts(findings)
    if not found:
        return extracted
    masked = ", which are masked" if policy.masked.issuperset(found) else ""
    listed = ", ".join(f"{count:,} {_NOUNS[kind]}" for kind, count in found.items())
    warned = replace(extracted, warnings=(*extracted.warnings, f"It holds personal data: {listed}{masked}."))
    return _masked(warned, text, policy) if policy.masked else warned


def _masked(extracted: ExtractedText, text: str, policy: Policy) -> ExtractedText:
    short: Callable[[str], str] = lru_cache(maxsize=None)(lambda each: blacken(each, policy)[0])
    return replace(
        extracted,
        text=text,
        title=short(extracted.title),
        elements=tuple(replace(each, heading_path=tuple(map(short, each.heading_path))) for each in extracted.elements),
        tables=tuple(
            replace(
                each, name=short(each.name), titles=tuple(map(short, each.titles)), texts=tuple(map(short, each.texts))
            )
            for each in extracted.tables
        ),
    )
