"""Postal addresses: a street with its number, a box or a flat, and the lines of place and country behind it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.guard.personal.finding import Finding
from rag.guard.personal.people.name_lists import fold, name_lists
from rag.settings.protection.personal_data import PersonalKind
from rag.text.dates import A_MONTH
from rag.text.words import STOP_WORDS
from rag.types import Span

_CAP = r"[^\W\d_a-z][\w.'’-]{0,30}"
_WORDS = rf"{_CAP}(?: [^\W\d_][\w.'’-]{{0,30}}){{0,4}}"
_HOUSE = r"\d{1,5}[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?)?"
_STREET = r"[^\W\d_][\w.'’-]{0,30}(?: [^\W\d_][\w.'’-]{0,30}){0,4}"
_ENGLISH = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Crescent|Terrace|Boulevard|Blvd|Way|Place|Pl|"
    r"Square|Sq|Highway|Hwy|Parkway|Pkwy|Circle|Trail|Loop|Grove|Gardens|Hill|Row|Mews|Walk|Alley|Plaza|Parade|Quay)"
)
_NUMBER_FIRST = re.compile(rf"(?<![\w.,])(?:{_HOUSE},? ){{1,2}}(?:{_CAP} ){{1,4}}{_ENGLISH}\b\.?(?: {_HOUSE}\b)?")
_STREET_END = re.compile(
    r"(?:straße|strasse|str\.|gasse|platz|allee|damm|ufer|weg|vej|gade|gata|gatan|vägen|väg|veien|gränd|stræde|katu|kuja|"
    r"tie|kaari|straat|laan|plein|gracht|kade|dreef|utca|körút|ulica|náměstí|trg|puistee|tänav|terrasse|iela)"
    rf" ?{_HOUSE}(?![\w%])",
    re.IGNORECASE,
)
"""Ends of streets whose kind is the end of a word, or a word of its own: "Hauptstraße 5", "Berliner Straße 5"."""
_STREET_BEGINNING = re.compile(r"(?<![\w-])(?:\d{1,5}[A-Za-z]? )?[^\W\d_][\w'’-]{0,30} ?\Z")
_STREET_WORD = re.compile(
    r"(?<!\w)(?:\d{1,5}[A-Za-z]?,? )?"
    r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin|[Rr]oute|[Qq]uai|[Pp]lace|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Cc]alle|"
    r"[Cc]arrer|[Aa]venida|[Pp]aseo|[Pp]laza|[Rr]ua|[Tt]ravessa|[Ll]argo|[Uu]l\.|[Uu]lica|[Aa]l\.|[Oo]s\.|[Ss]tr\.|"
    r"[Bb]d\.|[Aa]v\.|C/)"
    rf"(?: (?:de|du|des|della|dei|di|da|do|dos|la|le|les|l['’]|del|d['’]|las|los))*+(?: ?{_CAP}){{1,4}}"
    rf",? {_HOUSE}(?![\w%])"
)
_FRENCH = re.compile(
    r"(?<![\w.,])\d{1,5}(?: ?(?:bis|ter))?,? (?:\d{1,5} )?(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin|[Rr]oute|[Qq]uai|"
    r"[Pp]lace|[Ii]mpasse|[Aa]llée) (?:(?:de|du|des|la|le|les) |l['’]|d['’]){0,2}"
    rf"(?:[a-zà-ÿ]{{2,16}} )?{_CAP}(?: {_CAP}){{0,3}}(?: {_HOUSE}\b)?"
)
_BOX = re.compile(
    r"(?<!\w)(?:(?:PSC|Unit|CMR) \d{1,5},? Box \d{1,6}|(?:\d{1,6} )?(?:P\. ?O\. ?Box|PO Box|Post(?:fach|bus|boks)|"
    r"Apartado|Boîte postale|BP) \d{1,7})",
    re.IGNORECASE,
)
_FLAT = re.compile(
    r"(?<!\w)(?:Apt|Apartment|Suite|Ste|Flat|Unit|Wohnung|Appartement|Piso)\.? ?#? ?\d{1,5}[A-Za-z]?(?!\w)",
    re.IGNORECASE,
)
_FLAT_FIRST = re.compile(
    rf"(?<!\w)(?:Apt|Suite|Flat|Unit)\.? ?#?\d{{1,5}}[A-Za-z]?,? (?:{_HOUSE} )?{_WORDS} {_HOUSE}(?![\w%])"
)
_BEFORE_FLAT = re.compile(rf"(?<![\w.])(?:{_HOUSE},? ){{0,2}}{_STREET}(?: {_HOUSE}\.?)?[,\n]{{0,2}}[ >]{{0,3}}\Z")
_BETWEEN_NUMBERS = re.compile(rf"(?<![\w.,])(?:{_HOUSE} ){{1,2}}{_WORDS} {_HOUSE}(?![\w%])\.?")
_SHIP = re.compile(r"(?<!\w)(?:USS|USNS|USNV|USCGC) [A-Z]\w{1,20}(?=\n[FAD]PO )")
_CHINESE = re.compile(
    r"[\u4e00-\u9fff]{2,12}(?:省|市|区|县|镇)[\u4e00-\u9fff]{1,16}(?:路|街|道|巷|弄)[\u4e00-\u9fff]{0,2}\d{1,5}号(?:[\w-]{0,12}[室楼层])?"
)
_NAMED = re.compile(
    r"(?i:\baddress[^\n.]{0,40}?(?: is|:| to)|\b(?:live|lived|lives|living|reside|resides|located|moved|delivered|sent|"
    r"ship(?:ped)?|return|corner|arrived|restaurant is|office is|station is|shop is) (?:in|at|on|to|of)"
    r"(?: \w{2,12} and)?|\bside of|\bwohnhaft(?: in)?|\badresse ?:|\banschrift ?:|\bdirección ?:|\bindirizzo ?:)\s{1,8}"
    rf"(?P<it>(?:{_HOUSE} ){{0,2}}{_WORDS} {_HOUSE})(?![\w%])"
)
_STREETS = (_NUMBER_FIRST, _STREET_WORD, _FRENCH, _BOX, _SHIP, _FLAT_FIRST, _CHINESE)

_SEPARATOR = re.compile(r"(?:[ \t>]{0,3}[,\n][ \t>]{0,4}){1,3}| (?=[A-Z\d])")
_PART = re.compile(r"[^,\n;:.?!()]{1,40}")
_CODE = (
    r"(?:\d{4} ?[A-Z]{2}|(?:[A-Z]{1,3}-)?\d{4,6}(?:-\d{3,4})?|\d{3} \d{2}|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|"
    r"[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\w-])"
)
_POSTAL = re.compile(_CODE)
_PLACE_CODE = re.compile(rf"{_CAP}(?: (?:{_CAP}|\([^()\n]{{1,20}}\))){{0,3}},? (?:[A-Z]{{2}} )?{_CODE}")
_CODE_PLACE = re.compile(rf"{_CODE} {_CAP}(?: {_CAP}){{0,2}}")
_REGION = re.compile(r"[A-Z]{2,3}\Z")
_MILITARY = re.compile(r"(?:APO|FPO|DPO) A[AEP](?: \d{5})?")
_MOST_PARTS = 6
_STREET_BEFORE = 40
_FLAT_BEFORE = 90
_LONGEST_REGION = 3
_LONGEST_PLACE = 4
"""Words of a place's name."""


def find_addresses(text: str) -> Iterator[Finding]:
    """Yields postal addresses, from the street to the last line of the place; they may overlap."""
    cased = text if any(map(str.isupper, text)) else text.title()
    if len(cased) != len(text):
        return
    for start, end in _streets(cased):
        yield Finding(kind=PersonalKind.ADDRESS, span=Span(start=start, end=_end(cased, end)))
    for match in _BETWEEN_NUMBERS.finditer(cased):
        end = _end(cased, match.end())
        is_placed = any(map(str.isalpha, cased[match.end() : end]))
        if is_placed and _may_be_street(match.group()):
            yield Finding(kind=PersonalKind.ADDRESS, span=Span(start=match.start(), end=end))


def _streets(text: str) -> Iterator[tuple[int, int]]:
    """Yields streets, boxes and flats, with their numbers."""
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            if _has_capital(match.group()):
                yield match.span()
    for match in _STREET_END.finditer(text):
        before = text[max(0, match.start() - _STREET_BEFORE) : match.start()]
        name = _STREET_BEGINNING.search(before)
        is_street = name is not None and (match.group()[0].isupper() or not name.group().endswith(" "))
        if name is not None and is_street and name.group().lstrip("0123456789 ")[:1].isupper():
            yield match.start() - len(name.group()), match.end()
    for match in _NAMED.finditer(text):
        if _has_capital(match["it"]) and _may_be_street(match["it"]):
            yield match.span("it")
    for match in _FLAT.finditer(text):
        before = text[max(0, match.start() - _FLAT_BEFORE) : match.start()]
        street = _BEFORE_FLAT.search(before)
        if street is not None and any(sign.isdecimal() for sign in street.group()):
            yield match.start() - len(before) + street.start(), match.end()


def _may_be_street(words: str) -> bool:
    """Tells a street of no known form from dates and other words between numbers."""
    return A_MONTH.search(words) is None and STOP_WORDS.isdisjoint(words.split())


def _has_capital(street: str) -> bool:
    return any(sign.isupper() or sign > "\u2fff" for sign in street)


def _end(text: str, end: int) -> int:
    """Returns where an address ends whose street ends at ``end``: parts that may be a place count up to a sure one."""
    places = name_lists().places
    sure = at = end
    for _ in range(_MOST_PARTS):
        gap = _SEPARATOR.match(text, at)
        if gap is None:
            break
        sure_end = _sure_part(text, gap.end())
        part = _PART.match(text, gap.end())
        if sure_end:
            sure = at = sure_end
            continue
        if part is None or not part.group().strip():
            break
        words = _known_place(part.group().rstrip(), places)
        at = part.start() + len(words)
        if fold(words) in places or (_REGION.match(words) and not gap.group().isspace()):
            sure = at
        elif not _may_be_place(words) or (gap.group() == " " and text[at : at + 1] != "\n"):
            break
    return sure


def _may_be_place(words: str) -> bool:
    return len(words) <= _LONGEST_REGION or (words[0].isupper() and len(words.split()) <= _LONGEST_PLACE)


def _known_place(words: str, places: frozenset[str]) -> str:
    """Returns the beginning of a part that is a known place, or the part as it is: "Norway last night" is Norway."""
    split = words.split(" ")
    beginnings = (" ".join(split[:count]) for count in range(min(3, len(split)), 0, -1))
    return next((each for each in beginnings if fold(each) in places), words)


def _sure_part(text: str, start: int) -> int:
    """Returns the end of a flat, a box or a place with its postal code; 0 if there is none."""
    matches = (pattern.match(text, start) for pattern in (_FLAT, _BOX, _MILITARY, _POSTAL, _PLACE_CODE, _CODE_PLACE))
    return max((match.end() for match in matches if match), default=0)
