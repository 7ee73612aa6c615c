"""Reads what a question asks of a table: operation, comparisons, and the words that name rows and columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from rag.composition.tables.typed_columns import date_of, value_of
from rag.composition.tables.words import HELD, content, tokens
from rag.text.folding import fold_forms
from rag.text.words import has_cjk


class Operation(StrEnum):
    """What is computed of the rows."""

    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    COUNT = "count"
    DIFFERENCE = "difference"
    SORT = "sort"
    MAX = "max"
    MIN = "min"
    NEXT = "next"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A number, or an ISO date, that values are compared with; ``unit`` is empty where none is named."""

    sign: str
    value: float | str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Words that mean a comparison with 0, of a column that has some of ``columns``; of the one named where empty."""

    sign: str
    columns: frozenset[str]
    words: frozenset[str]

    @property
    def is_there(self) -> bool:
        """Whether there must be some: "how many are in stock" asks for the number instead."""
        return self.sign == ">" and "stock" in self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as far as it concerns a table.

    ``operations`` are in the order of their words. ``concepts`` are words for a column that the question means without
    naming it (``heaviest``: weight), ``further`` all that it asks for so. Of a column that has some of ``reversed``
    the other end is meant (``worst``: most accidents). ``amounts`` are the other numbers, with the word after each.
    ``periods`` are ranges of years, the last two figures of each.
    ``words`` are the content words that are left, ``spoken`` the same as they are written, ``negated`` those after a
    negation.
    """

    operations: tuple[Operation, ...]
    concepts: tuple[str, ...]
    further: tuple[tuple[str, ...], ...]
    reversed: tuple[str, ...]
    top: int
    comparisons: tuple[Comparison, ...]
    conditions: tuple[Condition, ...]
    amounts: tuple[tuple[float, str], ...]
    periods: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    negated: frozenset[str]
    wants_date: bool
    spoken: tuple[tuple[str, str], ...]
    text: str

    @property
    def concept_words(self) -> frozenset[str]:
        """The concepts as words, stemmed."""
        return stems(self.concepts)

    @property
    def meant(self) -> tuple[tuple[str, ...], ...]:
        """The words of each column that is meant without being named, that of a superlative first."""
        return tuple(filter(None, dict.fromkeys((self.concepts, *self.further))))

    @property
    def further_words(self) -> frozenset[str]:
        """The concepts of all parts as words, stemmed."""
        return self.concept_words.union(*(stems(concept) for concept in self.further))

    @property
    def reversed_words(self) -> frozenset[str]:
        """What turns the direction as words, stemmed."""
        return stems(self.reversed)


def stems(texts: Iterable[str]) -> frozenset[str]:
    """Returns the words of some texts, stemmed."""
    return frozenset(word for text in texts for word in tokens(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrase:
    text: str
    operation: Operation
    concepts: tuple[str, ...] = ()
    reversed: tuple[str, ...] = ()


def _phrases() -> Iterator[_Phrase]:
    for name, texts in HELD["operations"].items():
        yield from (_Phrase(text=text, operation=Operation(name)) for text in texts)
    for one in HELD["superlatives"]:
        concepts, turned = (tuple(HELD["columns"].get(one.get(key, ""), ())) for key in ("columns", "reversed"))
        for text in one["words"]:
            yield _Phrase(text=text, operation=Operation(one["direction"]), concepts=concepts, reversed=turned)


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=len, reverse=True))


_PHRASES = tuple(sorted(_phrases(), key=lambda phrase: len(phrase.text), reverse=True))
_BEFORE = tuple((text, sign) for sign, texts in HELD["comparisons"]["before"].items() for text in texts)
_BEFORE = tuple(sorted((*_BEFORE, (">", ">"), (">=", ">="), ("<", "<"), ("<=", "<=")), key=lambda one: -len(one[0])))
_BEFORE_DATES = tuple((text, sign) for sign, texts in HELD["comparisons"]["dates"].items() for text in texts)
_AFTER = tuple((text, sign) for sign, texts in HELD["comparisons"]["after"].items() for text in texts)
_NEGATIONS = _longest_first(HELD["negations"]["words"])
_DATES = tuple(HELD["dates"]["words"])
_BETWEEN = tuple(HELD["between"]["words"])
_AND = _longest_first(HELD["between"]["and"])
_SMALL = {word: int(number) for number, texts in HELD["numbers"].items() for word in texts}
_ASKING = tuple(
    sorted(
        ((said, tuple(HELD["columns"][name])) for name, texts in HELD["asking"].items() for said in texts),
        key=lambda one: -len(one[0]),
    )
)
_CONDITIONS = tuple(
    sorted(
        (
            (said, one["sign"], tuple(HELD["columns"].get(one.get("columns", ""), ())))
            for one in HELD["conditions"]
            for said in one["words"]
        ),
        key=lambda one: -len(one[0]),
    )
)
_YEARS = re.compile(r"(?<![\w.,-])((?:19|20)?\d\d) ?[-–—] ?((?:19|20)?\d\d)(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.,-])([$€£¥]?)(\d+(?:[.,]\d+)*)(?:[ -]?(%|percent\b|[^\W\d_]{1,12}\b|[$€£¥]))?")
_CJK_NUMBER = re.compile(r"(?<=[\u3400-\u9fff])()(\d+(?:[.,]\d+)*)(%|[^\W\d_])?")
_DATE = re.compile(r"(?<![\w.-])(\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?![\w-])")
_NEAR = 14
_LONGEST_UNIT = 3
_YEAR = range(1000, 2200)
_MOST_TOP = 100
_SIGNS = ".,:;!?\"'()"
_DIRECTIONS = (Operation.MAX, Operation.MIN, Operation.NEXT)


@lru_cache(maxsize=256)
def asked_of(question: str) -> Asked:
    """Reads a question."""
    rest = f" {' '.join(fold_forms(question).lower().split())} ".replace("?", " ")
    rest, comparisons = _comparisons(rest)
    periods = _periods(rest, comparisons)
    rest = _without(rest, [match.span() for match in _YEARS.finditer(rest)])
    conditions = _conditions(rest)
    amounts = tuple(_value(match) for match in (*_NUMBER.finditer(rest), *_CJK_NUMBER.finditer(rest)))
    operations: list[tuple[int, Operation]] = []
    concepts: tuple[str, ...] = ()
    further: tuple[tuple[str, ...], ...] = ()
    turned: tuple[str, ...] = ()
    top = 0
    for held in _PHRASES:
        at = _place(rest, held.text)
        if at < 0:
            continue
        if held.operation in {Operation.MAX, Operation.MIN} and not top:
            rest, top = _without_top(rest, at, at + len(held.text))
            at = _place(rest, held.text)
        if not concepts:
            # "The top 3 cheapest": what says what it compares says the direction, too.
            operations = [one for one in operations if not held.concepts or one[1] not in _DIRECTIONS]
            operations.append((at, held.operation))
        elif held.operation not in _DIRECTIONS:
            operations.append((at, held.operation))
        concepts, turned = concepts or held.concepts, turned or held.reversed
        rest = rest[:at] + " " * len(held.text) + rest[at + len(held.text) :]
    for said, concept in _ASKING:
        if (at := _place(rest, said)) >= 0:
            concepts, further = concepts or concept, (*further, concept)
            rest = rest[:at] + " " * len(said) + rest[at + len(said) :]
    rest, negated = _negated(rest)
    return Asked(
        operations=tuple(dict.fromkeys(operation for _, operation in sorted(operations))),
        concepts=concepts,
        further=further,
        reversed=turned,
        top=min(top or 1, _MOST_TOP),
        comparisons=comparisons,
        conditions=conditions,
        amounts=amounts,
        periods=periods,
        words=content(rest),
        negated=negated,
        wants_date=any(_place(rest, text) >= 0 for text in _DATES),
        spoken=tuple((word, part.strip(_SIGNS)) for part in rest.split() for word in content(part)),
        text=question,
    )


def _periods(text: str, comparisons: Sequence[Comparison]) -> tuple[tuple[str, str], ...]:
    """Returns the ranges of years, such as ``2000-14``, ``85-99`` or "from 2000 to 2014"."""
    found = [(match[1][-2:], match[2][-2:]) for match in _YEARS.finditer(text)]
    for first, second in pairwise(comparisons):
        if first.sign == ">=" and second.sign == "<=" and first.value in _YEAR and second.value in _YEAR:
            found.append((f"{int(first.value)}"[-2:], f"{int(second.value)}"[-2:]))
    return tuple(found)


def _conditions(text: str) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for said, sign, columns in _CONDITIONS:
        if (at := _place(text, said)) >= 0:
            found.append(Condition(sign=sign, columns=stems(columns), words=frozenset(tokens(said))))
            text = text[:at] + " " * len(said) + text[at + len(said) :]
    return tuple(found)


def _negated(text: str) -> tuple[str, frozenset[str]]:
    """Returns the text without negations, and the first content word after each."""
    found: set[str] = set()
    for said in _NEGATIONS:
        if (at := _place(text, said)) >= 0:
            found.update(content(text[at + len(said) :])[:1])
            text = text[:at] + " " * len(said) + text[at + len(said) :]
    return text, frozenset(found)


def _place(text: str, searched: str) -> int:
    """Returns where a phrase stands as whole words, Chinese anywhere; -1 where it does not."""
    if has_cjk(searched):
        return text.find(searched)
    at = text.find(searched)
    while at >= 0:
        after = text[at + len(searched) : at + len(searched) + 1]
        if not text[at - 1 : at].isalnum() and (not after.isalnum() or searched.endswith("'")):
            return at
        at = text.find(searched, at + 1)
    return -1


def _comparisons(text: str) -> tuple[str, tuple[Comparison, ...]]:
    """Returns the text without the comparisons that it holds, and these."""
    text, found = _date_comparisons(text)
    cut: list[tuple[int, int]] = []
    matches = sorted((*_NUMBER.finditer(text), *_CJK_NUMBER.finditer(text)), key=lambda match: match.start())
    for before, match in zip([None, *matches], matches, strict=False):
        value, unit = _value(match)
        sign, start, end = _sign_before(text, match, value, unit) or _sign_after(text, match) or ("", 0, 0)
        if sign:
            found.append(Comparison(sign=sign, value=value, unit=unit))
            cut.append((start, end))
        elif before is not None and _is_range(text[: before.start()], text[before.end(2) : match.start()]):
            found.append(Comparison(sign=">=", value=_value(before)[0], unit=unit))
            found.append(Comparison(sign="<=", value=value, unit=unit))
            cut.append((text[: before.start()].rstrip().rfind(" "), match.end()))
    for match in _YEARS.finditer(text):
        if len(match[1]) > 2:  # noqa: PLR2004
            last = match[2] if len(match[2]) > 2 else match[1][:2] + match[2]  # noqa: PLR2004
            found.append(Comparison(sign=">=", value=float(match[1]), unit=""))
            found.append(Comparison(sign="<=", value=float(last), unit=""))
            cut.append(match.span())
    return _without(text, cut), tuple(found)


def _date_comparisons(text: str) -> tuple[str, list[Comparison]]:
    found: list[Comparison] = []
    cut: list[tuple[int, int]] = []
    for match in _DATE.finditer(text):
        head, day = text[: match.start()].rstrip(), date_of(match[1])
        said = next((one for one in (*_BEFORE_DATES, *_BEFORE) if value_before(head, one[0])), None)
        if said is not None and day is not None:
            found.append(Comparison(sign=said[1], value=day, unit=""))
            cut.append((len(head) - len(said[0]), match.end()))
    return _without(text, cut), found


def _value(match: re.Match[str]) -> tuple[float, str]:
    """Returns a number, ``2 million`` as 2,000,000, with its unit as columns write it."""
    value, word = value_of(match[2], ".") or 0.0, match[3] or match[1] or ""
    unit = HELD["units"].get(word, word)
    return (value * HELD["scales"][unit], "") if unit in HELD["scales"] else (value, unit)


def _sign_before(text: str, match: re.Match[str], value: float, unit: str) -> tuple[str, int, int] | None:
    head = text[: match.start()].rstrip()
    known = (*_BEFORE_DATES, *_BEFORE) if value in _YEAR and not unit else _BEFORE
    said = next((one for one in known if value_before(head, one[0])), None)
    # A longer word after the number may name a column.
    end = match.end() if len(unit) <= _LONGEST_UNIT else match.end(2)
    return (said[1], len(head) - len(said[0]), end) if said is not None else None


def _sign_after(text: str, match: re.Match[str]) -> tuple[str, int, int] | None:
    tail = text[match.end(2) :]
    if tail.startswith("+"):
        return ">=", match.start(), match.end(2) + 1
    for said, sign in _AFTER:
        place = _place(tail[: _NEAR + len(said)], said)
        if place >= 0:
            return sign, match.start(), match.end(2) + place + len(said)
    return None


def _without(text: str, places: Iterable[tuple[int, int]]) -> str:
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _is_range(head: str, middle: str) -> bool:
    parts = middle.split()
    return any(value_before(head.rstrip(), said) for said in _BETWEEN) and bool(parts) and parts[-1] in _AND


def value_before(text: str, said: str) -> bool:
    """Returns whether a text ends with a phrase as whole words: what a number is said to be."""
    if not text.endswith(said):
        return False
    before = text[: -len(said)][-1:]
    return has_cjk(said) or not said[0].isalnum() or not before.isalnum()


def _without_top(text: str, start: int, end: int) -> tuple[str, int]:
    """Returns the text without a number beside a superlative (``top 3``, ``the 5 cheapest``), and that number."""
    for place, part in ((end, text[end:].split()[:1]), (-1, text[:start].split()[-1:])):
        number = part[0] if part else ""
        count = _SMALL.get(number, 0)
        if number.isdecimal() and int(number) not in _YEAR:
            count = int(number)
        if count:
            at = text.index(number, place) if place >= 0 else text.rindex(number, 0, start)
            return text[:at] + " " * len(number) + text[at + len(number) :], count
    return text, 0
