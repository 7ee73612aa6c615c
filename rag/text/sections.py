"""Finds sections that a question names by their number, such as ``clause 2``, ``§ 5`` or ``第三条``. Pure."""

from __future__ import annotations

import re

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


def _chinese(number: str) -> str:
    if number.isdecimal():
        return number
    tens, ten, ones = number.rpartition("十")
    value = (_DIGITS.find(tens) + 1 or 1) * 10 if ten else 0
    return str(value + (_DIGITS.find(ones) + 1 if ones else 0))
