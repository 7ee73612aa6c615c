"""Tells exponents from note marks, which are both raised, and keeps both apart from the value before them. Pure."""

from __future__ import annotations

import re

_LENGTHS = frozenset("m mm cm dm km µm μm nm in ft yd mi s".split())
_AMOUNT = re.compile(r"\d\s*[^\W\d_]+\Z")
_TERM = re.compile(r"[=+*/·×]\s?[^\W\d_]{1,3}\Z")  # E = mc²
_VARIABLES = frozenset("nmkxyt")
_ORDINAL = re.compile(r"(?<![\d.,])\d{1,2}\Z")
_ORDINAL_LETTERS = frozenset("aeo")
_DIGITS = re.compile(r"[-+−–]?\d+")
_CHARGE = re.compile(r"\d?[+\-−–]")
_ELEMENT = re.compile(r"(?:[A-Z][a-z]?\d*[)\]]?|[)\]])\Z")  # what carries a charge
_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_BASE = re.compile(
    r"(?:(?<![\d.,])[.,]*+(?P<number>\d[\d.,]*+)|(?<![^\W\d_])(?P<word>[^\W\d_]++)|(?P<bracket>[)\]}]))\Z"
)
_EXPONENT = re.compile(r"[-+−–]?\d{1,3}|[-+−–]?[a-zA-Z](?:\s*[-+*/−–]\s*\w{1,3})?|\d+\s*[-+*/]\s*\w+")
_SUFFIX = re.compile(r"st|nd|rd|th|er|re|ère|ème|e|ª|º|TM|SM|[™®℠]", re.IGNORECASE)
_MARK = re.compile(r"[\[(]?\s*(?:\d{1,3}|[a-z]|[ivx]{1,4}|[*†‡§¶#]{1,3})(?:\s*[,–-]\s*(?:\d{1,3}|[a-z]))*\s*[\])]?")
_ONE_DIGIT = re.compile(r"[2-9]\Z")


def raised(before: str, text: str, *, is_note: bool = False, notes: frozenset[str] = frozenset()) -> str:
    """Returns raised ``text`` as written after ``before``: ``³``, ``^n``, ``[^3]``, or unchanged (the ``th`` of 4th).

    Args:
        before: the text before it, at least its last word.
        text: the raised text.
        is_note: the document itself says that it is a note's mark.
        notes: the marks of the notes that the document has.
    """
    inner = " ".join(text.split())
    if is_note and inner:
        return note_mark(inner)
    base = _BASE.search(before)
    if _CHARGE.fullmatch(inner) and _ELEMENT.search(before):
        return inner.translate(_RAISED)
    if not inner or (base is not None and _is_ending(before, inner)):
        return inner
    if base is not None and _EXPONENT.fullmatch(inner) and _is_power(before, base, inner, notes):
        return _power(inner)
    return note_mark(inner) if before.strip() and _MARK.fullmatch(inner) else f" {inner}"


def note_mark(text: str) -> str:
    """Returns the mark of a note, which no reader and no search takes for a part of a value: ``[^3]``."""
    return f"[^{text.strip('[]()').strip()}]"


def lowered(before: str, text: str) -> str:
    """Returns lowered ``text`` as it is written after ``before``: the 2 of ``CO2``, or ``_max``."""
    inner = " ".join(text.split())
    is_formula = inner.isdecimal() and before[-1:].isalpha()
    return inner if not inner or is_formula or before[-1:] in {")", "]"} else f"_{inner}"


def _is_ending(before: str, text: str) -> bool:
    """Returns whether raised ``text`` ends the word or number: 4th, 1ª, No, TM."""
    if text in _ORDINAL_LETTERS:
        return _ORDINAL.search(before) is not None or (text == "o" and before.endswith("N"))
    return _SUFFIX.fullmatch(text) is not None


def _is_power(before: str, base: re.Match[str], exponent: str, notes: frozenset[str]) -> bool:
    if base["bracket"]:
        return base["bracket"] != "]"
    if exponent.isalpha():  # a note's letter, except in 2^n and x^k
        is_short = len(base["number"] or base["word"]) == 1
        return is_short and exponent not in notes and exponent in _VARIABLES
    if base["number"]:
        if not exponent.isdecimal():
            return True
        return base["number"].endswith("10") or (exponent not in notes and bool(_ONE_DIGIT.match(base["number"])))
    word = base["word"].lower()
    is_variable = len(word) == 1 and not _AMOUNT.search(before)
    return exponent not in notes and (word in _LENGTHS or is_variable or _TERM.search(before) is not None)


def _power(exponent: str) -> str:
    if _DIGITS.fullmatch(exponent):
        return exponent.translate(_RAISED)
    return f"^{exponent}" if exponent.isalnum() else f"^({exponent})"
