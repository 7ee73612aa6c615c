"""Check digits of numbers that are given to people. Each function takes a number as it is written. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import date

_NOT_A_SIGN = re.compile(r"[^0-9A-Za-z]")
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
_CARD_LENGTHS = range(12, 20)
_CARD_BEGINNINGS = ("2", "30", "36", "38", "39", "34", "35", "37", "4", "5", "6", "1800")
_SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_VERHOEFF_TABLE = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_ORDER = "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258".split()
_YEARS = range(1875, 2100)


def signs(text: str) -> str:
    """Returns its Latin letters, in upper case, and its digits, of whatever script, as those of ASCII."""
    if not text.isascii():
        text = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)
    return _NOT_A_SIGN.sub("", text).upper()


def is_card(text: str) -> bool:
    """Luhn's check, ISO/IEC 7812, over a number with a length and a beginning that card issuers use."""
    number = signs(text)
    return (
        len(number) in _CARD_LENGTHS and number.startswith(_CARD_BEGINNINGS) and len(set(number)) > 1 and luhn(number)
    )


def luhn(number: str) -> bool:
    """Luhn's check of a number of digits."""
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - two digits' sum


def iban_length(beginning: str) -> int:
    """Returns the length of an IBAN that begins so; 0 if no country's does."""
    return _IBAN_LENGTHS.get(beginning[:2].upper(), 0)


def is_iban(text: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97."""
    number = signs(text)
    if _IBAN_LENGTHS.get(number[:2]) != len(number):
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def is_us_ssn(text: str) -> bool:
    """A number that the Social Security Administration may have given out."""
    number = signs(text)
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"


def is_public_ip(text: str) -> bool:
    """An address that may be someone's: not this machine's own, and none that stands for a group or for nothing."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_multicast or address.is_unspecified or address.is_reserved)


def is_german_tax_id(text: str) -> bool:
    """ISO 7064 modulus 11, 10, with one digit two or three times among the first ten."""
    number = signs(text)
    repeats = sorted(number[:10].count(digit) for digit in set(number[:10]))
    if number[0] == "0" or repeats[-1] not in {2, 3}:
        return False
    product = 10
    for digit in number[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def is_spanish_id(text: str) -> bool:
    """DNI and NIE: the letter is that of the number modulo 23."""
    number = signs(text)
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH_LETTERS[int(digits) % 23] == number[-1]


def is_french_nir(text: str) -> bool:
    """Numéro de sécurité sociale: key = 97 - number modulo 97; Corsica's departments count as 19 and 18."""
    number = signs(text).replace("2A", "19", 1).replace("2B", "18", 1)
    return number.isdecimal() and 97 - int(number[:13]) % 97 == int(number[13:])


def is_italian_code(text: str) -> bool:
    """Codice fiscale: the last letter is the sum of the weights of those before, modulo 26."""
    code = signs(text)
    values = [int(sign) if sign.isdecimal() else ord(sign) - 65 for sign in code]
    total = sum(value if at % 2 else _ITALIAN_ODD[value] for at, value in enumerate(values[:15]))
    return total % 26 == values[15]


def is_polish_pesel(text: str) -> bool:
    """PESEL: weights 1, 3, 7, 9, and a date of birth whose century is in the month."""
    number = signs(text)
    month = int(number[2:4])
    century = (1900, 2000, 2100, 2200, 1800)[month // 20]
    return _weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 and _is_date(
        century + int(number[:2]), month % 20, int(number[4:6])
    )


def is_brazilian_cpf(text: str) -> bool:
    """CPF: two check digits modulo 11."""
    number = signs(text)
    first = _weighted(number[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(number[:10], range(11, 1, -1)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}" and len(set(number)) > 1


def is_chinese_id(text: str) -> bool:
    """Resident identity card, GB 11643: ISO 7064 modulus 11, 2, and a date of birth."""
    number = signs(text)
    total = _weighted(number[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return "10X98765432"[total % 11] == number[17] and _is_date(
        int(number[6:10]), int(number[10:12]), int(number[12:14])
    )


def is_swedish_number(text: str) -> bool:
    """Personnummer: Luhn's check over its last ten digits, and a date of birth."""
    number = signs(text)[-10:]
    return luhn(number) and _is_date(2000 + int(number[:2]), int(number[2:4]), int(number[4:6]) % 60)


def is_finnish_code(text: str) -> bool:
    """Henkilötunnus: its last sign is that of the number modulo 31."""
    code = signs(text)
    digits = code[:6] + code[-4:-1]
    return _FINNISH_SIGNS[int(digits) % 31] == code[-1] and _is_date(
        2000 + int(digits[4:6]), int(digits[2:4]), int(digits[:2])
    )


def is_dutch_bsn(text: str) -> bool:
    """Burgerservicenummer: weights 9 to 2 and -1, modulo 11."""
    return _weighted(signs(text), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def is_nhs_number(text: str) -> bool:
    """NHS number: weights 10 to 2, modulo 11."""
    number = signs(text)
    return (11 - _weighted(number[:9], range(10, 1, -1)) % 11) % 11 == int(number[9])


def is_aadhaar(text: str) -> bool:
    """Aadhaar: Verhoeff's check."""
    check = 0
    for at, digit in enumerate(reversed(signs(text))):
        check = int(_VERHOEFF_TABLE[check][int(_VERHOEFF_ORDER[at % 8][int(digit)])])
    return check == 0


def is_passport_line(text: str) -> bool:
    """The second line of a passport's machine-readable zone, ICAO 9303: check digits of number and date of birth."""
    return _icao(text[:9]) == text[9] and _icao(text[13:19]) == text[19]


def _icao(field: str) -> str:
    values = [0 if sign == "<" else int(sign, 36) for sign in field]
    return str(sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values)) % 10)


def _weighted(number: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year in _YEARS
    except ValueError:
        return False
