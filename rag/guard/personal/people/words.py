"""Words of a text as parts of names: what lists say of each, and which follow each other. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from functools import lru_cache

from rag.guard.personal.people.name_lists import NameLists, fold, name_lists

_PARTICLES = frozenset("al bin da das de del den der di dos du el la le of ter van vom von zu zum zur".split())
_ANY_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+){0,4}")
_CAPITAL_OR_PARTICLE = re.compile(
    r"(?<![^\W\d_])(?<!-)(?:[^\W\d_a-z][^\W\d_]*+(?:['’-][^\W\d_]+){0,4}|"
    rf"(?:{'|'.join(sorted(_PARTICLES))})(?![^\W\d_]))"
)
_POSSESSIVE = re.compile(r"['’]s?\Z", re.IGNORECASE)
_CAMEL = re.compile(r"(?!Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|[OD]['’])\w{0,20}[a-z][A-Z]")
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
_LONGEST_RUN = 6
_MOST_KNOWN = 20_000


class Sign(Flag):
    """What is known of a word; ``ALONE``: a given name that is hardly ever anything else."""

    NONE = 0
    GIVEN = auto()
    ALONE = auto()
    FAMILY = auto()
    WORD = auto()
    PLACE = auto()
    INITIAL = auto()
    PARTICLE = auto()
    BUSINESS = auto()


LISTED = Sign.GIVEN | Sign.FAMILY
_NO_NAME = Sign.WORD | Sign.INITIAL | Sign.PARTICLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word with its place; ``is_upper``: all of its letters are capitals."""

    start: int
    end: int
    folded: str
    sign: Sign
    is_upper: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it is on a list of names, or on no list at all."""
        return bool(self.sign & LISTED) or self.sign is Sign.NONE


def runs(text: str, labelled: Container[int], *, is_cased: bool) -> Iterator[list[Token]]:
    """Yields words with a capital that follow each other, with particles and initials between them.

    A word without a capital, which may be a name, counts at a place that is labelled. Where capitals say nothing,
    words that are no names end a run.
    """
    run: list[Token] = []
    # Most words have no capital; to find the others alone takes half the time.
    for match in (_ANY_WORD if labelled else _CAPITAL_OR_PARTICLE).finditer(text):
        word, start = match.group(), match.start()
        follows = bool(run) and len(run) < _LONGEST_RUN and _joins(text, run[-1], start)
        if not (word[0].isupper() or follows or start in labelled):
            if run:
                yield _trimmed(run)
            run = []
            continue
        token = _token(word, start)
        if token.sign is Sign.WORD and not is_cased:
            if run:
                yield _trimmed(run)
            run = []
            continue
        is_part = word[0].isupper() or (not token.sign & _NO_NAME and start in labelled)
        if follows and (is_part or Sign.PARTICLE in token.sign):
            run.append(token)
            continue
        if run:
            yield _trimmed(run)
        run = [token] if is_part and Sign.PARTICLE not in token.sign else []
    if run:
        yield _trimmed(run)


def _joins(text: str, before: Token, start: int) -> bool:
    gap = text[before.end : start]
    return gap == " " or (Sign.INITIAL in before.sign and gap in {". ", "."})


def _trimmed(run: list[Token]) -> list[Token]:
    while run[-1].sign is Sign.PARTICLE:
        run.pop()
    return run


def _token(word: str, start: int) -> Token:
    length, folded, sign = _known(word)
    return Token(start=start, end=start + length, folded=folded, sign=sign, is_upper=word.isupper())


@lru_cache(maxsize=_MOST_KNOWN)
def _known(word: str) -> tuple[int, str, Sign]:
    """Returns the length of a word without its possessive ending, the word folded, and what is known of it."""
    bare = _POSSESSIVE.sub("", word)
    folded = fold(bare)
    if folded in _PARTICLES:
        sign = Sign.PARTICLE
    elif len(bare) == 1:
        sign = Sign.INITIAL
    elif _CAMEL.match(bare):
        sign = Sign.BUSINESS
    else:
        sign = _listed(folded, name_lists())
    return len(bare), folded, sign


def _listed(folded: str, lists: NameLists) -> Sign:
    """Returns what the lists say of a word; one with hyphens is a given name if all of its parts are."""
    parts = [folded] if folded in lists.given else folded.split("-")
    known = (
        (Sign.GIVEN, all(part in lists.given for part in parts)),
        (Sign.ALONE, all(part in lists.alone for part in parts)),
        (Sign.FAMILY, any(part in lists.family for part in (folded, *parts))),
        (Sign.WORD, any(part in lists.words for part in (folded, *parts))),
        (Sign.PLACE, folded in lists.places),
        (Sign.BUSINESS, folded in _BUSINESS),
    )
    sign = Sign.NONE
    for each, holds in known:
        sign |= each if holds else Sign.NONE
    return sign
