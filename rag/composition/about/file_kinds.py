"""Tells which kinds of files a question asks for, such as spreadsheets. Pure."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from rag.text.words import has_cjk, words

_NOT = re.compile(r"\b(?:not|nicht|kein\w{0,2}|pas|no|non|não|niet|geen)\b|不", re.IGNORECASE)
"""What stands behind is not asked for."""


def asked_kinds(question: str) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the ends of the names of the files that are asked for, and the question's words that ask for them."""
    asked = _NOT.split(question.casefold())[0]
    suffixes, said = set[str](), set[str]()
    for kind in _kinds().values():
        found = [one for one in kind["words"] if _is_in(asked, one)]
        if found:
            suffixes.update(kind["suffixes"])
            said.update(words(" ".join(found)))
    left_out = words(question[len(asked) :]) if suffixes else ()
    return frozenset(suffixes), frozenset(said.union(left_out))


def _is_in(question: str, phrase: str) -> bool:
    return (
        phrase in question if has_cjk(phrase) else re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", question) is not None
    )


@cache
def _kinds() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("file_kinds.toml").read_text("utf-8"))
