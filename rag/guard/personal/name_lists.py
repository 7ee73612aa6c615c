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
    "africa age ago alberta angeles apollo bot bud casa christ christian christmas cisco coca cola coral dallas ely euro "
    "fantasia gram idem jasper jesus juliet key min olympia pan per pip sage sierra sky str tara tibetan trinidad "
    "age ago aid alert alfa alger all alleen alpha amber america amor angel angle ante anti april argentina art "
    "asia asian atlas august augustus aura autumn ave bank bell bent bergen berg berlin beta big blanca boy brain branca "
    "brand broder buddy can carry chance charity chase china claro clay columbus crystal daisy dale dame dan dane dean "
    "del delta deja desire diamond dick diva dot earl east echo edit eine ele else era esperanza estrela eve even "
    "faith fara feliz fin fine fleur florida forest foster france gale gene genie gentil german golden grace grant "
    "guy gun hal hand hang hermano hill hind hong honor hope hunter india into irish israel italia ivy jade january job "
    "joy july june juni junior kent king lady lance lane liberal liberty lily line lion list loan long lot love made "
    "main major mal man manual many mar march marine mark mars mason max may mercury mine mini miss modern mona moon "
    "mora most my nada nevada nice nike noble nova novel numbers odd olive one opal oral page par paris pat pearl penny "
    "pet piper porter pola prima prince primo ray reed ring rich robin rock rocky rod rose royal ruby sacramento saga "
    "sal sale sales sandy santa santo save season see september sherman silver sky so sol son song spring stanford star "
    "sterling store storm summer sun sunday sunny sunshine tam tea temple terra tiny toi toni trinity tu tyrol urban "
    "una una van vera vi vida villa virgin vital von wade wall ward west will winter wolf wood young jordan georgia "
    "victoria virginia carolina dakota dallas denver houston austin madison jackson sydney charlotte cleveland "
    "lincoln hamilton columbus orlando phoenix savannah florence".split()
)
"""Given names that are more often something else: a word, a month, a place."""
_NO_NAMES = frozenset(
    "apt box call card city company cost date day east fax hall home house inc lake ltd mail mill mobile name north "
    "note office park phone place point road room shop south state station step street suite table team time tower "
    "union unit university web week west work year".split()
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
