"""Ways to reach a person: e-mail and IP addresses, telephone numbers, web addresses that name a user. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from rag.guard.personal.checksums import is_public_ip
from rag.guard.personal.finding import Finding, Rule
from rag.settings.protection.personal_data import PersonalKind
from rag.types import Span

_EMAIL = re.compile(r"(?<![\w.+%-])\w[\w.+%'-]{0,63}+@(?:[\w-]{1,63}+\.){1,6}[^\W\d_]{2,24}(?!\w)")
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.-])[\w.-]{1,64}+ ?[(\[{] ?(?:at|ät) ?[)\]}] ?[\w-]{1,63}+"
    r"(?:(?: ?[(\[{] ?(?:dot|punkt|point) ?[)\]}] ?|\.)[\w-]{1,63}+){1,4}",
    re.IGNORECASE,
)
_URL = re.compile(r"(?<![\w.+-])[A-Za-z][A-Za-z0-9+-]{1,15}://[^\s<>\"'`|]{1,1500}[^\s<>\"'`|.,;:!?)\]}]")
_USER_KEYS = frozenset(
    "access_token account api_key apikey auth birthdate dob email e-mail first_name firstname fname full_name fullname "
    "last_name lastname lname mail member name password passwd phone pwd session session_id sessionid sid ssn surname "
    "tel token uid user user_id userid username usr".split()
)
_USER_FOLDERS = frozenset("in member members people person profile profiles u user users".split())
_IPV4 = re.compile(r"(?<![\w.:/@-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:./@\[-])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.-])")

_INTERNATIONAL = re.compile(
    r"(?<![\w+.])(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(0?\d{0,4}\)[ ./-]?)?\d(?:[ ./-]?(?:\(\d{1,4}\))?\d){5,13}(?!\d)"
    r"(?: ?(?:x|ext\.?) ?\d{1,6}\b)?"
)
_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4}(?: ?(?:x|ext\.?) ?\d{1,6}\b)?(?![\w-])"
)
_TRUNK = re.compile(r"(?<![\w./-])(?<!\d,)(?:\(0\d{1,5}\)|0\d{1,5})(?:[ /-]{1,3}\d{2,8}){1,5}(?![\w/]|[.,]\d)")
_CHINESE_MOBILE = re.compile(r"(?<![\w-])1[3-9]\d{9}(?![\w-])")
_ANY_PHONE = re.compile(r"(?<![\w.])(?<!\d,)[(+]{0,2}\d(?:[ ./()-]{0,2}\d){5,16}(?: ?(?:x|ext\.?) ?\d{1,6}\b)?(?!\w)")
_PHONE_LINE = re.compile(
    r"^[ \t>]{0,4}(?P<it>\+?(?:\(\d{1,5}\)|\d{1,5})[ -]\d{1,5}(?:[ -]\d{1,5}){0,4})[ \t]{0,4}$", re.MULTILINE
)
_PHONE_WORDS = re.compile(
    r"(?:phone|(?<!card )(?<!id )(?<!account )\bnumber|\btel\b|\bcall|mobile|\bcell|\bfax|\bdial|reach|contact|answer|"
    r"whatsapp|\btext(?:ed)? |\bsms\b|\bph\b|\bring\b|hotline|telefon|telefoon|téléphone|teléfono|telefono|handy|mobil|"
    r"portable|móvil|celular|rufnummer|appel|llam|电话|手机|传真|联系)[^\n\d]{0,30}\Z",
    re.IGNORECASE,
)
_PHONE_WORD_BEHIND = re.compile(
    r"[ ,-]{0,2}\(?(?:office|fax|home|mobile|cell|work|tel|direct|büro|handy)\b", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_DIGITS = range(7, 16)
_TRUNK_DIGITS = range(9, 13)


def _has_user_data(url: str) -> bool:
    """Returns whether an address names a user: in its authority, in a parameter or in a folder of users."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    keys = (key.lower() for key, value in parse_qsl(parts.query) if value)
    folders = [folder for folder in parts.path.split("/") if folder]
    named = any(folder.lower() in _USER_FOLDERS for folder in folders[:-1])
    return bool(
        parts.username or named or any(folder.startswith("~") for folder in folders) or not _USER_KEYS.isdisjoint(keys)
    )


def _is_long_ip(text: str) -> bool:
    """Tells an address from the number of a section, such as 3.2.1.4."""
    return is_public_ip(text) and any(len(part) > 1 for part in text.split("."))


def _is_phone(text: str) -> bool:
    return _count(text) in _DIGITS and _DATE.fullmatch(text) is None


def _is_trunk(text: str) -> bool:
    return _count(text) in _TRUNK_DIGITS and _DATE.fullmatch(text) is None


def _count(text: str) -> int:
    number = re.split(r"x|ext", text, maxsplit=1)[0]
    return sum(sign.isdecimal() for sign in number)


def find_phones_named_behind(text: str) -> Iterator[Finding]:
    """Yields numbers behind which stands what they are: ``(030) 12 34 56 (mobile)``."""
    for match in _ANY_PHONE.finditer(text):
        if _is_phone(match.group()) and _PHONE_WORD_BEHIND.match(text, match.end()):
            yield Finding(kind=PersonalKind.PHONE, span=Span(start=match.start(), end=match.end()))


RULES = (
    Rule(kind=PersonalKind.EMAIL, pattern=_EMAIL),
    Rule(kind=PersonalKind.EMAIL, pattern=_SPOKEN_EMAIL),
    Rule(kind=PersonalKind.URL, pattern=_URL, holds=_has_user_data),
    Rule(kind=PersonalKind.IP_ADDRESS, pattern=_IPV4, holds=_is_long_ip),
    Rule(kind=PersonalKind.IP_ADDRESS, pattern=_IPV6, holds=is_public_ip),
    Rule(kind=PersonalKind.PHONE, pattern=_INTERNATIONAL, holds=_is_phone),
    Rule(kind=PersonalKind.PHONE, pattern=_AMERICAN, holds=_is_phone),
    Rule(kind=PersonalKind.PHONE, pattern=_TRUNK, holds=_is_trunk),
    Rule(kind=PersonalKind.PHONE, pattern=_CHINESE_MOBILE),
    Rule(kind=PersonalKind.PHONE, pattern=_PHONE_LINE, holds=_is_phone),
    Rule(kind=PersonalKind.PHONE, pattern=_ANY_PHONE, holds=_is_phone, context=_PHONE_WORDS),
)
