"""Tells what a question asks for, by its words, in the languages of ``asked.toml``. Pure."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from rag.composition.phrases.units import has_asked_unit
from rag.text.facts import claimed, stated
from rag.text.words import words


class Asked(StrEnum):
    """What an answer should hold, or the form that it should have."""

    AMOUNT = "amount"
    QUANTITY = "quantity"
    MONEY = "money"
    DATE = "date"
    PLACE = "place"
    PERSON = "person"
    REASON = "reason"
    OPTION = "option"
    STEPS = "steps"
    LIST = "list"
    CHANGES = "changes"
    DEFINITION = "definition"
    COMPARISON = "comparison"
    SUMMARY = "summary"
    BRIEF = "brief"
    CONFLICT = "conflict"
    DOCUMENTS = "documents"
    PAGES = "pages"
    MENTIONS = "mentions"
    AUTHOR = "author"
    UPDATED = "updated"
    PUBLISHED = "published"
    EFFECTIVE = "effective"
    VERSION = "version"
    STATUS = "status"
    SHEETS = "sheets"
    ROWS = "rows"
    NEWEST = "newest"
    OUTLINE = "outline"
    TOPIC = "topic"


_TERM = "…"
_ARTICLE = re.compile(
    r"^(?:(?:actually|an?|the|der|die|das|ein|eine|le|la|les|une?|el|los|las|il|lo|gli|o|os|as|de|het)\s)+|^l'"
)
_ANY = " *"
_FIRST_WITHOUT_SPACES = "\u3000"
_WORD = re.compile(r"[\w;]+(?:['-]\w+)*")
_PLACE = re.compile(r"(?<!\w)[~.]?/\w|\w/[\w.-]{1,40}/|https?://|(?<!\w)\.\w{3}|#\w{3}|(?<!\w)[A-Z]:\\")
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z]|\w_\w|(?<!\w)\$ |\w\(\)")
_BETWEEN_PARTS = re.compile(r"[,;?，；？、]\s*|\s(?:and|und|et|y|e|en)\s", re.IGNORECASE)
VALUES = frozenset({Asked.AMOUNT, Asked.DATE, Asked.PLACE, Asked.PERSON, Asked.REASON})
"""What a sentence holds, and a list does not."""
_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|to (?:avoid|prevent|reduce|ensure|protect|keep)|due to|reason|otherwise|"
    r"caused?|as a result|this way|weil|damit|wegen|parce|afin|car|porque|perch[eé]|omdat|zodat)\b|因为|以便|为了|由于",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[,;、][^,;、]{1,80}[,;、]|,[^,;]{1,60}\s(?:and|or|und|oder|et|ou|y|o|e|en)\s|\w ?[、和及] ?\w")
_MONEY = re.compile(
    r"[€$£¥₹]|\b(?:euros?|dollars?|pounds?|cents?|francs?|franken|pesos?|reais|EUR|USD|GBP|CHF|CNY|JPY|free|no charge|"
    r"kostenlos|kostenfrei|gratis|gratuite?|gratuit[oa])\b|元|免费",
    re.IGNORECASE,
)
_PAYMENT = re.compile(
    r"\b(?:fees?|prices?|costs?|salar(?:y|ies)|wages?|premiums?|rates?|preise?|gebühr(?:en)?|kosten|kostet|gehalt|lohn|"
    r"prix|tarifs?|frais|salaire|coûte|precios?|tarifas?|salario|cuesta|prezz[oi]|costa|preços?|custa|prij[sz]\w{0,2}|"
    r"kost|salaris)\b|价格|费用|工资",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:manager|director|supervisor|team|lead|admin\w{0,12}|owner|committee|council|board|head|department|office\w{0,3}|"
    r"leiter\w{0,3}|vorgesetzt\w{0,2}|abteilung|vorstand|directeur|directrice|responsable|service|jefe|direttore|diretor|"
    r"chef|afdeling)\b|经理|主管|部门|负责人",
    re.IGNORECASE,
)

_EXPRESSIONS = {Asked.PLACE: _PLACE, Asked.OPTION: _OPTION, Asked.REASON: _REASON, Asked.LIST: _SEVERAL}


@lru_cache(maxsize=256)
def asked_for(question: str) -> frozenset[Asked]:
    """Returns what the question asks for; empty where its words tell nothing."""
    return frozenset(kind for kind, _, _ in _found(question))


@lru_cache(maxsize=256)
def term_of(question: str) -> str:
    """Returns the term whose meaning the question asks for, in lower case; empty where it asks for none."""
    text = _normalised(question)
    terms = []
    for phrases in _phrases()[Asked.DEFINITION].values():
        for before, after in (phrase.split(_TERM) for phrase in phrases if _is_in(text, phrase)):
            rest = text.partition(before)[2]
            terms.append(rest[: rest.index(after)].strip())
    return min((_ARTICLE.sub("", term) for term in terms), key=len, default="")


def parts_of(question: str) -> list[str]:
    """Returns the parts of a question that each ask for something, such as "who pays" and "how much is it"."""
    return [part for part in _BETWEEN_PARTS.split(question) if part and not asked_for(part).isdisjoint(VALUES)]


def joins(question: str) -> bool:
    """Returns whether the question joins two things by a comma or a word such as "and"."""
    return _BETWEEN_PARTS.search(question.strip(" ?？.。")) is not None


def asked_in(question: str) -> frozenset[str]:
    """Returns the languages of the words that tell what the question asks for."""
    return frozenset(language for _, language, _ in _found(question))


def asking_words(question: str) -> frozenset[str]:
    """Returns the words of the phrases that tell what the question asks for, as ``words`` gives them."""
    return frozenset(word for _, _, phrase in _found(question) for word in words(phrase))


@lru_cache(maxsize=256)
def _found(question: str) -> frozenset[tuple[Asked, str, str]]:
    """Returns the kinds, languages and phrases that the question holds."""
    text = _normalised(question)
    return frozenset(
        (kind, language, phrase)
        for kind, by_language in _phrases().items()
        for language, phrases in by_language.items()
        for phrase in phrases
        if _is_in(text, phrase)
    )


def _normalised(question: str) -> str:
    return f" . {' '.join(_WORD.findall(question.lower().replace('’', chr(39))))} . "


def _is_in(text: str, phrase: str) -> bool:
    """Returns whether the phrase is in the text; a word that begins with * stands for any so ending, … for a term."""
    before, term, after = phrase.partition(_TERM)
    if term:
        return before in text and after in text.partition(before)[2]
    before, star, after = phrase.partition(_ANY)
    if not star:
        return phrase in text
    ending, _, last = after.partition(" ")
    for rest in text.split(f"{before} ")[1:]:
        word, _, follows = rest.partition(" ")
        if word.endswith(ending) and f"{follows} ".startswith(last):
            return True
    return False


def holds(kind: Asked, text: str, question: str) -> bool:
    """Returns whether ``text`` has an expression of the kind that the question does not have itself."""
    match kind:
        case Asked.AMOUNT | Asked.QUANTITY | Asked.DATE:
            there, known = stated(text), stated(question)
            numbers = there.numbers if kind is Asked.DATE else claimed(text).numbers
            if kind is not Asked.DATE and not has_asked_unit(text, question):
                return False
            return bool(numbers - known.numbers or (kind is Asked.DATE and there.dates - known.dates))
        case Asked.MONEY:
            is_priced = _PAYMENT.search(text) is not None and holds(Asked.AMOUNT, text, question)
            return _MONEY.search(text) is not None or is_priced
        case Asked.PERSON:
            return bool(claimed(text).names - frozenset(words(question))) or _ROLE.search(text) is not None
        case _:
            return kind in _EXPRESSIONS and _EXPRESSIONS[kind].search(text) is not None


@lru_cache(maxsize=1)
def _phrases() -> dict[Asked, dict[str, tuple[str, ...]]]:
    """Returns the phrases of each kind and language as they stand between a question's spaces and full stops."""
    lists = tomllib.loads(files(__package__).joinpath("asked.toml").read_text("utf-8"))
    return {
        Asked(kind): {language: tuple(map(_in_text, phrases)) for language, phrases in by_language.items()}
        for kind, by_language in lists.items()
    }


def _in_text(phrase: str) -> str:
    if _TERM in phrase:
        before, after = phrase.split(_TERM)
        if phrase.strip(_TERM)[0] >= _FIRST_WITHOUT_SPACES:
            return f"{before or ' . '}{_TERM}{after or ' . '}"
        return f" {before}{_TERM}{after or ' .'} "
    if phrase[0] >= _FIRST_WITHOUT_SPACES:
        return phrase
    return f" {phrase.removesuffix('*')}" if phrase.endswith("*") else f" {phrase} "
