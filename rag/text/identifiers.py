"""Finds identifiers (codes, part numbers, names of files and variables) in a text, in any of their spellings. Pure.

``E-1120``, ``E1120`` and ``e 1120`` are one code, ``4.017.223-A`` and ``4017223A`` one part, ``--keep-daily`` and
``keep daily`` one flag. ``2.4.17`` and ``24.17`` are two versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rag.text.dates import Date, dates_of
from rag.text.folding import fold_forms
from rag.types import Span

_WRITTEN = re.compile(r"(?<![\w-])(?:--?(?=[^\W\d_]))?[^\W_]++(?:(?:[-./_:]|,(?=\d{3}(?!\d)))[^\W_]++)*+")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?!\w)")
_APART = re.compile(r"(?<![\w-])([A-Z]{1,4}) (\d{2,8}(?:-\d{1,8}){0,2})(?![\w.,]?\d)")
_TOKEN = re.compile(r"[^\W_]+")
_JOINT = re.compile(r" ?[-‐-–./_:]? ?")
_JOINTS = tuple("-./:,")
_DIGITS = re.compile(r"\d+")
_RUNS = re.compile(r"(\d+)")
_CAMEL = re.compile(r"[a-z\d](?=[A-Z])|[A-Z](?=[A-Z][a-z])")
_FILE = re.compile(r"[\w./-]*\w\.(?:[a-z]{2,5}|[a-z]\d|[ch])", re.IGNORECASE)
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,6})+", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_AMOUNT = re.compile(
    r"\d[\d.,:/]*(?:st|nd|rd|th|[ap]m|h|s|d|ms|min|g|kg|mg|t|m|mm|cm|km|l|ml|k|kb|mb|gb|tb|w|kw|v|a|x|yrs?|er|e|ème|º|ª)?",
    re.IGNORECASE,
)
_SHORTEST_NUMBER = 3
_LONGEST = 64
_FEWEST_DIGITS = 5
"""Of a code without a letter, such as 2024-118, or with one behind, which is no unit then."""


class IdentifierKind(Enum):
    """What an identifier is. A ``NUMBER`` may also be an amount; a ``NAME`` has no digits: a flag, file or variable."""

    CODE = "code"
    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """``key`` is its spelling in lower case without separators, ``joints`` are the places where those stood."""

    kind: IdentifierKind
    span: Span
    key: str
    joints: frozenset[int] = frozenset()

    @property
    def is_version(self) -> bool:
        """Whether it has digits alone, in groups that mean something."""
        return bool(self.joints) and self.key.lstrip("v").isdecimal()


@dataclass(frozen=True, slots=True)
class _Token:
    low: str
    start: int
    end: int


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Returns the identifiers of a text in order; they do not overlap. Dates are none."""
    found: list[Identifier] = []
    taken: list[tuple[int, int]] = [place for place, _ in dates_of(text)]
    for match in (*_IBAN.finditer(text), *_APART.finditer(text), *_WRITTEN.finditer(text)):
        start, end = match.span()
        kind = _kind(match.group(), after=text[end : end + 1])
        if kind is None or end - start > _LONGEST or any(start < other and first < end for first, other in taken):
            continue
        taken.append((start, end))
        found.append(_identifier(kind, match.group(), start))
    return tuple(sorted(found, key=lambda one: one.span))


def _kind(written: str, *, after: str) -> IdentifierKind | None:
    bare = written.lstrip("-")
    digits = sum(map(str.isdigit, bare))
    has_letter = any(map(str.isalpha, bare))
    if after == "%":
        return None
    if bare.isdecimal() or _GROUPED.fullmatch(bare):
        return IdentifierKind.NUMBER if digits >= _SHORTEST_NUMBER else None
    if _AMOUNT.fullmatch(bare) and (digits < _FEWEST_DIGITS or not has_letter):
        return IdentifierKind.CODE if _VERSION.fullmatch(bare) else None
    if digits and (has_letter or ("-" in bare and digits >= _FEWEST_DIGITS)):
        return IdentifierKind.CODE
    if has_letter and (written != bare or "_" in bare or _FILE.fullmatch(bare) or _CAMEL.search(bare)):
        return IdentifierKind.NAME
    return None


def _identifier(kind: IdentifierKind, written: str, start: int) -> Identifier:
    tokens = [match.group().casefold() for match in _TOKEN.finditer(written)]
    return Identifier(
        kind=kind,
        span=Span(start=start, end=start + len(written)),
        key="".join(tokens),
        joints=frozenset() if _GROUPED.fullmatch(written) else _joints(tokens),
    )


def _joints(tokens: Sequence[str]) -> frozenset[int]:
    ends, at = set[int](), 0
    for token in tokens[:-1]:
        at += len(token)
        ends.add(at)
    return frozenset(ends)


def holds(text: str, identifier: Identifier) -> bool:
    """Returns whether the text has the identifier, in any spelling, and not as a part of another one."""
    return next(places(text, identifier), None) is not None


def places(text: str, identifier: Identifier) -> Iterator[Span]:
    """Yields where the text has the identifier. A bare number is also found as the number of a code."""
    tokens = [_Token(match.group().casefold(), *match.span()) for match in _TOKEN.finditer(text)]
    for at, token in enumerate(tokens):
        if identifier.kind is IdentifierKind.NUMBER and identifier.key in _DIGITS.findall(token.low):
            yield Span(start=token.start, end=token.end)
        elif identifier.key.startswith(token.low) and (last := _last(text, tokens, at, identifier)) is not None:
            yield Span(start=token.start, end=tokens[last].end)
        elif _is_worded(text, tokens, at, identifier):
            yield Span(start=tokens[at - 1].start, end=token.end)


def _last(text: str, tokens: Sequence[_Token], at: int, identifier: Identifier) -> int | None:
    """Returns the last token of an occurrence that begins with the token ``at``; None if there is none."""
    key, length, last = identifier.key, len(tokens[at].low), at
    while length < len(key):
        last += 1
        if last == len(tokens) or not key.startswith(tokens[last].low, length):
            return None
        if not _JOINT.fullmatch(text, tokens[last - 1].end, tokens[last].start):
            return None
        length += len(tokens[last].low)
    if _goes_on(text, tokens[at].start, tokens[last].end):
        return None
    if identifier.is_version and _joints([token.low for token in tokens[at : last + 1]]) != identifier.joints:
        return None
    return last


def _goes_on(text: str, start: int, end: int) -> bool:
    """Returns whether a number before or behind makes another identifier of it: ``2.4`` in ``2.4.17``."""
    after, before = text[end : end + 2], text[max(0, start - 2) : start]
    return (text[end - 1].isdigit() and after[:1] in _JOINTS and after[1:].isdigit()) or (
        text[start].isdigit() and before[1:] in _JOINTS and before[:1].isdigit()
    )


def _is_worded(text: str, tokens: Sequence[_Token], at: int, identifier: Identifier) -> bool:
    """Returns whether a word stands for the code's letters: ``error 1120`` for ``E-1120``."""
    letters = identifier.key.rstrip("0123456789")
    if not at or not letters.isalpha() or tokens[at].low != identifier.key[len(letters) :]:
        return False
    before = tokens[at - 1]
    joined = text[before.end : tokens[at].start] == " "
    return joined and before.low.isalpha() and before.low.startswith(letters) and len(before.low) > len(letters) + 1


def is_sibling(identifier: Identifier, other: Identifier) -> bool:
    """Returns whether two codes are of one kind and not the same: ``E-1120`` and ``E-1121``."""
    if IdentifierKind.CODE not in (identifier.kind, other.kind) or identifier.is_version or other.is_version:
        return False
    return identifier.key != other.key and _pattern(identifier.key) == _pattern(other.key)


def _pattern(key: str) -> tuple[str, ...]:
    return tuple("0" if part.isdigit() else part for part in _RUNS.split(key))


def index_terms(text: str) -> tuple[str, ...]:
    """Returns the identifiers whose spelling varies, joined and in parts, and dates, for a word index."""
    folded = fold_forms(text)
    terms: list[str] = []
    for one in identifiers(folded):
        parts = _parts(folded[one.span.start : one.span.end])
        if one.kind is not IdentifierKind.NUMBER and not one.is_version and len(parts) > 1:
            terms += [one.key, *(part for part in parts if one.kind is IdentifierKind.NAME)]
        elif one.kind is IdentifierKind.CODE and not one.is_version:
            terms.append(one.key)
    return (*dict.fromkeys(terms), *dict.fromkeys(map(_date_term, _days(folded))))


def spellings(question: str) -> tuple[str, ...]:
    """Returns other spellings of a question's numbers and days, for an index that holds texts as they are written."""
    folded = fold_forms(question)
    found: list[str] = []
    for one in identifiers(folded):
        runs = [run for run in _DIGITS.findall(one.key) if len(run) > _SHORTEST_NUMBER + 1 and run[0] != "0"]
        found += [f"{int(run):,}".replace(",", ".") for run in runs]
    for year, month, day in _days(folded):
        found += [f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{day}.{month}.{year}"]
        found.append(f"{day} {year}")
    return tuple(dict.fromkeys(found))


def _parts(written: str) -> list[str]:
    return [part.casefold() for part in _TOKEN.findall(_CAMEL.sub(r"\g<0> ", written))]


def _days(text: str) -> list[Date]:
    return [date for _, readings in dates_of(text) for date in sorted(readings) if all(date)]


def _date_term(date: Date) -> str:
    year, month, day = date
    return f"d{year}{month:02}{day:02}"
