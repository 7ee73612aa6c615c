"""Shows a day number as a date, a time or a duration. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing.displayed.date_names import day_name, era_of, month_name

_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's times have no zone
_EPOCH_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001 - the same
_FALSE_LEAP_DAY = 60  # Lotus took 1900 for a leap year, and Excel agrees
_SECONDS_A_DAY = 86_400
_LETTERS = "ymdhsbeg"
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"\$[^-]{0,20}-([0-9A-Fa-f]{1,8})")
_LANGUAGE_BITS = 0x3FF
_JAPANESE = 0x11
_NOON = 12
_HALF_DAYS = ("am/pm", "a/p", "上午/下午", "午前/午後", "오전/오후", "aaaa", "aaa")
_DAYS = frozenset({"aaaa", "aaa"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DateToken:
    """``kind``: y, m (month), d, h, n (minute), s, f (parts of a second), a (am or pm), H, N, S (elapsed), or text.

    g and e: the Japanese era and its year; l: the language of names, as a hexadecimal number.
    """

    kind: str
    text: str


def date_tokens(tokens: Sequence[re.Match[str]]) -> tuple[DateToken, ...]:
    """Returns the tokens of a format code's section if it shows dates, times or durations, else none."""
    found: list[DateToken] = []
    for match in tokens:
        text = match[0]
        if match["text"]:
            shown = " " if match["space"] else text[1:] if text[0] == "\\" else text.strip('"')
            found.append(DateToken(kind="text", text=shown))
        elif match["bracket"] is not None:
            if _ELAPSED.fullmatch(match["bracket"]):
                kind = match["bracket"][0].upper()
                found.append(DateToken(kind="N" if kind == "M" else kind, text=match["bracket"]))
            elif language := _LANGUAGE.match(match["bracket"]):
                found.append(DateToken(kind="l", text=language[1]))
        elif match["general"] or match["exponent"]:
            return ()
        elif not match["fill"]:
            _append(found, text)
    found = _with_half_days(found)
    return tuple(_with_minutes(found)) if any(token.kind in "ymdhsegHNS" for token in found) else ()


def shown_date(value: float, tokens: Sequence[DateToken], *, is_1904: bool) -> str | None:
    """Returns a day number as its format shows it, or None if it is no date that a spreadsheet shows."""
    decimals = max((len(token.text) for token in tokens if token.kind == "f"), default=0)
    seconds = round(value * _SECONDS_A_DAY, decimals)
    is_duration = any(token.kind in "HNS" for token in tokens)
    if is_duration:
        sign = "-" if seconds < 0 else ""
        moment = _EPOCH + dt.timedelta(seconds=abs(seconds) % _SECONDS_A_DAY)
        return sign + "".join(_shown(token, moment, abs(seconds), tokens) for token in tokens).strip()
    try:
        moment = day_time(value, is_1904=is_1904, decimals=decimals)
    except (OverflowError, ValueError):
        return None
    return " ".join("".join(_shown(token, moment, seconds, tokens) for token in tokens).split())


def day_time(value: float, *, is_1904: bool, decimals: int = 0) -> dt.datetime:
    """Returns the moment that a day number stands for.

    Raises:
        ValueError: it is negative.
        OverflowError: it is after the year 9999.
    """
    if value < 0:
        raise ValueError(value)
    if is_1904:
        epoch = _EPOCH_1904
    else:
        epoch = _EPOCH if value >= _FALSE_LEAP_DAY or value < 1 else _EPOCH + dt.timedelta(days=1)
    return epoch + dt.timedelta(seconds=round(value * _SECONDS_A_DAY, decimals))


def _append(found: list[DateToken], text: str) -> None:
    lower = text.lower()
    if text[0] in "0#?":
        is_fraction = len(found) > 1 and found[-1].text == "." and found[-2].kind in "sS"
        if is_fraction:
            found[-1] = DateToken(kind="text", text=".")
        found.append(DateToken(kind="f" if is_fraction else "text", text=text if is_fraction else ""))
    elif lower in _LETTERS:
        kind = "y" if lower == "b" else lower
        if found and found[-1].kind == kind and found[-1].text[-1].lower() == lower:
            found[-1] = DateToken(kind=kind, text=found[-1].text + text)
        else:
            found.append(DateToken(kind=kind, text=text))
    elif text != "@":
        found.append(DateToken(kind="text", text=text))


def _with_half_days(tokens: Sequence[DateToken]) -> list[DateToken]:
    """Joins the letters of ``AM/PM`` and ``A/P``, and of ``aaaa``."""
    joined: list[DateToken] = []
    at = 0
    while at < len(tokens):
        for word in _HALF_DAYS:
            end, text = at, ""
            while end < len(tokens) and len(text) < len(word) and tokens[end].text:
                text += tokens[end].text
                end += 1
            if text.lower() == word:
                is_day = word in _DAYS  # 星期三, in the codes of East Asia
                joined.append(DateToken(kind="d" if is_day else "a", text=text))
                at = end
                break
        else:
            joined.append(tokens[at])
            at += 1
    return joined


def _with_minutes(tokens: Sequence[DateToken]) -> list[DateToken]:
    """Tells minutes from months: an m after hours or before seconds means minutes."""
    told = list(tokens)
    meaning = [at for at, token in enumerate(told) if token.kind in "ymdhsHNS"]
    for number, at in enumerate(meaning):
        if told[at].kind != "m" or len(told[at].text) > 2:  # noqa: PLR2004 - mmm is a name
            continue
        before = told[meaning[number - 1]].kind if number else ""
        after = told[meaning[number + 1]].kind if number + 1 < len(meaning) else ""
        if before in {"h", "H"} or after in {"s", "S"}:
            told[at] = DateToken(kind="n", text=told[at].text)
    return told


def _shown(token: DateToken, moment: dt.datetime, seconds: float, tokens: Sequence[DateToken]) -> str:
    width = len(token.text)
    if token.kind == "text":
        return token.text
    if token.kind == "f":
        return f"{seconds % 1:.{width}f}"[2:]
    if token.kind == "a":
        return token.text.upper().split("/")[moment.hour >= _NOON]
    if token.kind in "lge" or (token.kind in "md" and width > 2):  # noqa: PLR2004 - a name
        return _named(token, moment, tokens)
    if token.kind == "y":
        return f"{moment.year % 100:02d}" if width <= 2 else f"{moment.year:04d}"  # noqa: PLR2004 - yy
    is_half_day = any(other.kind == "a" for other in tokens)
    whole = int(seconds)
    number = {
        "m": moment.month,
        "d": moment.day,
        "h": (moment.hour + 11) % 12 + 1 if is_half_day else moment.hour,
        "n": moment.minute,
        "s": moment.second,
        "H": whole // 3_600,
        "N": whole // 60,
        "S": whole,
    }[token.kind]
    return f"{number:0{min(width, 2)}d}"


def _named(token: DateToken, moment: dt.datetime, tokens: Sequence[DateToken]) -> str:
    """Returns the name of a month, a day or an era, or the year of an era."""
    language = next((int(other.text, 16) & _LANGUAGE_BITS for other in tokens if other.kind == "l"), 0)
    width = len(token.text)
    if token.kind == "m":
        name = month_name(moment.month, language, is_full=width == 4)  # noqa: PLR2004 - in full
        return name[0] if width == 5 else name  # noqa: PLR2004 - mmmmm is a letter
    if token.kind == "d":
        return day_name(moment.weekday(), language, is_full=width >= 4)  # noqa: PLR2004 - in full
    if token.kind == "l":
        return ""
    name, letter, year = era_of(moment.date())
    if token.kind == "g":
        return letter if width == 1 else name[0] if width == 2 and name else name  # noqa: PLR2004 - gg
    is_era = language == _JAPANESE or any(other.kind == "g" for other in tokens)
    return f"{year if is_era else moment.year:0{min(width, 2)}d}"
