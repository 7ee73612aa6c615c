"""Tells what cells hold (numbers, dates, other values, words), and which tables have no names of columns. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

EMPTY_VALUES = frozenset({"", "-", "–", "—", "n/a", "N/A"})
_NUMERIC = re.compile(r"[-+(]?\s*+[$€£¥]?\s*+\d[\d.,'\s]*+(?:%|[$€£¥])?\)?(?:\s?\[\^[^\]]{1,9}\])?")
_YEAR = re.compile(r"(?:FY\s*)?(?:19|20)\d\d")
_VALUE = re.compile(r"[-+–(<>≤≥±~$€£¥\s]*+(?:[A-Z]{3} )?\d")
_DATE = re.compile(
    r"(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}"
    r"|\d{1,2}(?:\.|st|nd|rd|th)?[ -](?:de )?[^\W\d_]{3,12}\.?[ -](?:de )?\d{2,4}"
    r"|[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{4}年\d{1,2}月\d{1,2}日)(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
)
_DIGITS = re.compile(r"\d[\d.,']*+")
_UNIT = re.compile(r"[^\W\d_]|[%$€£¥°]")
_MAX_VALUE_CHARACTERS = 24
_MAX_LABEL_CHARACTERS = 40
_MAX_SHARE_OF_A_KIND = 0.8
_SAMPLE_ROWS = 200
_PAIR = 2


def is_year(cell: str) -> bool:
    """Returns whether a cell is a year alone."""
    return _YEAR.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """Returns whether a cell is a number, an amount of money or a percentage."""
    return _NUMERIC.fullmatch(cell) is not None


def is_value(cell: str) -> bool:
    """Returns whether a cell is an amount, a measure, a date or a time: it begins with a number, and is short."""
    return len(cell) <= _MAX_VALUE_CHARACTERS and not is_year(cell) and _VALUE.match(cell) is not None


def is_without_names(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether the first of ``rows`` surely is one of values, as those below it.

    It is where it holds dates, addresses or measures as they do, or where two columns pair labels with values of
    several kinds: of a project its manager, its start and its budget.
    """
    rows = rows[: _SAMPLE_ROWS + 1]
    return len(rows) >= _PAIR and (_is_as_those_below(rows) or _has_pairs(rows))


def _is_as_those_below(rows: Sequence[Sequence[str]]) -> bool:
    for at, cell in enumerate(rows[0]):
        below = [row[at] for row in rows[1:] if at < len(row) and row[at] not in EMPTY_VALUES]
        if not below or not (own := _form(cell)):
            continue
        if sum(_form(each) == own for each in below) * 2 >= len(below):
            return True
    return len(rows[0]) == _PAIR and is_value(rows[0][1]) and all(is_value(row[1]) for row in rows[1:] if len(row) > 1)


def _has_pairs(rows: Sequence[Sequence[str]]) -> bool:
    if any(len(row) != _PAIR for row in rows):
        return False
    labels = [row[0] for row in rows if row[0]]
    is_labels = all(len(label) <= _MAX_LABEL_CHARACTERS and not any(map(str.isdigit, label)) for label in labels)
    kinds = Counter(_kind(row[1]) for row in rows[1:] if row[1] not in EMPTY_VALUES)
    if not is_labels or len(set(labels)) < len(labels) or not rows[0][0] or not kinds:
        return False
    if kinds.total() <= _PAIR and "date" not in kinds:
        return False
    return max(kinds.values()) <= _MAX_SHARE_OF_A_KIND * kinds.total()


def _kind(cell: str) -> str:
    form = _form(cell)
    if form in {"date", "address"}:
        return form
    return "year" if is_year(cell) else "value" if is_value(cell) else "words"


def _form(cell: str) -> str:
    """Returns what a cell has in common with others of its column: that it is a date, or its unit; empty for words."""
    if _DATE.fullmatch(cell):
        return "date"
    if " " not in cell and ("@" in cell or "://" in cell):
        return "address"
    form = _DIGITS.sub("0", cell) if is_value(cell) else ""
    return form if _UNIT.search(form) else ""
