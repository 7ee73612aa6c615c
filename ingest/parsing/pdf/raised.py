"""Writes raised and lowered characters so that they cannot be read as part of the number or word before them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_RAISED = str.maketrans("0123456789+-−–=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_ORDINARY = re.compile(r"(?:st|nd|rd|th|er|re|e|ème|ère|os?|as?|TM|SM|[®™©°ºª′″*†‡§¶#'\"’”]+)", re.IGNORECASE)
_ORDINAL = re.compile(r"\d$")
_NUMBERS = re.compile(r"[(\[]?\d{1,3}(?:[,;–-]\d{1,3})*[,;)\].]?")
_LETTER_NOTE = re.compile(r"[(\[]?[a-z](?:[,;][a-z])*[)\].,;]?")
_INDICES = frozenset("ijkmnqtxyzT")
_SIGNED = re.compile(r"[+\-−–]\d+(?:[.,]\d+)?|\d{0,2}[+\-−–]|[+\-−–]")
_LENGTH = re.compile(r"(?:^|[^A-Za-zµμ])(?:[kcdmnµμ]?m|ft|yd)$")
_COUNTED_LENGTH = re.compile(r"\d\s?(?:in|mi)$|/\s?(?:s|h|min)$")
_POWER_OF_TEN = re.compile(r"(?:^|[^\d.,])10$")
_NUMBER_END = re.compile(r"(?:^|[^\w.,])(\d[\d.,]*)$")
_VARIABLE = re.compile(r"(?:^|[^A-Za-zÀ-ž])[A-Za-zÀ-žα-ωΑ-Ω]$")
_SHORT_TERM = re.compile(r"(?:^|[^A-Za-z])[A-Za-z]{2,3}$")
_SUM_IN_BRACKETS = re.compile(r"\([^()]{1,16}\)$")
_OPERATOR_BEFORE = re.compile(r"[=+×·*/^<>≤≥≈∙⋅−-]\s*[\d.,]*$")
_OPERATOR_AFTER = re.compile(r"\s*[=+×·*/^<>≤≥≈∙⋅)\]]")
_EQUATION = re.compile(r"[=<>≤≥≈∝]")
_SUM = re.compile(r"[+−-]")
_MAX_LETTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is written for a run: ``text`` has a part for each of its characters, the rest is put around it."""

    text: Sequence[str]
    before: str = ""
    after: str = ""


def raised_mark(run: str, *, before: str, after: str, labels: Collection[str]) -> Mark:
    """Returns what is written for raised characters: an exponent (``10³``, ``x^k``) or the mark of a note (``[^3]``).

    Args:
        run: the raised characters.
        before: what stands before them on their line; empty at its start, where a note begins.
        after: what follows them on their line.
        labels: the marks with which notes begin on the page.
    """
    if not before.strip():
        return _note(run) if _is_label(run) else Mark(text=run)
    return _mark_behind(run, before, after, labels)


def _mark_behind(run: str, before: str, after: str, labels: Collection[str]) -> Mark:
    if _ORDINARY.fullmatch(run) and not (len(run) == 1 and run in labels):
        return Mark(text=run) if not run.isalpha() or _ORDINAL.search(before) or len(run) > 1 else _letters(run, before)
    if _SIGNED.fullmatch(run):
        return Mark(text=run.translate(_RAISED))
    if _NUMBERS.fullmatch(run):
        return (
            Mark(text=run.translate(_RAISED))
            if run.isdecimal() and _is_exponent(run, before, after, labels)
            else _note(run)
        )
    if run.isalpha() or _LETTER_NOTE.fullmatch(run):
        return _note(run) if run.strip("([,;.])") in labels or not run.isalpha() else _letters(run, before)
    return Mark(text=run) if len(run) > _MAX_LETTERS or run[0] in "([{/⁄" else _power(run)


def lowered_text(run: str) -> str:
    """Returns lowered characters, as many: digits and signs as their lowered forms (``H₂O``), letters as they are."""
    return run.translate(_LOWERED) if not any(map(str.isalpha, run)) else run


def _letters(run: str, before: str) -> Mark:
    is_base = _VARIABLE.search(before) is not None or before[-1:].isdecimal() or before[-1:] in ")]"
    if len(run) == 1 and not (is_base and (run in _INDICES or _VARIABLE.search(before))):
        return _note(run)
    if run == "n":
        return Mark(text="ⁿ")
    return _power(run)


def _power(run: str) -> Mark:
    return Mark(text=run, before="^") if len(run) == 1 else Mark(text=run, before="^(", after=")")


def _note(run: str) -> Mark:
    """Returns the mark of a note; brackets and stops of its own are taken into those around it."""
    opens, closes = run[0] in "([", run[-1] in ").],;"
    parts = list(run)
    if opens:
        parts[0] = "[^"
    if closes:
        parts[-1] = "]"
    return Mark(text=parts, before="" if opens else "[^", after="" if closes else "]")


def _is_label(run: str) -> bool:
    return _NUMBERS.fullmatch(run) is not None or (len(run) == 1 and run.isalpha())


def _is_exponent(run: str, before: str, after: str, labels: Collection[str]) -> bool:
    if before[-1:].isdecimal():
        return _is_power_of_number(run, before, after, labels)
    if run in {"2", "3", "4"} and (_LENGTH.search(before) or _COUNTED_LENGTH.search(before)):
        return True
    is_equation = _EQUATION.search(before) is not None or _EQUATION.search(after) is not None
    if _VARIABLE.search(before):
        return is_equation or run not in labels
    if _SUM_IN_BRACKETS.search(before):
        return run not in labels and (is_equation or _SUM.search(before[-16:]) is not None)
    return run not in labels and is_equation and run in {"2", "3"} and _SHORT_TERM.search(before) is not None


def _is_power_of_number(run: str, before: str, after: str, labels: Collection[str]) -> bool:
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
        return True
    if run in labels:
        return False
    return _POWER_OF_TEN.search(before) is not None or (not after.strip() and _NUMBER_END.search(before) is None)
