"""Knows English words, from the list that comes with ``unstructured``; the package itself is not imported."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LIST = Path("nlp") / "english-words.txt"


def is_english_word(word: str) -> bool:
    """Returns whether a lower-case word is in the list; False for every word if there is no list."""
    return word in _words()


@cache
def _words() -> frozenset[str]:
    found = find_spec("unstructured")
    folders = (found.submodule_search_locations if found is not None else None) or ()
    for folder in folders:
        path = Path(folder) / _LIST
        if path.is_file():
            return frozenset(path.read_text("utf-8").split())
    return frozenset()
