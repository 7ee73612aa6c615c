"""Words that stand for the same. Pure."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from rag.text.words import words


def synonyms_of(word: str) -> frozenset[str]:
    """Returns the words that may stand for a word of a question, all as ``words`` gives them; none for most words."""
    return _groups().get(word, frozenset())


@cache
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    lists: dict[str, list[str]] = tomllib.loads(files(__package__).joinpath("synonyms.toml").read_text("utf-8"))
    for group in (line for lines in lists.values() for line in lines):
        same, _, also = group.partition(">")
        asked = frozenset(words(same))
        for word in asked:
            found[word] = found.get(word, frozenset()) | (asked | frozenset(words(also))) - {word}
    return found
