"""Writes the numbers of lists and notes in the forms of office files. Pure."""

from __future__ import annotations

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST_ROMAN = 4_000
_LETTERS = 26
_MAX_REPEATED_LETTERS = 20


def formatted(number: int, form: str) -> str:
    """Returns a number in a form that Word names (``upperRoman``); in digits if the form is not known."""
    match form:
        case "none" | "bullet":
            return ""
        case "lowerLetter" | "upperLetter" if number > 0:
            repeated = min((number - 1) // _LETTERS + 1, _MAX_REPEATED_LETTERS)
            text = chr(ord("a") + (number - 1) % _LETTERS) * repeated
            return text if form == "lowerLetter" else text.upper()
        case "lowerRoman" | "upperRoman" if 0 < number < _LARGEST_ROMAN:
            return _roman(number) if form == "lowerRoman" else _roman(number).upper()
        case "decimalZero":
            return f"{number:02}"
        case "ordinal":
            return f"{number}."
        case _:
            return str(number)


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
