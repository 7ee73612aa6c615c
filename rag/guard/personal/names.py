"""Names of people: by lists of given and family names, by their shape, and by the words around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Flag, auto

from rag.guard.personal.finding import Finding
from rag.guard.personal.name_lists import NameLists, fold, name_lists
from rag.settings.personal_data import PersonalKind
from rag.types import Span

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+){0,4}")
_POSSESSIVE = re.compile(r"['’]s?\Z", re.IGNORECASE)
_CAMEL = re.compile(r"(?!Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|[OD]['’])\w{0,20}[a-z][A-Z]")
_PARTICLES = frozenset("al bin da das de del den der di dos du el la le of ter van vom von zu zum zur".split())
_ORGANISATION = frozenset(
    "ab ag airport airlines analytics association award bank bros bv capital church college co committee company corp "
    "corporation council department district energy foundation fund global gmbh group holdings hospital hotel inc "
    "institute insurance investments kg limited llc llp ltd ministry museum oy partners party plc prize sa sarl school "
    "se society solutions spa sro stadium station systems technologies technology trust universität university".split()
)
_STREETS = frozenset(
    "allee alley ave avenue blvd boulevard bridge close county court crescent drive gardens highway hill island lake "
    "lane mountain mountains park parkway place plaza platz river road rd square st straße street terrace valley way "
    "weg".split()
)
_BUSINESS = _ORGANISATION | _STREETS
_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Madam|Lady|Lord|Herrn?|Frau|Hr|Fr|Monsieur|Madame|Mme|Mlle|"
    r"Señora?|Sra?|Don|Doña|Sig|Signora?|Dhr|Mevr|Pan|Pani|Judge|Senator|Captain|Sgt|Lt|Dipl\.-Ing|Ing)"
    r"\.?(?: (?:Dr|Prof)\.?)? \Z"
)
_STRONG = re.compile(
    r"(?:(?<!file )(?<!host )(?<!user )(?<!model )(?<!brand )(?<!company )(?<!product )(?<!domain )\bname(?: is| was|,? ?:)|"
    r"\bname['’]s|\bnames? on the account\?(?: user:)?|\bcalls? me|"
    r"\bich hei(?:ß|ss)e|\bje m['’]appelle|\bme llamo|\bmi chiamo|\bnom ?:|\bnombre ?:|\bnome ?:|\bnaam ?:|"
    r"\bsigned(?: by)?:?|\battn\.?:?|\bc/o|\bansprechpartner(?:in)?:?|\bsachbearbeiter(?:in)?:?|"
    r"\bregards,?|\bbest wishes,?|\bgrüßen,?|\bgruß,?|\bcordialement,?|\bsaludos,?)\s{1,4}\Z",
    re.IGNORECASE,
)
_OWN_NAME = re.compile(
    r"\b(?:my|his|her|your|their|maiden|first|last|full|family|given|sur) ?name(?: is|['’]s| was|:)\s{1,4}\Z",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|hallo|liebe|lieber|bonjour|hola|this is|i['’]m|i am|under|with|spouse|partner|husband|"
    r"wife|brother|sister|son|daughter|friend|colleague|starring|assistant|ex-\w{2,12}|by|thanks|novel by),?|"
    r"\b(?:contact|from|to|cc|by|author|manager|owner|user|customer|patient|employee|tenant)s? ?:|"
    r"\b(?:shouted|yelled|spoke|speak|talk|talked|listen|married|belongs|follow up|return|give|send) (?:at|to|with))"
    r"\s{1,4}\Z",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"['’]s? |, (?:can|could|please|would|will|you|are|do|who)\b| (?:said|says|wrote|writes|asked|asks|shouted|replied|"
    r"spoke|told|signed|joined|lives|lived|works|worked|who|has|had|was|is|will|spent|began|thinks|thought|and [A-Z])\b"
)
_SAYS = re.compile(r" (?:said|says|asked|asks|shouted|replied|yelled|whispered|told)\b")
_DIALOGUE = re.compile(r": ?[\"“„A-Z]")
_NUMBER_BEHIND = re.compile(r" \d{1,4}(?![\d ./-]{0,3}\d)")
_FAMILY_ENDING = re.compile(
    r"\w{2,20}(?:ov|ova|ovic|evic|evich|ovich|(?<!le)sson|dottir|enko|wski|wska|czyk|escu|shvili|nen|adze|yev|yeva|yan)\Z"
)
_PAIR_ENDING = re.compile(
    r"\w{2,20}(?:sen|(?<!le)(?<!ma)(?<!rea)son|berg|mann|quist|strom|lund|gaard|dahl|ic|sky|ski|dze|akis|opoulos|oglu)\Z"
)
_FIRM = re.compile(r"\b[A-Z][\w’'-]{1,20}, [A-Z][\w’'-]{1,20},? (?:and|&|und|et) [A-Z][\w’'-]{1,20}")
_CHINESE = re.compile(
    r"(?:姓名|联系人|经办人|负责人|申请人|患者|签字|法定代表人|收件人)[::\s]{0,3}(?P<named>[\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])"
    r"|(?P<titled>[\u4e00-\u9fff]{1,4})(?=先生|女士|小姐|经理|总监|老师|医生|教授|博士|律师|主任)"
)
_LOOK_BACK = 60
_SHORT = 3
_LONGEST_RUN = 6


class _Sign(Flag):
    """What is known of a word."""

    NONE = 0
    GIVEN = auto()
    ALONE = auto()
    FAMILY = auto()
    WORD = auto()
    PLACE = auto()
    INITIAL = auto()
    PARTICLE = auto()
    BUSINESS = auto()


_LISTED = _Sign.GIVEN | _Sign.FAMILY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A word with its place; ``is_upper``: all of its letters are capitals."""

    start: int
    end: int
    folded: str
    sign: _Sign
    is_upper: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it is on a list of names, or on no list at all."""
        return bool(self.sign & _LISTED) or self.sign == _Sign.NONE


def find_names(text: str) -> Iterator[Finding]:
    """Yields the names of people, each once, in any order. A text without any capital is read as if it had them."""
    lists = name_lists()
    yield from _chinese_names(text, lists)
    cased = text if any(map(str.isupper, text)) else text.title()
    if len(cased) != len(text):
        return
    firms = [match.span() for match in _FIRM.finditer(cased)]
    found: list[tuple[int, int]] = []
    full: list[list[_Token]] = []
    others: list[_Token] = []
    for run in _runs(cased, lists):
        place = _person(cased, run, is_cased=cased is text)
        if place is None or (len(run) == 1 and any(start <= place[0] < end for start, end in firms)):
            others += run
        else:
            found.append(place)
            if run[0].sign & _Sign.ALONE and run[-1].sign & _Sign.FAMILY:
                full.append(run)
    family = {run[-1].folded for run in full if run[-1].sign & (_Sign.WORD | _Sign.PLACE | _Sign.GIVEN) == _Sign.NONE}
    found += [(each.start, each.end) for each in others if each.folded in family and len(each.folded) > _SHORT]
    for start, end in found:
        yield Finding(kind=PersonalKind.PERSON, span=Span(start=start, end=end))


def _chinese_names(text: str, lists: NameLists) -> Iterator[Finding]:
    if text.isascii():
        return
    for match in _CHINESE.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        if match.lastgroup == "titled":
            start = next((at for at in range(max(start, end - 3), end) if text[at] in lists.chinese_family), end)
        if start < end:
            yield Finding(kind=PersonalKind.PERSON, span=Span(start=start, end=end))


def _runs(text: str, lists: NameLists) -> Iterator[list[_Token]]:
    """Yields words with a capital that follow each other, with particles and initials between them."""
    run: list[_Token] = []
    for match in _WORD.finditer(text):
        token = _token(match.group(), match.start(), lists)
        is_part = _starts_with_capital(match.group()) or _is_labelled(text, token)
        follows = bool(run) and len(run) < _LONGEST_RUN and _joins(text, run[-1], token)
        if follows and (is_part or _Sign.PARTICLE in token.sign):
            run.append(token)
            continue
        if run:
            yield _trimmed(run)
        run = [token] if is_part and _Sign.PARTICLE not in token.sign else []
    if run:
        yield _trimmed(run)


def _starts_with_capital(word: str) -> bool:
    return word[0].isupper()


def _is_labelled(text: str, token: _Token) -> bool:
    """Returns whether a word without a capital stands behind "my name is" and is no other word."""
    return not token.sign & (_Sign.WORD | _Sign.INITIAL | _Sign.PARTICLE) and bool(
        _STRONG.search(text[max(0, token.start - _LOOK_BACK) : token.start])
    )


def _joins(text: str, before: _Token, token: _Token) -> bool:
    gap = text[before.end : token.start]
    return gap == " " or (_Sign.INITIAL in before.sign and gap in {". ", "."})


def _trimmed(run: list[_Token]) -> list[_Token]:
    while run and run[-1].sign is _Sign.PARTICLE:
        run.pop()
    return run


def _token(word: str, start: int, lists: NameLists) -> _Token:
    bare = _POSSESSIVE.sub("", word)
    folded = fold(bare)
    if folded in _PARTICLES:
        sign = _Sign.PARTICLE
    elif len(bare) == 1:
        sign = _Sign.INITIAL
    elif _CAMEL.match(bare):
        sign = _Sign.BUSINESS
    else:
        parts = folded.split("-") if folded not in lists.given else [folded]
        sign = _Sign.GIVEN if all(part in lists.given for part in parts) else _Sign.NONE
        sign |= _Sign.ALONE if all(part in lists.alone for part in parts) else _Sign.NONE
        sign |= _Sign.FAMILY if any(part in lists.family for part in (folded, *parts)) else _Sign.NONE
        sign |= _Sign.WORD if any(part in lists.words for part in (folded, *parts)) else _Sign.NONE
        sign |= _Sign.PLACE if folded in lists.places else _Sign.NONE
        sign |= _Sign.BUSINESS if folded in _BUSINESS else _Sign.NONE
    return _Token(start=start, end=start + len(bare), folded=folded, sign=sign, is_upper=word.isupper())


def _person(text: str, run: Sequence[_Token], *, is_cased: bool) -> tuple[int, int] | None:
    """Returns the place of the name in a run, None if it holds none."""
    if not run:
        return None
    before = text[max(0, run[0].start - _LOOK_BACK) : run[0].start]
    while len(run) > 1 and _TITLE.search(f"{before}{text[run[0].start : run[1].start]}"):
        before, run = f"{before}{text[run[0].start : run[1].start]}", run[1:]
    if _TITLE.search(before):
        return _named(run)
    for at, each in enumerate(run):
        if _STRONG.search(text[max(0, each.start - _LOOK_BACK) : each.start]):
            return _named(run[at:])
    if len(run) == 2 and _is_line(text, run) and run[0].is_name and (run[0].sign | run[1].sign) & _LISTED:  # noqa: PLR2004
        return run[0].start, run[1].end
    if any(_Sign.BUSINESS in each.sign for each in run[1:]) or _NUMBER_BEHIND.match(text, run[-1].end):
        return None
    for at in range(len(run) - 1):
        name = _full_name(run[at:], is_cased=is_cased)
        if name is not None:
            return name
    if len(run) > 1 and is_cased and all(each.is_name for each in run) and _is_spoken_of(text, before, run[-1].end):
        return run[0].start, run[-1].end
    while len(run) > 1 and _Sign.WORD in run[0].sign:
        before, run = before + text[run[0].start : run[1].start], run[1:]
    return _single_name(text, run[0], before) if len(run) == 1 and is_cased else None


def _is_spoken_of(text: str, before: str, end: int) -> bool:
    """Returns whether the words before or behind a place are those around a person."""
    return bool(_WEAK.search(before) or _SPEAKS.match(text, end))


def _is_line(text: str, run: Sequence[_Token]) -> bool:
    """Returns whether a run is all that stands in its line, of several."""
    start, end = run[0].start, run[-1].end
    begins = text[:start].rstrip(" >")[-1:] in {"", "\n"}
    ends = text[end:].lstrip(" ")[:1] in {"", "\n"}
    return (
        begins
        and ends
        and "\n" in text
        and all(_Sign.FAMILY in each.sign for each in run if _Sign.BUSINESS in each.sign)
    )


def _named(run: Sequence[_Token]) -> tuple[int, int] | None:
    """Returns the words behind a title or a label, as far as they may be a name."""
    end = next((at for at, each in enumerate(run) if at and each.sign & (_Sign.BUSINESS | _Sign.WORD)), len(run))
    is_word = _Sign.WORD in run[0].sign and not run[0].sign & _LISTED
    return None if is_word else (run[0].start, run[end - 1].end)


def _full_name(run: Sequence[_Token], *, is_cased: bool) -> tuple[int, int] | None:
    """Returns the name of two or more words with which a run begins."""
    end = next((at for at, each in enumerate(run) if each.sign == _Sign.WORD or _Sign.BUSINESS in each.sign), len(run))
    words = [each for each in run[:end] if not each.sign & (_Sign.INITIAL | _Sign.PARTICLE)]
    has_initial = any(_Sign.INITIAL in each.sign for each in run[: end - 1])
    if not words or end < 2 or words[0] is not run[0] and not (is_cased and has_initial):  # noqa: PLR2004
        return None
    first, last = words[0], words[-1]
    if len(words) == 1:
        is_one = has_initial and bool(first.sign & (_Sign.ALONE | _Sign.FAMILY)) and _Sign.PLACE not in first.sign
        return (run[0].start, run[end - 1].end) if is_one else None
    ends_as_family = _Sign.FAMILY in last.sign or bool(_FAMILY_ENDING.match(last.folded))
    is_one = (
        (_Sign.ALONE in first.sign and ends_as_family)
        or (is_cased and _Sign.ALONE in first.sign and last.is_name)
        or (_Sign.GIVEN in first.sign and ends_as_family and _Sign.WORD not in last.sign)
        or (is_cased and _is_family_first(first, last))
        or (is_cased and first.sign == _Sign.NONE and ends_as_family and not last.sign & (_Sign.WORD | _Sign.PLACE))
        or (is_cased and first.is_name and last.sign == _Sign.NONE and _PAIR_ENDING.match(last.folded) is not None)
        or (has_initial and first.is_name and last.is_name)
    )
    return (run[0].start, run[end - 1].end) if is_one else None


def _is_family_first(first: _Token, last: _Token) -> bool:
    return _Sign.FAMILY in first.sign and _Sign.ALONE in last.sign and not first.sign & (_Sign.WORD | _Sign.PLACE)


def _single_name(text: str, name: _Token, before: str) -> tuple[int, int] | None:
    """Returns a given name that stands alone, or a name where the words around it speak of a person."""
    place = name.start, name.end
    is_listed = bool(name.sign & _LISTED)
    if _Sign.PLACE in name.sign or (name.is_upper and not _WEAK.search(before)) or _Sign.BUSINESS in name.sign:
        return None
    if _Sign.ALONE in name.sign:
        return place
    begins_line = not before or before[-1] in "\n>"
    if _Sign.GIVEN in name.sign and begins_line and _DIALOGUE.match(text, name.end):
        return place
    if is_listed and (_WEAK.search(before) or (_Sign.WORD not in name.sign and _SPEAKS.match(text, name.end))):
        return place
    if name.sign == _Sign.NONE and (_SAYS.match(text, name.end) or _FAMILY_ENDING.match(name.folded)):
        return place
    return None
