"""Tells what a question asks for, by its words, in the languages of ``asked.toml``. Pure."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from rag.text.facts import claimed, stated
from rag.text.words import words


class Asked(StrEnum):
    """What an answer should hold, or the form that it should have."""

    AMOUNT = "amount"
    DATE = "date"
    PLACE = "place"
    PERSON = "person"
    REASON = "reason"
    OPTION = "option"
    STEPS = "steps"
    LIST = "list"
    COMPARISON = "comparison"
    SUMMARY = "summary"
    CONFLICT = "conflict"
    DOCUMENTS = "documents"
    PAGES = "pages"
    UPDATED = "updated"
    OUTLINE = "outline"
    TOPIC = "topic"


_FIRST_WITHOUT_SPACES = "\u3000"
_WORD = re.compile(r"[\w;]+(?:['-]\w+)*")
_PLACE = re.compile(r"(?<!\w)[~.]?/\w|\w/[\w.-]{1,40}/|https?://|(?<!\w)\.\w{3}|#\w{3}|(?<!\w)[A-Z]:\\")
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z]|\w_\w|(?<!\w)\$ |\w\(\)")
_BETWEEN_PARTS = re.compile(r"[,;?，；？、]\s*|\s(?:and|und|et|y|e|en)\s", re.IGNORECASE)
_VALUES = frozenset({Asked.AMOUNT, Asked.DATE, Asked.PLACE, Asked.PERSON, Asked.REASON})
_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|to (?:avoid|prevent|reduce|ensure|protect|keep)|due to|reason|otherwise|"
    r"caused?|as a result|this way|weil|damit|wegen|parce|afin|car|porque|perch[eé]|omdat|zodat)\b|因为|以便|为了|由于",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:manager|director|supervisor|team|lead|admin\w{0,12}|owner|committee|council|board|head|department|office\w{0,3}|"
    r"leiter\w{0,3}|vorgesetzt\w{0,2}|abteilung|vorstand|directeur|directrice|responsable|service|jefe|direttore|diretor|"
    r"chef|afdeling)\b|经理|主管|部门|负责人",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def asked_for(question: str) -> frozenset[Asked]:
    """Returns what the question asks for; empty where its words tell nothing."""
    return frozenset(kind for kind, _ in _found(question))


def parts_of(question: str) -> list[str]:
    """Returns the parts of a question that each ask for something, such as "who pays" and "how much is it"."""
    return [part for part in _BETWEEN_PARTS.split(question) if part and not asked_for(part).isdisjoint(_VALUES)]


def asked_in(question: str) -> frozenset[str]:
    """Returns the languages of the words that tell what the question asks for."""
    return frozenset(language for _, language in _found(question))


@lru_cache(maxsize=256)
def _found(question: str) -> frozenset[tuple[Asked, str]]:
    text = f" . {' '.join(_WORD.findall(question.lower().replace('’', chr(39))))} . "
    return frozenset(
        (kind, language)
        for kind, by_language in _phrases().items()
        for language, phrases in by_language.items()
        if any(phrase in text for phrase in phrases)
    )


def holds(kind: Asked, text: str, question: str) -> bool:
    """Returns whether ``text`` has an expression of the kind that the question does not have itself."""
    match kind:
        case Asked.AMOUNT | Asked.DATE:
            there, known = stated(text), stated(question)
            return bool(there.numbers - known.numbers or there.dates - known.dates)
        case Asked.PLACE:
            return _PLACE.search(text) is not None
        case Asked.OPTION:
            return _OPTION.search(text) is not None
        case Asked.REASON:
            return _REASON.search(text) is not None
        case Asked.PERSON:
            return bool(claimed(text).names - frozenset(words(question))) or _ROLE.search(text) is not None
        case _:
            return False


@lru_cache(maxsize=1)
def _phrases() -> dict[Asked, dict[str, tuple[str, ...]]]:
    """Returns the phrases of each kind and language as they stand between a question's spaces and full stops."""
    lists = tomllib.loads(files(__package__).joinpath("asked.toml").read_text("utf-8"))
    return {
        Asked(kind): {language: tuple(map(_in_text, phrases)) for language, phrases in by_language.items()}
        for kind, by_language in lists.items()
    }


def _in_text(phrase: str) -> str:
    if phrase[0] >= _FIRST_WITHOUT_SPACES:
        return phrase
    return f" {phrase.removesuffix('*')}" if phrase.endswith("*") else f" {phrase} "
