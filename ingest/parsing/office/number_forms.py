"""Writes the numbers of lists and notes in the forms of office files. Pure."""

from __future__ import annotations

from collections.abc import Callable

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST_ROMAN = 4_000
_MAX_DIGITS = 10
_MAX_REPEATED_LETTERS = 20
_ALPHABETS = {
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "chicago": "*†‡§",
    "aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "ganada": "가나다라마바사아자차카타파하",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
}
_SAME = {"upperLetter": "lowerLetter", "russianUpper": "russianLower", "aiueo": "aiueoFullWidth"}
_CHINESE = (
    "chineseCounting chineseCountingThousand taiwaneseCounting taiwaneseCountingThousand japaneseCounting "
    "ideographDigital japaneseDigitalTenThousand taiwaneseDigital koreanDigital2 koreanCounting".split()
)
_CHINESE_DIGITS = "〇一二三四五六七八九"
_CHINESE_LIMIT = 100
_ANY = 1_000_000
_FROM_ZERO = frozenset({"decimalZero", "ordinal", "cardinalText", "ordinalText"})
_LAST_CIRCLED = 20
_TEENS = range(11, 14)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


def formatted(number: int, form: str) -> str:
    """Returns a number in a form that Word names (``upperRoman``; ``00``: two digits); in digits if it is not known."""
    if form in {"none", "bullet"}:
        return ""
    if form.startswith("0"):
        return f"{number:0{min(len(form), _MAX_DIGITS)}}"
    alphabet = _ALPHABETS.get(_SAME.get(form, form), "")
    if alphabet and number > 0:
        repeated = min((number - 1) // len(alphabet) + 1, _MAX_REPEATED_LETTERS)
        text = alphabet[(number - 1) % len(alphabet)] * repeated
        return text.upper() if form in _SAME else text
    written, limit = _WRITERS.get(form, (str, 0))
    return written(number) if (form not in _FROM_ZERO) <= number < limit else str(number)


def _circled(number: int) -> str:
    return chr(ord("①") + number - 1)


def _ordinal(number: int) -> str:
    return f"{number}{'th' if number % 100 in _TEENS else _ENDINGS.get(number % 10, 'th')}"


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    before = "" if not tens else "十" if tens == 1 else f"{_CHINESE_DIGITS[tens]}十"
    return before + (_CHINESE_DIGITS[ones] if ones or not tens else "")


_WRITERS: dict[str, tuple[Callable[[int], str], int]] = {
    "lowerRoman": (_roman, _LARGEST_ROMAN),
    "upperRoman": (lambda number: _roman(number).upper(), _LARGEST_ROMAN),
    "decimalZero": (lambda number: f"{number:02}", _ANY),
    "numberInDash": (lambda number: f"- {number} -", _ANY),
    "ordinal": (_ordinal, _ANY),
    "cardinalText": (lambda number: _WORDS[number].capitalize(), len(_WORDS)),
    "ordinalText": (lambda number: _ORDINALS[number].capitalize(), len(_ORDINALS)),
    "decimalEnclosedCircle": (_circled, _LAST_CIRCLED + 1),
    "decimalEnclosedCircleChinese": (_circled, _LAST_CIRCLED + 1),
    **dict.fromkeys(_CHINESE, (_chinese, _CHINESE_LIMIT)),
}
"""By form: how it is written, and the first number that is not written so."""
