"""Reads dates in seven European languages and Chinese, written out and in figures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

Date = tuple[int, int, int]
"""Year, month and day; 0 for a missing part."""


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "Jan January Januar janvier enero gennaio janeiro januari",
            "Feb February Februar février febrero febbraio fevereiro februari",
            "Mar March März mars marzo março maart",
            "Apr April avril abril aprile",
            "May Mai mai mayo maggio maio mei",
            "Jun June Juni juin junio giugno junho juni",
            "Jul July Juli juillet julio luglio julho juli",
            "Aug August août agosto augustus",
            "Sep Sept September septembre septiembre settembre setembro september",
            "Oct October Oktober octobre octubre ottobre outubro oktober",
            "Nov November novembre noviembre novembro november",
            "Dec December Dezember décembre diciembre dicembre dezembro december",
        ),
        start=1,
    )
    for name in names.split()
}
"""Months as they are written in English, German, French, Spanish, Italian, Portuguese and Dutch."""
_MONTH = rf"({'|'.join(sorted(_MONTHS, reverse=True))})\b\.?"
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|[.º])?(?: of| de)? {_MONTH}(?:(?:,| del?)? (\d{{4}})(?!\d))?"
)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (\d{{4}})(?!\d))?")
_MONTH_YEAR = re.compile(rf"\b{_MONTH}(?:,| de)? (\d{{4}})(?!\d)")
_DECEMBER = 12
A_MONTH = re.compile(_MONTH)
_PART_OF_YEAR = re.compile(rf"(?<![^\W_])(?:(?:[QHTW]|KW) ?\d{{1,2}}|\dQ|{_MONTH})(?![^\W_])")
_DIGITS = re.compile(r"\d+")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_WITH_DOTS = re.compile(r"(?<!\d)(\d{1,2})([./])(\d{1,2})\2(\d{4})(?!\d)")
_CHINESE_DATE = re.compile(r"(?:(?<!\d)(\d{4})年)?(?<!\d)(\d{1,2})月(?:(\d{1,2})[日号])?")


def dates_of(text: str) -> tuple[tuple[tuple[int, int], frozenset[Date]], ...]:
    """Returns the dates of a text: the place of each, and its possible readings."""
    return tuple(_dates(text))


def _dates(text: str) -> Iterator[tuple[tuple[int, int], frozenset[Date]]]:
    """Yields the place and the possible readings of each date."""
    taken: list[tuple[int, int]] = []
    for found in (*_written_out(text), *_in_figures(text)):
        (start, end), readings = found
        real = frozenset(date for date in readings if 0 < date[1] <= _DECEMBER)
        if real and not any(start < other_end and other_start < end for other_start, other_end in taken):
            taken.append((start, end))
            yield (start, end), real


def _written_out(text: str) -> Iterator[tuple[tuple[int, int], tuple[Date, ...]]]:
    for match in _DAY_MONTH.finditer(text):
        yield match.span(), ((int(match[3] or 0), _month(match[2]), int(match[1])),)
    for match in _MONTH_DAY.finditer(text):
        yield match.span(), ((int(match[3] or 0), _month(match[1]), int(match[2])),)
    for match in _MONTH_YEAR.finditer(text):
        yield match.span(), ((int(match[2]), _month(match[1]), 0),)


def _in_figures(text: str) -> Iterator[tuple[tuple[int, int], tuple[Date, ...]]]:
    for match in _ISO.finditer(text):
        yield match.span(), ((int(match[1]), int(match[2]), int(match[3])),)
    for match in _WITH_DOTS.finditer(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        yield match.span(), ((year, second, first), (year, first, second))
    for match in _CHINESE_DATE.finditer(text):
        yield match.span(), ((int(match[1] or 0), int(match[2]), int(match[3] or 0)),)


def without_part_of_year(text: str) -> str | None:
    """Returns the text without its quarter, half, month or week, and without figures; None where it names none.

    "Sales Q1" and "Sales Q2" become the same.
    """
    rest, found = _PART_OF_YEAR.subn("#", text)
    return _DIGITS.sub("#", rest) if found else None


def _month(name: str) -> int:
    return _MONTHS[name]
