"""Folds forms of the same characters, such as full width and ligatures, and keeps raised figures apart. Pure."""

from __future__ import annotations

import re
import unicodedata

_RAISED = re.compile(r"(?<=[\d)])[⁺⁻]?[⁰¹²³⁴-⁹]+")
_LOWERED = re.compile(r"(?<=\d)[₀-₉]+")
_FRACTION = re.compile(r"(\d{0,9})[^\S\n]?([¼-¾⅐-⅞↉])")
_WRITTEN_FRACTION = re.compile(r"(?<![\w./,⁄-])(?:(\d{1,9})[^\S\n])?([1-7])[/⁄]([2348])(?![\w/⁄%]|[.,-]\w)")
_MARKS = dict.fromkeys(map(ord, "™℠"), " ") | {
    # NFKC makes a figure of a circled one, but leaves a white one on black.
    **{ord("①") + at: f" {chr(ord('❶') + at)} " for at in range(10)},
    **{ord("⑪") + at: f" {chr(ord('⓫') + at)} " for at in range(10)},
}


def fold_forms(text: str) -> str:
    """Returns the text in NFKC, except that a figure never becomes part of another or another's value.

    A raised figure after a number is a power (``10³`` is ``10^3``), after a letter a figure (``m²`` is ``m2``). A
    fraction is its value (``2½`` and ``2 1/2`` are ``2.5``). Circled figures become words of their own.
    """
    if "/" in text or "⁄" in text:
        text = _WRITTEN_FRACTION.sub(_written_value, text)
    if text.isascii():
        return text
    text = _RAISED.sub(lambda match: f"^{match[0].replace('⁻', '-').replace('⁺', '')}", text.translate(_MARKS))
    text = _FRACTION.sub(lambda match: _value(match[1], unicodedata.numeric(match[2])), text)
    return unicodedata.normalize("NFKC", _LOWERED.sub(r"_\g<0>", text))


def _written_value(match: re.Match[str]) -> str:
    top, bottom = int(match[2]), int(match[3])
    return _value(match[1], top / bottom) if top < bottom else match[0]


def _value(whole: str | None, part: float) -> str:
    return f"{int(whole or 0) + part:.3f}".rstrip("0").rstrip(".")


def encodable(text: str) -> str:
    """Returns ``text`` with each half of a surrogate pair, which JSON allows and UTF-8 does not, replaced by ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
