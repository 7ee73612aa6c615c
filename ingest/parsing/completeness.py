"""Compares the words that a file holds with those that its reader found, and names what is missing. Pure.

The words held come from a counter: a function as plain as possible, which shares no code with the reader. It returns
the texts of each kind of place (``the document's text``, ``comments``), one text for each paragraph, cell or line.
Words are compared without their order, so that a reader is free to move a note to the place of its mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

FURNITURE = "headers and footers"
"""The kind of texts that stand on many pages: a text of it is expected once, however often it is held."""

# Letters of scripts without spaces between words count as words of their own.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_MAX_HELD_CHARACTERS = 20_000_000
_MAX_SEARCHED_CHARACTERS = 2_000_000_000
"""How far texts are searched for as a whole: about a second."""
_MAX_SHOWN_CHARACTERS = 80
_LOSS = re.compile(r"\b(?:not read|without)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    kind: str
    text: str
    words: tuple[str, ...]


def missing_words(held: Mapping[str, Iterable[str]], read: Iterable[str]) -> tuple[str, ...]:
    """Returns for each kind of place whose words were not all read a sentence with their number and the first ones.

    Args:
        held: the texts that the file holds, by kind; a kind is a noun in the plural or with its article.
        read: the extracted text, and the texts that the reader left out on purpose.
    """
    texts = tuple(_texts(held))
    found = [word for text in read for word in _words(text)]
    lacking = Counter(word for text in texts for word in text.words)
    lacking.subtract(found)
    lacking = +lacking
    if not lacking:
        return ()
    vocabulary, pairs = frozenset(found), frozenset(first + second for first, second in pairwise(found))
    missing: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for text in _not_found_whole(texts, found, lacking):
        if words := _missing_in(text.words, lacking, vocabulary, pairs):
            is_whole = len(words) * 2 >= len(text.words)  # the others were found in another text
            missing.setdefault(text.kind, []).extend(text.words if is_whole else words)
            shown.setdefault(text.kind, []).append(text.text if is_whole else " ".join(words))
    return tuple(_sentence(kind, len(words), shown[kind]) for kind, words in missing.items())


def tells_of_loss(warning: str) -> bool:
    """Returns whether a warning says that something of the document is not in its text, not how the text was read.

    By convention such warnings say ``not read`` ("3 comments were not read") or ``without`` ("1 picture without
    recognised text"), and others do not.
    """
    return _LOSS.search(warning) is not None


def _texts(held: Mapping[str, Iterable[str]]) -> Iterator[_Text]:
    left = _MAX_HELD_CHARACTERS
    for kind, texts in held.items():
        seen: set[tuple[str, ...]] = set()
        for text in texts:
            left -= len(text)
            if left < 0:
                return
            words = tuple(_words(text))
            if words and not (kind == FURNITURE and words in seen):
                seen.add(words)
                yield _Text(kind=kind, text=text, words=words)


def _words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return _WORD.findall(text.casefold())


def _not_found_whole(texts: Sequence[_Text], found: Sequence[str], lacking: Counter[str]) -> Iterator[_Text]:
    """Yields the texts with a lacking word that were not read as often as they are held, letter by letter.

    This tells which of several places with the same words was not read, and passes words that were divided otherwise.
    """
    all_held = " ".join("".join(text.words) for text in texts)
    all_read = "".join(found)
    searches = _MAX_SEARCHED_CHARACTERS // max(1, len(all_held) + len(all_read))
    for text in texts:
        if lacking.keys().isdisjoint(text.words):
            continue
        letters = "".join(text.words)
        searches -= 1
        if searches < 0 or all_read.count(letters) < all_held.count(letters):
            yield text


def _missing_in(words: Sequence[str], lacking: Counter[str], found: frozenset[str], pairs: frozenset[str]) -> list[str]:
    """Returns the words that lack, each as often as it does, without those that were read as divided or joined."""
    missing = []
    for index, word in enumerate(words):
        if lacking[word] <= 0:
            continue
        lacking[word] -= 1
        neighbours = {"".join(words[index - 1 : index + 1]), "".join(words[index : index + 2])} - {word}
        if word not in pairs and found.isdisjoint(neighbours):
            missing.append(word)
    return missing


def _sentence(kind: str, count: int, shown: Sequence[str]) -> str:
    words = " ".join(" … ".join(shown).split())
    if len(words) > _MAX_SHOWN_CHARACTERS:
        words = words[:_MAX_SHOWN_CHARACTERS].rstrip() + "…"
    number = "1 word" if count == 1 else f"{count:,} words"
    return f"{number} of {kind} {'was' if count == 1 else 'were'} not read: '{words}'"
