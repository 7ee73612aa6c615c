"""Normalises numbers, dates and names, so that those of a claim can be looked up in a source. Pure.

``6,000`` is ``6000``, ``5 percent`` is ``5 %``, ``March 12, 2024`` is ``2024-03-12``, ``seven`` is ``7``,
``七年`` is 7 years, ``2 million`` is ``2000000``, ``10³`` is ``10^3``. An ambiguous figure of a source has all its
readings; of a claim's readings one must be found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from rag.text.dates import A_MONTH, Date, dates_of
from rag.text.folding import fold_forms
from rag.text.words import STOP_WORDS, words
from rag.types import Span

_CODE = re.compile(r"(?<![\w-])[A-Za-z](?:[A-Za-z]|-(?=\w))*+\d(?:\w|-(?=\w))*+")
_NUMBER = re.compile(
    r"(百分之)?(?<!\d)(\d++(?:[.,:]\d++)*+(?:\^-?\d++)?)"
    r"(?: ?(%|percent\b|per cent\b|hundred\b|thousand\b|million\b|billion\b|trillion\b|[千万亿]))?",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "千": 1_000,
    "万": 10_000,
    "亿": 10**8,
}
_LONGEST_SCALED = 15
_CARDINALS = "two three four five six seven eight nine ten eleven twelve".split()
_WORDS = {word: str(number) for number, word in enumerate(_CARDINALS, start=2)}
_ORDINAL_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ORDINALS = {word: str(number) for number, word in enumerate(_ORDINAL_WORDS, start=1)}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_SPOKEN = re.compile(rf"{_NUMBER_WORD.pattern}(?: (?:hundred|thousand|million|billion|trillion)\b)?", re.IGNORECASE)
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_BELOW_PERCENT = re.compile(r"%\)?[:=] ?(\d[\d.,]{0,20})")
"""A number beside a name that has its unit: ``Discount %: 12``."""
_ONE = re.compile(
    r"\b(one|an?)(?= (?:hundred|thousand|million|billion|percent|year|month|week|day|hour|minute)\b)", re.IGNORECASE
)
_CHINESE_NUMBER = re.compile(r"[一二两三四五六七八九十]{1,3}(?=[年月日天个周次台人元岁米度倍名条项分%小])")
_CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}

_WORD = re.compile(r"(?:[A-Z]\.){2,}|[A-Za-z\u00c0-\u04ff]+(?:['’][A-Za-z\u00c0-\u04ff]+)*")
_SHORTEST_STEM = 5
_STEM_SHARE = 0.75
_LOOK_BACK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The facts of a claim: a source must state every number and name, and one reading of every date."""

    numbers: frozenset[str]
    dates: frozenset[frozenset[Date]]
    names: frozenset[str]

    def is_part_of(self, other: Claimed) -> bool:
        """Returns whether this claims something, and nothing that ``other`` does not claim."""
        claims_something = bool(self.numbers or self.dates or self.names)
        return claims_something and all(
            (self.numbers <= other.numbers, self.dates <= other.dates, self.names <= other.names)
        )


_NOTHING = Claimed(numbers=frozenset(), dates=frozenset(), names=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The facts of a source, in every reading. ``words`` are all of its words, folded: any may be a name."""

    numbers: frozenset[str]
    dates: frozenset[Date]
    words: frozenset[str]

    def __or__(self, other: Stated) -> Stated:
        """Returns the facts of both."""
        return Stated(
            numbers=self.numbers | other.numbers, dates=self.dates | other.dates, words=self.words | other.words
        )

    def holds_figures(self, claimed: Claimed) -> bool:
        """Returns whether every number and date of the claim is here; ``12 March 2024`` covers ``March 2024``."""
        return claimed.numbers <= self.numbers and all(
            any(_covers(stated, reading) for stated in self.dates for reading in readings) for readings in claimed.dates
        )

    def missing_names(self, claimed: Claimed) -> frozenset[str]:
        """Returns the claim's names that are not here, not even with another ending."""
        return frozenset(name for name in claimed.names - self.words if not self._has_form_of(name))

    def _has_form_of(self, name: str) -> bool:
        stem = name[: max(_SHORTEST_STEM, round(len(name) * _STEM_SHARE))]
        return len(name) >= _SHORTEST_STEM and any(word.startswith(stem) for word in self.words)


def claimed(text: str) -> Claimed:
    """Returns the claims of ``text``. A sentence's first word is a name only if the next is capitalised, too."""
    text = _ONE.sub(lambda match: "1" if match[1].lower() == "one" else match[1], _in_digits(text))
    dates = dates_of(text)
    rest = _without(text, [place for place, _ in dates])
    codes = list(_CODE.finditer(rest))
    rest = _without(rest, [code.span() for code in codes])
    figures = {readings[0] for readings in _numbers(rest)}
    figures.update(number for number in _chinese_numbers(rest) if number != "1")
    return Claimed(
        numbers=frozenset(figures),
        dates=frozenset(readings for _, readings in dates),
        names=frozenset(
            (*(_name(match.group()) for match in _names(rest)), *(_code(match.group()) for match in codes))
        ),
    )


def stated(text: str) -> Stated:
    """Returns the facts that ``text`` states."""
    text = _ONE.sub("1", _in_digits(text))
    dates = frozenset(reading for _, readings in dates_of(text) for reading in readings)
    figures = {reading for readings in _numbers(text) for reading in readings}
    figures.update(_ORDINALS[match.group().lower()] for match in _ORDINAL.finditer(text))
    figures.update(_chinese_numbers(text))
    figures.update(f"{_plain(match[1])}%" for match in _BELOW_PERCENT.finditer(text))
    figures.update(str(part) for year, _, day in dates for part in (year, day) if part)
    return Stated(
        numbers=frozenset(figures),
        dates=dates,
        words=frozenset(
            (
                *(_name(match.group()) for match in _WORD.finditer(text)),
                *(_code(match.group()) for match in _CODE.finditer(text)),
                *words(text),
            )
        ),
    )


def fact_places(text: str) -> list[tuple[Span, Claimed]]:
    """Returns where each number, date and name that ``text`` claims stands, in order, with that claim alone.

    Facts in forms that only folding shows, such as fractions of one character, are left out.
    """
    whole = claimed(text)
    dates = dates_of(text)
    rest = _without(text, [place for place, _ in dates])
    codes = list(_CODE.finditer(rest))
    rest = _without(rest, [code.span() for code in codes])
    spoken = list(_SPOKEN.finditer(rest))
    figures = [*spoken, *_NUMBER.finditer(_without(rest, [word.span() for word in spoken]))]
    found = [(place, replace(_NOTHING, dates=frozenset({readings}))) for place, readings in dates]
    found += [(code.span(), replace(_NOTHING, names=frozenset({_code(code.group())}))) for code in codes]
    found += [(each.span(), replace(claimed(each.group()), names=frozenset())) for each in figures]
    found += [(each.span(), replace(_NOTHING, names=frozenset({_name(each.group())}))) for each in _names(rest)]
    found.sort(key=lambda each: each[0])
    return [(Span(start=start, end=end), fact) for (start, end), fact in found if fact.is_part_of(whole)]


def _in_digits(text: str) -> str:
    folded = " ".join(fold_forms(text).split())
    return _NUMBER_WORD.sub(lambda match: _WORDS[match.group().lower()], folded)


def _without(text: str, places: list[tuple[int, int]]) -> str:
    for start, end in places:
        text = text[:start] + "·" * (end - start) + text[end:]
    return text


def _covers(date: Date, claim: Date) -> bool:
    return all(part in (0, whole) for whole, part in zip(date, claim, strict=True))


def _numbers(text: str) -> Iterator[tuple[str, ...]]:
    """Yields the readings of each number, the likeliest first."""
    for match in _NUMBER.finditer(text):
        plain = _plain(match[2])
        unit = (match[3] or "").lower()
        grouped = (match[2].replace(".", ""),) if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", match[2]) else ()
        if match[1] or unit in {"%", "percent", "per cent"}:
            yield f"{plain}%", plain, *grouped
        elif unit in _SCALES and plain.replace(".", "", 1).isdecimal() and len(plain) <= _LONGEST_SCALED:
            yield _plain(format(Decimal(plain) * _SCALES[unit], "f")), plain, *grouped
        else:
            yield plain, *grouped


def _plain(number: str) -> str:
    number, power, exponent = _THOUSANDS.sub("", number).partition("^")
    if number.count(".") == 1 and ":" not in number:
        number = number.rstrip("0").rstrip(".")
    number = number.lstrip("0")
    return f"{'0' if not number or number.startswith('.') else ''}{number}{power}{exponent}"


def _chinese_numbers(text: str) -> Iterator[str]:
    for match in _CHINESE_NUMBER.finditer(text):
        tens, ten, ones = match.group().rpartition("十")
        if len(tens) <= 1 and len(ones) <= 1:
            value = _CHINESE_DIGITS.get(tens, 1) * 10 if ten else 0
            yield str(value + _CHINESE_DIGITS.get(ones, 0))


def _names(text: str) -> Iterator[re.Match[str]]:
    found = list(_WORD.finditer(text))
    for at, match in enumerate(found):
        word = match.group()
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()].rstrip("\"'“‘( ")
        begins = not at or before[-1:] in {".", "!", "?", ":"}
        capitalised = _is_capitalised(word)
        if begins and capitalised and len(word) > 1 and not word.isupper():
            capitalised = at + 1 < len(found) and _is_capitalised(found[at + 1].group())
        if capitalised:
            yield match


def _is_capitalised(word: str) -> bool:
    return word[0].isupper() and word.lower() not in STOP_WORDS and A_MONTH.fullmatch(word) is None


def _name(word: str) -> str:
    bare = word.replace("’", "'").removesuffix("'s").replace(".", "").replace("'", "")
    return "".join(c for c in unicodedata.normalize("NFKD", bare.casefold()) if not unicodedata.combining(c))


def _code(code: str) -> str:
    return code.replace("-", "").casefold()
