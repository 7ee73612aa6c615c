"""Names of people and places in 40 languages: mimesis's data files, which alone are read; its code is not imported."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rag.text.words import STOP_WORDS

_MANY_LANGUAGES = 2
"""A word that so many languages have as a given name is a name, unless it is one of ``_WORDS``."""
_SHORTEST = 2
_WORDS = frozenset(
    "africa age ago aid alberta alert alfa alger all alleen alpha amber america amor angel angeles angle ante anti "
    "apollo april argentina art asia asian atlas august augustus aura austin autumn ave bank bard basil bell bent "
    "berg bergen berlin beta big blanca blossom bot boy brain branca brand broder brook bud buddy can carolina "
    "carry casa chance charity charlotte chase chelsea china christ christian christmas cisco claro clay cleveland "
    "cliff coca cola colon columbus conception constituted coral crystal daisy dakota dale dallas dame dan dane "
    "dean deja del delta denver desire diamond dick diva dot earl east echo edit eine ele else ely emerald era "
    "esperanza estrela euro eve even faith fantasia fara feliz fidelity fin fine fleur florence florida forest "
    "foster france gale gene genie gentil georgia german golden grace gram grant gun guy hal hamilton hand hang "
    "harm heather hermano hill hind hints hong honor hope houston hunter idem india into ions iris irish israel "
    "italia ivy jackson jade january jasmine jasper jesus job jordan joy juliet july june juni junior kent key king "
    "lady lance lane lang liberal liberty lies lily lincoln line lion list loan long lora lot love lyric made "
    "madison main major mal man manual many mar march marine mark mars mason max may mercury meta min mine ming "
    "mini miss modern mona moon mora most my nada nevada nice nike noble nova novel numbers odd olive olympia one "
    "opal oral orlando page pan par paris pat pearl penny per pet phoenix pip piper pola poppy porter prima primo "
    "prince ray reed rich ring robin rock rocky rod roman rose rosemary royal ruby saar sacramento saga sage said "
    "sal sale sales sandy santa santo savannah save season see september sherman sierra silver sky so sol son song "
    "spring stanford star sterling store storm str summer sun sunday sung sunni sunny sunshine sydney tam tara tea "
    "temple terra tibetan tiny toi toni tonne trinidad trinity tu tyrol una undo urban valves van vera vi victoria "
    "vida vienna villa violet virgin virginia vital von wade wall ward west will winter wolf wood young".split()
)
"""Given names that are more often something else: a word, a month, a place."""
_NO_NAMES = frozenset(
    "apt ask box call card city company contact cost date day east email fax hall home house inc lake ltd mail meet "
    "mill mobile name north note office park phone place point road room see shop south state station step street "
    "suite table team tell thank time tower union unit university web week west work year".split()
)
"""Names of some people that stand beside words with a capital more often as what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLists:
    """Names, folded by ``fold``. ``alone`` are given names that are hardly ever another word."""

    given: frozenset[str]
    family: frozenset[str]
    alone: frozenset[str]
    words: frozenset[str]
    places: frozenset[str]
    chinese_family: frozenset[str]


def fold(word: str) -> str:
    """Returns it in lower case and without accents."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign)).replace("ø", "o").replace("ł", "l")


@cache
def name_lists() -> NameLists:
    """Returns the lists. Blocks for some tenths of a second the first time."""
    languages: Counter[str] = Counter()
    family, words, cities, countries, peoples = set[str](), set[str](), set[str](), set[str](), set[str]()
    for folder in sorted(_datasets().iterdir()):
        people, places, texts = (_read(folder / f"{name}.json") for name in ("person", "address", "text"))
        languages.update({fold(name) for name in _texts(people.get("names"))})
        family |= {fold(name) for name in _texts(people.get("surnames"))}
        peoples |= {fold(name) for each in ("nationality", "language") for name in _texts(people.get(each))}
        words |= {fold(word) for word in _texts(texts.get("words"))}
        cities |= {fold(city) for city in _texts(places.get("city"))}
        countries |= {fold(country) for country in _texts(places.get("country"))}
    given = frozenset(languages)
    common = {name for name, count in languages.items() if count >= _MANY_LANGUAGES} - _WORDS
    plain = (words | {fold(word) for word in STOP_WORDS} | peoples | _WORDS) - common
    surnames = _read(_datasets() / "zh" / "person.json").get("surnames")
    return NameLists(
        given=_long(given),
        family=_long(frozenset(family)),
        alone=_long(frozenset(given - plain - countries)),
        words=frozenset(plain),
        places=frozenset((cities - common) | countries),
        chinese_family=frozenset(_texts(surnames)),
    )


def _long(names: frozenset[str]) -> frozenset[str]:
    stop = {fold(word) for word in STOP_WORDS} | _NO_NAMES
    return frozenset(name for name in names if len(name) > _SHORTEST) - stop


def _datasets() -> Path:
    found = find_spec("mimesis")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("mimesis, whose lists of names are read, is not installed.")
    return Path(found.origin).parent / "datasets"


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _texts(value: object) -> Iterator[str]:
    """Yields every text inside lists and tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
