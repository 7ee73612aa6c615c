"""Says the few things that no document says, in the language of the question. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from rag.composition.phrases.asked import asked_in
from rag.text.languages import can_be_english, has_function_words, likely_languages, script_of, spoken_language

_DEFAULT = "en"


def worded(key: str, question: str, **values: object) -> str:
    """Returns the wording ``key`` of ``wording.toml`` in the question's language, in English where that is unclear."""
    return _wordings()[_language(question)][key].format(**values)


def _language(question: str) -> str:
    scripts = [script_of(letter) for letter in question if letter.isalpha()]
    script = max(set(scripts), key=lambda script: (scripts.count(script), script), default="LATIN")
    likely, asked = likely_languages(question, script), asked_in(question)
    if has_function_words(question):
        asked = asked.intersection(likely)
    spoken = [] if can_be_english(question) else likely  # one small word, such as "per", tells no language
    for languages in (asked, spoken):
        known = [language for language in languages if language in _wordings()]
        if len(known) == 1:
            return known[0]
    return spoken_language(question, _wordings()) or _DEFAULT


@lru_cache(maxsize=1)
def _wordings() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("wording.toml").read_text("utf-8"))
