"""Tells sections by headings (``clause 2``, ``§ 5``, ``第三条``), releases (``[1.4.0]``), headers of mails. Pure."""

from __future__ import annotations

import re

from rag.text.dates import dates_of

_WORDS = (
    "section sections clause article articles art paragraph para chapter appendix annex item point rule "
    "schedule exhibit abschnitt artikel paragraf absatz kapitel anhang anlage ziffer punkt klausel "
    "article chapitre annexe alinéa sección artículo cláusula capítulo anexo apartado "
    "sezione articolo clausola capitolo allegato seção artigo alínea hoofdstuk artikelen paragraaf bijlage"
)
_WORD = "|".join(sorted(set(_WORDS.split()), reverse=True))
_NUMBER = r"(\d{1,4}(?:\.\d{1,4})*[a-z]?|[IVX]{1,6})"
_NAMED = re.compile(rf"(?:(?<!\w)(?:{_WORD})\b\.?|§§?) ?(?:(?:no|nr)\.? ?)?{_NUMBER}(?![\w])", re.IGNORECASE)
_CHINESE = re.compile(r"第 ?(\d{1,4}|[一二三四五六七八九十]{1,3}) ?[条章节]")
_HEADING = re.compile(rf"(?:(?:(?:{_WORD})\b\.?|§§?) ?)?{_NUMBER}(?:[.):\]]|(?=\s|$|[–—-]))", re.IGNORECASE)
_RELEASE = re.compile(
    r"\W{0,3}(?:v|version |release |versión |versione )?(\d{1,4}(?:\.\d{1,4}){1,3}(?:[-.+]?\w{1,12})?)", re.IGNORECASE
)
MAIL_HEADER = re.compile(r"(?:From|To|Cc|Bcc|Date|Attachments): ")
"""The begin of a header of a mail, as parsing writes it."""
_LETTERS = re.compile(r"[^\W_]")
_DIGITS = "一二三四五六七八九"


def named_sections(question: str) -> frozenset[str]:
    """Returns the numbers of the sections that a question names."""
    found = {match[1].casefold() for match in _NAMED.finditer(question)}
    return frozenset(found | {_chinese(match[1]) for match in _CHINESE.finditer(question)})


def begins_section(line: str, numbers: frozenset[str]) -> bool:
    """Returns whether a heading or line begins a section with one of the numbers."""
    if match := _HEADING.match(line):
        return match[1].casefold() in numbers
    match = _CHINESE.match(line)
    return match is not None and _chinese(match[1]) in numbers


def release_of(heading: str) -> str:
    """Returns the version that a heading names with nothing else but a date; empty for others."""
    match = _RELEASE.match(heading)
    if match is None:
        return ""
    rest = list(heading[match.end() :])
    for (start, end), _ in dates_of(heading):
        rest[max(0, start - match.end()) : max(0, end - match.end())] = " " * (end - max(start, match.end()))
    return "" if _LETTERS.search("".join(rest)) else match[1]


def _chinese(number: str) -> str:
    if number.isdecimal():
        return number
    tens, ten, ones = number.rpartition("十")
    value = (_DIGITS.find(tens) + 1 or 1) * 10 if ten else 0
    return str(value + (_DIGITS.find(ones) + 1 if ones else 0))
