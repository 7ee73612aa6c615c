"""The words around a name that tell it from others: titles, labels, speech, lines of their own. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Madam|Lady|Lord|Herrn?|Frau|Hr|Fr|Monsieur|Madame|Mme|Mlle|"
    r"Señora?|Sra?|Don|Doña|Sig|Signora?|Dhr|Mevr|Pan|Pani|Judge|Senator|Captain|Sgt|Lt|Dipl\.-Ing|Ing)"
    r"\.?(?: (?:Dr|Prof)\.?)? "
)
_STRONG = re.compile(
    r"(?:(?<!file )(?<!host )(?<!user )(?<!model )(?<!brand )(?<!company )(?<!product )(?<!domain )"
    r"\bname(?: is| was|,? ?:)|\bname['’]s|\bnames? on the account\?(?: user:)?|\bcalls? me|"
    r"\bich hei(?:ß|ss)e|\bje m['’]appelle|\bme llamo|\bmi chiamo|\bnom ?:|\bnombre ?:|\bnome ?:|\bnaam ?:|"
    r"\bsigned(?: by)?:?|\battn\.?:?|\bc/o|\bansprechpartner(?:in)?:?|\bsachbearbeiter(?:in)?:?|"
    r"\b(?:sincerely|yours(?: truly)?|cheers|best|thanks|thank you|love),?[ \t]{0,2}(?=\n)|\bregards,?|"
    r"\bbest wishes,?|\bgrüßen,?|\bgruß,?|\bcordialement,?|\bsaludos,?)\s{1,4}",
    re.IGNORECASE,
)
_STEMS = (
    "name calls call heiss heiß appelle llamo chiamo nom naam signed attn c/o ansprechp sachbearb regards wishes grüß "
    "gruß cordial salud sincerely yours cheers best thank love"
).split(" ")
"""One of these is part of each of the labels above; to look for them first is faster."""
_OWN_NAME = re.compile(
    r"\b(?:my|his|her|your|their|maiden|first|last|full|family|given|sur) ?name(?: is|['’]s| was|:)\s{1,4}",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|hallo|liebe|lieber|bonjour|hola|this is|i['’]m|i am|under|with|spouse|partner|husband|"
    r"wife|brother|sister|son|daughter|friend|colleague|starring|assistant|ex-\w{2,12}|by|thanks|actor|actress|author|"
    r"singer|songwriter|director|president|minister|ceo|cto|cfo|manager|engineer|captain|coach|officer|founder|chairman|"
    r"chairwoman|journalist|artist|professor|senator|governor|mayor|lawyer|nurse|teacher|behalf of|attention of|met|"
    r"meeting with|ask for|mother|father|uncle|aunt|cousin|nephew|niece|boss|neighbou?r),?|"
    r"\b(?:contact|from|to|cc|by|author|manager|owner|user|customer|patient|employee|tenant)s? ?:|"
    r"\b(?:shouted|yelled|spoke|speak|talk|talked|listen|married|belongs|follow up|return|give|send) (?:at|to|with))"
    r"\s{1,4}",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"['’]s? |, (?:can|could|please|would|will|you|are|do|who)\b| (?:said|says|wrote|writes|asked|asks|shouted|replied|"
    r"spoke|told|signed|joined|lives|lived|works|worked|who|has|had|was|is|will|spent|began|thinks|thought|and [A-Z])\b"
)
_SAYS = re.compile(
    r" (?:said|says|asked|asks|shouted|replied|yelled|whispered|told|graduated|studied|married|retired|resigned|"
    r"grew up|spent (?:a|\w+) year|began writing|moved to|was born)\b"
)
_DIALOGUE = re.compile(r": ?[\"“„A-Z]")
_NUMBER_BEHIND = re.compile(r" \d{1,4}(?![\d ./-]{0,3}\d)")
_FIRM = re.compile(r"\b[A-Z][\w’'-]{1,20}, [A-Z][\w’'-]{1,20},? (?:and|&|und|et) [A-Z][\w’'-]{1,20}")
_BEFORE_SENTENCES = frozenset(("", *'.!?:>-*#|•“"'))


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where names may begin in a text: behind titles, behind labels, behind words that often stand before a person.

    ``own`` are those behind labels that say whose name it is, such as "my name is": there it may be in small letters.
    """

    titled: frozenset[int]
    named: frozenset[int]
    own: frozenset[int]
    introduced: frozenset[int]

    @classmethod
    def of(cls, text: str) -> Places:
        """Reads a text once."""
        return cls(
            titled=frozenset(match.end() for match in _TITLE.finditer(text)),
            named=frozenset(match.end() for match in _STRONG.finditer(text)) if _has_label(text) else frozenset(),
            own=frozenset(match.end() for match in _OWN_NAME.finditer(text)),
            introduced=frozenset(match.end() for match in _WEAK.finditer(text)),
        )


def _has_label(text: str) -> bool:
    folded = text.lower()
    return any(stem in folded for stem in _STEMS)


def acts(text: str, end: int) -> bool:
    """Returns whether words behind a place often stand behind a person: "lives", "'s"."""
    return _SPEAKS.match(text, end) is not None


def lives(text: str, end: int) -> bool:
    """Returns whether a verb of what only people do stands behind a place."""
    return _SAYS.match(text, end) is not None


def begins_dialogue(text: str, start: int, end: int) -> bool:
    """Returns whether a place begins a line, and what is said there stands behind it."""
    return _begins_line(text, start) and _DIALOGUE.match(text, end) is not None


def begins_sentence(text: str, start: int) -> bool:
    """Returns whether a place may begin a sentence, a line or an entry of a list."""
    return text[max(0, start - 4) : start].rstrip()[-1:] in _BEFORE_SENTENCES or _begins_line(text, start)


def is_numbered(text: str, end: int) -> bool:
    """Returns whether a short number stands behind a place, as behind a street."""
    return _NUMBER_BEHIND.match(text, end) is not None


def is_line(text: str, start: int, end: int) -> bool:
    """Returns whether a place is all that stands in its line, of several."""
    behind = text[end : end + 3].lstrip(" ")[:1]
    return _begins_line(text, start) and behind in {"", "\n"} and "\n" in text


def firms(text: str) -> list[tuple[int, int]]:
    """Returns the places of names as firms have them: "Barnett, Melton and Garcia"."""
    return [match.span() for match in _FIRM.finditer(text)]


def _begins_line(text: str, start: int) -> bool:
    return text[max(0, start - 4) : start].rstrip(" >")[-1:] in {"", "\n"}
