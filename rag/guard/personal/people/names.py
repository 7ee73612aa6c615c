"""Names of people: by lists of given and family names, by their shape, and by the words around them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.guard.personal.finding import Finding
from rag.guard.personal.people import contexts
from rag.guard.personal.people.contexts import Places
from rag.guard.personal.people.name_lists import NameLists, name_lists
from rag.guard.personal.people.words import LISTED, Sign, Token, runs
from rag.settings.protection.personal_data import PersonalKind
from rag.types import Span

_FAMILY_ENDING = re.compile(
    r"\w{2,20}(?:ov|ova|ovic|evic|evich|ovich|(?<!le)sson|dottir|enko|wski|wska|czyk|escu|shvili|nen|adze|yev|yeva|yan)\Z"
)
_PAIR_ENDING = re.compile(
    r"\w{2,20}(?:sen|(?<!le)(?<!ma)(?<!rea)son|berg|mann|quist|strom|lund|gaard|dahl|ic|sky|ski|dze|akis|opoulos|oglu)\Z"
)
_CHINESE = re.compile(
    r"(?:姓名|联系人|经办人|负责人|申请人|患者|签字|法定代表人|收件人)[::\s]{0,3}(?P<named>[\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])"
    r"|(?P<titled>[\u4e00-\u9fff]{1,4})(?=先生|女士|小姐|经理|总监|老师|医生|教授|博士|律师|主任)"
)
_WORDS_IN_SMALL_LETTERS = frozenset(
    "ally bill chip drew gene heath kelvin luna miles newton pat rob skip sue wade".split()
)
_SHORT = 3
_MOST_ALONE = 5


def find_names(text: str) -> Iterator[Finding]:
    """Yields the names of people, in any order. A text without any capital is read as if each word had one."""
    lists = name_lists()
    yield from _chinese_names(text, lists)
    cased = text if any(map(str.isupper, text)) else text.title()
    if len(cased) != len(text):
        return
    firms = contexts.firms(cased)
    places = Places.of(cased)
    found: list[tuple[int, int]] = []
    family: Counter[str] = Counter()
    others: list[Token] = []
    for run in runs(cased, places.own, is_cased=cased is text):
        place = _person(cased, run, places) if cased is text else _person_without_capitals(run, places)
        if place is None or (" " not in cased[slice(*place)] and any(start <= place[0] < end for start, end in firms)):
            others += run
        else:
            found.append(place)
            if Sign.ALONE in run[0].sign and run[-1].sign in {Sign.FAMILY, Sign.NONE} and len(run[-1].folded) > _SHORT:
                family[run[-1].folded] += 1
    found += _alone_again(others, family)
    for start, end in found:
        yield Finding(kind=PersonalKind.PERSON, span=Span(start=start, end=end))


def _alone_again(others: Sequence[Token], family: Counter[str]) -> list[tuple[int, int]]:
    """Returns where family names of people stand alone; a word that mostly stands alone is more than their name."""
    alone = Counter(each.folded for each in others if each.folded in family)
    rare = {word for word, count in alone.items() if count <= _MOST_ALONE * family[word]}
    return [(each.start, each.end) for each in others if each.folded in rare]


def _chinese_names(text: str, lists: NameLists) -> Iterator[Finding]:
    if text.isascii():
        return
    for match in _CHINESE.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        if match.lastgroup == "titled":
            start = next((at for at in range(max(start, end - 3), end) if text[at] in lists.chinese_family), end)
        if start < end:
            yield Finding(kind=PersonalKind.PERSON, span=Span(start=start, end=end))


def _person(text: str, run: Sequence[Token], places: Places) -> tuple[int, int] | None:
    """Returns the place of the name in a run, None if it holds none."""
    labelled = _labelled(run, places)
    if labelled is not None:
        return _place(labelled)
    if _is_line_of_two(text, run):
        return _place(run)
    if any(Sign.BUSINESS in each.sign for each in run[1:]) or contexts.is_numbered(text, run[-1].end):
        return None
    for at in range(len(run) - 1):
        name = _up_to_word(run[at:])
        if _is_full_name(name) or _is_likely_name(name):
            return _place(name)
    start, end = _place(run)
    if len(run) > 1 and all(each.is_name for each in run):
        return (start, end) if start in places.introduced or contexts.acts(text, end) else None
    while len(run) > 1 and Sign.WORD in run[0].sign:
        run = run[1:]
    return _place(run) if len(run) == 1 and _is_single_name(text, run[0], places) else None


def _person_without_capitals(run: Sequence[Token], places: Places) -> tuple[int, int] | None:
    """Returns the place of a name by label or lists among words that were given their capitals here."""
    labelled = _labelled(run, places)
    if labelled is not None:
        return _place(labelled)
    names = (_up_to_word(run[at:]) for at in range(len(run) - 1))
    alone = ([each] for each in run if Sign.ALONE in each.sign and each.folded not in _WORDS_IN_SMALL_LETTERS)
    return next(
        (_place(name) for name in (*filter(_is_full_name, names), *alone) if len(name[0].folded) > _SHORT), None
    )


def _place(run: Sequence[Token]) -> tuple[int, int]:
    return run[0].start, run[-1].end


def _labelled(run: Sequence[Token], places: Places) -> Sequence[Token] | None:
    """Returns the words behind a title or a label, as far as they may be a name; None without one."""
    for at, each in enumerate(run):
        if each.start in places.titled or each.start in places.named:
            if Sign.WORD in each.sign and not each.sign & LISTED:
                return None
            behind = run[at + 1 :]
            stop = next(
                (word for word, one in enumerate(behind) if one.sign & (Sign.BUSINESS | Sign.WORD)), len(behind)
            )
            return run[at : at + 1 + stop]
    return None


def _is_line_of_two(text: str, run: Sequence[Token]) -> bool:
    """Returns whether two words are a line, and one of them is on a list, as above an address."""
    if len(run) != 2 or not contexts.is_line(text, run[0].start, run[1].end):  # noqa: PLR2004
        return False
    first, last = run
    is_firm = any(Sign.BUSINESS in each.sign and Sign.FAMILY not in each.sign for each in run)
    return first.is_name and bool((first.sign | last.sign) & LISTED) and not is_firm


def _up_to_word(run: Sequence[Token]) -> Sequence[Token]:
    """Returns a run up to a word that is no name."""
    ends = (at for at, each in enumerate(run) if each.sign is Sign.WORD or Sign.BUSINESS in each.sign)
    return run[: next(ends, len(run))]


def _parts(run: Sequence[Token]) -> list[Token]:
    return [each for each in run if not each.sign & (Sign.INITIAL | Sign.PARTICLE)]


def _is_full_name(run: Sequence[Token]) -> bool:
    """Returns whether words are a given and a family name by the lists, whatever their capitals."""
    parts = _parts(run)
    if len(parts) < 2 or parts[0] is not run[0]:  # noqa: PLR2004 - a full name has two
        return False
    first, last = parts[0].sign, parts[-1].sign
    is_family = Sign.FAMILY in last or _FAMILY_ENDING.match(parts[-1].folded) is not None
    is_given = Sign.ALONE in first or (Sign.GIVEN in first and Sign.WORD not in last)
    return is_given and is_family


def _is_likely_name(run: Sequence[Token]) -> bool:
    """Returns whether words with capitals are a name though one of them is on no list, or is an initial."""
    parts = _parts(run)
    has_initial = any(Sign.INITIAL in each.sign for each in run[:-1])
    if len(parts) == 1 and has_initial:
        return bool(parts[0].sign & (Sign.ALONE | Sign.FAMILY)) and Sign.PLACE not in parts[0].sign
    if len(parts) < 2 or (parts[0] is not run[0] and not has_initial):  # noqa: PLR2004
        return False
    first, last = parts[0], parts[-1]
    no_word = not last.sign & (Sign.WORD | Sign.PLACE)
    is_family = Sign.FAMILY in last.sign or _FAMILY_ENDING.match(last.folded) is not None
    return (
        (Sign.ALONE in first.sign and last.is_name)
        or (Sign.FAMILY in first.sign and Sign.ALONE in last.sign and not first.sign & (Sign.WORD | Sign.PLACE))
        or (first.sign is Sign.NONE and is_family and no_word)
        or (first.is_name and last.sign is Sign.NONE and _PAIR_ENDING.match(last.folded) is not None)
        or (has_initial and first.is_name and last.is_name)
    )


def _is_single_name(text: str, name: Token, places: Places) -> bool:
    """Returns whether a word is a given name that stands alone, or a name by the words around it."""
    introduced = name.start in places.introduced
    if name.sign & (Sign.PLACE | Sign.BUSINESS) or (name.is_upper and not introduced):
        return False
    if name.sign & LISTED:
        acts = Sign.WORD not in name.sign and "-" not in name.folded and contexts.acts(text, name.end)
        spoken = name.sign & (Sign.GIVEN | Sign.WORD) == Sign.GIVEN and contexts.begins_dialogue(
            text, name.start, name.end
        )
        is_inside = name.sign is Sign.FAMILY and not contexts.begins_sentence(text, name.start)
        return Sign.ALONE in name.sign or introduced or acts or spoken or is_inside
    is_family = _FAMILY_ENDING.match(name.folded) is not None
    return name.sign is Sign.NONE and (is_family or contexts.lives(text, name.end))
