"""Turns characters of symbol fonts into those of Unicode. Pure."""

from __future__ import annotations

import re

_GREEK = dict(zip("abgdezhqiklmnxoprstufcyw", "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
_GREEK |= dict(zip("ABGDEZHQIKLMNXOPRSTUFCYW", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", strict=True))
_SYMBOL = {ord(letter): greek for letter, greek in _GREEK.items()} | {
    0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB0: "°", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xAE: "→",
    0xAC: "←", 0xA5: "∞", 0xD6: "√", 0xE5: "∑", 0xF2: "∫", 0xB2: "″", 0xA2: "′", 0xC6: "∅", 0xCE: "∈", 0xD7: "⋅",
}  # fmt: skip
_WINGDINGS = {
    0xFE: "☑", 0xFD: "☒", 0xA8: "☐", 0x6F: "☐", 0x78: "☒", 0xFC: "✓", 0xFB: "✗", 0xE0: "→", 0xDF: "←", 0xE8: "→",
    0xF0: "⇨", 0x4A: "☺", 0x4C: "☹", 0x28: "☎", 0x2A: "✉", 0x21: "✏", 0x46: "☞",
}  # fmt: skip
_WINGDINGS_2 = {0x50: "✓", 0x4F: "✗", 0x52: "☑", 0x51: "☒", 0xA3: "☐", 0x53: "☒", 0x54: "☒"}
_PRIVATE_USE = 0xF000
_SYMBOL_FIELD = re.compile(r'SYMBOL (?P<number>\d{1,5})(?: ?\\f ?"(?P<font>[^"]{0,99})")?', re.IGNORECASE)
_FRACTION_FIELD = re.compile(r"EQ ?\\f ?\(([^(),;\\]{1,99})[,;]([^(),;\\]{1,99})\)", re.IGNORECASE)
_OVERSTRIKE_FIELD = re.compile(r"EQ ?\\o(?: ?\\a[lcr])? ?\([^(),;\\]{1,9}[,;]([^(),;\\]{1,99})\)", re.IGNORECASE)


def symbol(code: str, font: str) -> str:
    """Returns the character with a hexadecimal code in a font; empty where Unicode knows none that says the same."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    index = number - _PRIVATE_USE if _PRIVATE_USE <= number <= _PRIVATE_USE + 0xFF else number
    name = font.casefold()
    if name == "symbol":
        return _SYMBOL.get(index, chr(index) if 0x20 <= index < 0x41 else "")  # noqa: PLR2004 - digits and signs
    if name == "wingdings 2":
        return _WINGDINGS_2.get(index, "")
    if name.startswith(("wingdings", "webdings")):
        return _WINGDINGS.get(index, "") if name == "wingdings" else ""
    return chr(number) if number < 0xD800 or 0xFFFF < number < 0x110000 else ""  # noqa: PLR2004 - not private use


def drawn_by_field(code: str) -> str:
    """Returns what a field without a result draws: a symbol, a fraction, a letter in a circle; empty for others."""
    code = " ".join(code.split())
    if (found := _SYMBOL_FIELD.match(code)) is not None:
        return symbol(f"{int(found['number']):x}", found["font"] or "Symbol")
    if (fraction := _FRACTION_FIELD.fullmatch(code)) is not None:
        return f"{fraction[1].strip()}/{fraction[2].strip()}"
    return overstrike[1].strip() if (overstrike := _OVERSTRIKE_FIELD.fullmatch(code)) is not None else ""


def shown(text: str) -> str:
    """Returns text with the characters of symbol fonts, which stand in Unicode's private area, as Unicode has them."""
    if not any("\uf020" <= character <= "\uf0ff" for character in text):
        return text
    return "".join(
        _SYMBOL.get(ord(character) - _PRIVATE_USE, "") if "\uf020" <= character <= "\uf0ff" else character
        for character in text
    )
