"""Shows a number as a spreadsheet does: with its currency, unit, percent sign, date or duration. Pure.

Format codes as in ECMA-376 part 1, 18.8.31. No library that is kept up reads them. Numbers have a point and commas: a
file does not say how its reader's country writes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from operator import eq, ge, gt, le, lt, ne

from ingest.parsing.displayed.dates import DateToken, date_tokens, shown_date

GENERAL = "General"
_MAX_CODE_CHARACTERS = 255
_TOKEN = re.compile(
    r"""(?P<text>"[^"]*"?|\\.|[_](?P<space>.))|(?P<fill>\*.)|\[(?P<bracket>[^\]]{0,255}+)\]"""
    r"""|(?P<exponent>E[+-])|(?P<general>General)|(?P<digits>[0#?]+)|(?P<other>.)""",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}
_FRACTION = re.compile(r"([#0?]{1,20}\s{1,9})?[#0?]{1,20}\s{0,9}/\s{0,9}([#0?]{1,20}|\d{1,9})")
_DIGIT = frozenset("123456789")
_MINUS = frozenset("-−(")
_MAX_ROUNDED = 10**20
_WIDE = Context(prec=_MAX_CODE_CHARACTERS + 40)
_SIGNIFICANT_DIGITS = 15  # a spreadsheet itself keeps as many; the next one shows binary rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """``kind``: text, digits, point, comma, percent, exponent, general, at, or slash."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    parts: tuple[_Part, ...]
    dates: tuple[DateToken, ...]
    comparison: str
    limit: float


def shown_number(value: float, code: str = GENERAL, *, is_1904: bool = False) -> str:
    """Returns a number as its format code shows it. One that hides it shows an empty text."""
    if not isfinite(value):
        return str(value)
    numeric = _numeric(code[:_MAX_CODE_CHARACTERS]) if code != GENERAL else ()
    if not numeric:
        return general(value)
    section, is_signed = _chosen(value, numeric)
    if section.dates:
        shown = shown_date(value, section.dates, is_1904=is_1904)
        return general(value) if shown is None else shown
    return _number(value, section, is_signed=is_signed)


def shown_text(text: str, code: str = GENERAL) -> str:
    """Returns a text as its format code shows it: the fourth section, or one with ``@``, may add words."""
    sections = _sections(code[:_MAX_CODE_CHARACTERS])
    of_texts = sections[3] if len(sections) > 3 else None  # noqa: PLR2004 - the fourth
    chosen = next((section for section in sections if any(part.kind == "at" for part in section.parts)), of_texts)
    if chosen is None:
        return text
    parts = (part for part in chosen.parts if part.kind in {"at", "general", "text"})
    return "".join(part.text if part.kind == "text" else text for part in parts)


def general(value: float) -> str:
    """Returns a number without a format: 7, 1250.5."""
    if value == int(value) and abs(value) < 10**_SIGNIFICANT_DIGITS:
        return str(int(value))
    return f"{value:.{_SIGNIFICANT_DIGITS}g}".upper()


@lru_cache(maxsize=1_024)
def _sections(code: str) -> tuple[_Section, ...]:
    groups: list[list[re.Match[str]]] = [[]]
    for match in _TOKEN.finditer(code or GENERAL):
        if match["other"] == ";":
            groups.append([])
        else:
            groups[-1].append(match)
    return tuple(_section(group) for group in groups[:4])


@lru_cache(maxsize=1_024)
def _numeric(code: str) -> tuple[_Section, ...]:
    """Returns the sections for numbers: those without a place for a text."""
    return tuple(section for section in _sections(code) if all(part.kind != "at" for part in section.parts))


def _section(tokens: list[re.Match[str]]) -> _Section:
    parts: list[_Part] = []
    comparison, limit = "", 0.0
    for match in tokens:
        bracket = match["bracket"]
        if bracket is not None and (condition := _CONDITION.fullmatch(bracket.strip())):
            comparison, limit = condition[1], float(condition[2])
        else:
            parts += _parts(match)
    return _Section(parts=tuple(parts), dates=date_tokens(tokens), comparison=comparison, limit=limit)


def _parts(match: re.Match[str]) -> list[_Part]:
    if match["text"]:
        text = match["text"]
        shown = " " if match["space"] else text[1:] if text[0] == "\\" else text.strip('"')
        return [_Part(kind="text", text=shown)]
    if match["bracket"] is not None:
        bracket = match["bracket"]
        if bracket.startswith("$"):
            return [_Part(kind="text", text=bracket[1:].split("-")[0])]
        return []
    if match["fill"]:
        return []
    for kind in ("digits", "exponent", "general"):
        if match[kind]:
            return [_Part(kind=kind, text=match[kind])]
    kind = {".": "point", ",": "comma", "%": "percent", "@": "at", "/": "slash"}.get(match["other"], "text")
    return [_Part(kind=kind, text=match["other"])]


def _chosen(value: float, sections: tuple[_Section, ...]) -> tuple[_Section, bool]:
    """Returns the section for a value, and whether a minus sign stands before it."""
    if sections[0].comparison or (len(sections) > 1 and sections[1].comparison):
        for section in sections:
            if not section.comparison or _COMPARED[section.comparison](value, section.limit):
                return section, not any(part.kind == "text" and part.text in _MINUS for part in section.parts)
        return _sections(GENERAL)[0], True
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:  # noqa: PLR2004 - the section of zeros
        return sections[2], False
    return sections[0], True


def _number(value: float, section: _Section, *, is_signed: bool) -> str:
    form = _form(section.parts)
    if form == "decimal":
        written = _decimal(abs(value), section.parts)
    elif form == "general":
        written = "".join(general(abs(value)) if part.kind == "general" else part.text for part in section.parts)
    elif form == "fraction":
        written = _fraction(abs(value), section.parts)
    else:
        sign = "-" if is_signed and value < 0 and section.parts else ""
        return f"{sign}{_texts(section.parts)}".strip()
    is_negative = is_signed and value < 0 and not _DIGIT.isdisjoint(written)
    return " ".join((("-" if is_negative else "") + written.strip()).split())


@lru_cache(maxsize=1_024)
def _form(parts: tuple[_Part, ...]) -> str:
    """Returns how a section writes a number: decimal, general, fraction, or text."""
    kinds = {part.kind for part in parts}
    if "general" in kinds:
        return "general"
    if "digits" not in kinds:
        return "text"
    return "fraction" if "slash" in kinds and _FRACTION.search(_code(parts)) else "decimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digits:
    """What a section does with the digits of a number; ``inner``: the parts between those before the point.

    ``step``: exponents are a multiple of it.
    """

    before: str
    after: str
    required: int
    step: int
    decimals: str
    unit: Decimal
    power: int
    is_grouped: bool
    inner: tuple[_Part, ...]
    exponent: str
    exponent_digits: int


@lru_cache(maxsize=1_024)
def _digits(parts: tuple[_Part, ...]) -> _Digits:
    places = [at for at, part in enumerate(parts) if part.kind == "digits"]
    exponent = _first(parts, "exponent")
    end = len(parts) if exponent is None else exponent
    point = next((at for at, part in enumerate(parts[:end]) if part.kind == "point"), None)
    whole = [at for at in places if at < (end if point is None else point)]
    decimals = "" if point is None else "".join(parts[at].text for at in places if point < at < end)
    inner = parts[whole[0] : whole[-1] + 1] if whole else ()
    is_grouped = any(part.kind == "comma" for part in inner)
    last = max(at for at, part in enumerate(parts) if part.kind in {"digits", "point", "comma"})
    percents = sum(part.kind == "percent" for part in parts)
    return _Digits(
        before=_texts(parts[: places[0] if point is None else min(places[0], point)]),
        after=_texts(parts[last + 1 :]),
        required="".join(parts[at].text for at in whole).count("0"),
        step=max(1, sum(len(parts[at].text) for at in whole)),
        decimals=decimals,
        unit=Decimal(1).scaleb(-len(decimals)),
        power=2 * percents - 3 * _scaling_commas(parts, whole, places),
        is_grouped=is_grouped,
        inner=() if is_grouped or not any(part.kind in {"text", "slash"} for part in inner) else inner,
        exponent="" if exponent is None else parts[exponent].text,
        exponent_digits=0 if exponent is None else sum(len(parts[at].text) for at in places if at > exponent),
    )


def _decimal(value: float, parts: tuple[_Part, ...]) -> str:
    digits = _digits(parts)
    scaled = Decimal(repr(value)).scaleb(digits.power)
    tail = ""
    if digits.exponent:
        power = scaled.adjusted() // digits.step * digits.step if scaled else 0
        if scaled.scaleb(-power).quantize(digits.unit, ROUND_HALF_UP, _WIDE).adjusted() >= digits.step:
            power += digits.step
        scaled = scaled.scaleb(-power)
        sign = "-" if power < 0 else "+" if "+" in digits.exponent else ""
        tail = f"E{sign}{abs(power):0{digits.exponent_digits}d}"
    integer, fraction = _rounded(scaled, digits)
    if digits.is_grouped:
        integer = f"{int(integer):,}".rjust(len(integer), "0") if integer else ""
    elif digits.inner:
        integer = _filled(integer, digits.inner)
    return f"{digits.before}{integer}{fraction}{tail}{digits.after}"


def _first(parts: tuple[_Part, ...], kind: str) -> int | None:
    return next((at for at, part in enumerate(parts) if part.kind == kind), None)


def _texts(parts: tuple[_Part, ...]) -> str:
    return "".join(part.text for part in parts if part.kind in {"text", "percent", "slash"})


def _scaling_commas(parts: tuple[_Part, ...], whole: list[int], places: list[int]) -> int:
    """Returns the number of commas behind the last digit, or right before the point: each divides by a thousand."""
    count = 0
    for end in {places[-1], *whole[-1:]}:
        at = end + 1
        while at < len(parts) and parts[at].kind == "comma":
            count, at = count + 1, at + 1
    return count


def _rounded(value: Decimal, digits: _Digits) -> tuple[str, str]:
    """Returns the digits before the point, and those behind it with the point."""
    rounded = value.quantize(digits.unit, ROUND_HALF_UP, _WIDE) if value < _MAX_ROUNDED else value
    integer, _, fraction = f"{rounded:f}".partition(".")
    integer = integer.lstrip("0").rjust(digits.required, "0")
    decimals = digits.decimals
    fraction = fraction[: len(decimals)]
    while fraction and fraction[-1] == "0" and decimals[len(fraction) - 1] != "0":
        fraction = fraction[:-1]
    return integer, f".{fraction}" if fraction else ""


def _filled(digits: str, parts: tuple[_Part, ...]) -> str:
    """Fills digits from the right into a pattern with signs between them, such as a telephone number."""
    shown: list[str] = []
    left = digits
    first = _first(parts, "digits")
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if part.kind == "digits":
            count = len(left) if at == first else len(part.text)
            shown.append(left[len(left) - count :] if count < len(left) else left)
            left = left[: max(0, len(left) - count)]
        elif part.kind in {"text", "slash"} and (left or "0" in parts[0].text):
            shown.append(part.text)
    return "".join(reversed(shown))


def _fraction(value: float, parts: tuple[_Part, ...]) -> str:
    found = _FRACTION.search(_code(parts))
    whole, below = (int(value) if found[1] else 0, found[2]) if found else (0, "?")
    rest = Fraction(value).limit_denominator(10**9) - whole
    if below.isdecimal() and below.strip("0"):
        numerator, denominator = int(rest * int(below) + Fraction(1, 2)), int(below)
    else:
        numerator, denominator = rest.limit_denominator(10 ** min(len(below), 6) - 1).as_integer_ratio()
    shown = f"{whole or ''} {numerator}/{denominator}".strip()
    if numerator in {0, denominator}:
        shown = str(whole + numerator // denominator)
    places = [at for at, part in enumerate(parts) if part.kind in {"digits", "slash"} or part.text.isdecimal()]
    return f"{_texts(parts[: places[0]])}{shown}{_texts(parts[places[-1] + 1 :])}"


def _code(parts: tuple[_Part, ...]) -> str:
    return "".join(part.text for part in parts if part.kind in {"digits", "slash", "text"})
