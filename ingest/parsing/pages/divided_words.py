"""Tells a hyphen that divides a word at the end of a line from one that belongs to it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ingest.parsing.pages.page_text import HYPHENS, SOFT_HYPHEN, Line, Piece, stands_for_part

_WORD = re.compile(r"[^\W_]+(?:[-‐][^\W_]+)*")
_LAST = re.compile(r"(?<![^\W_])(?<![^\W_][-‐])([^\W_]++(?:[-‐][^\W_]++)*+)[-‐]$")
_FIRST = re.compile(r"[^\W_]+(?:[-‐][^\W_]+)*")
_GERMAN = re.compile(r"\b(?:der|die|das|und|ist|nicht|mit|von|für|ein|eine|wird|werden|auf)\b")
_ENGLISH = re.compile(r"\b(?:the|of|and|is|to|in|for|with|by|are|be|or)\b")
_MIN_PART = 3
_FEW_WORDS = 40
_MIN_ENGLISH = 0.06
# Parts that are mostly written with a hyphen, as in "self-locking" and "water-resistant".
_FIRST_PARTS = frozenset("self ex all quasi half cross well ill".split())
# Beginnings that are mostly written without one, though a dictionary may have both forms.
_PREFIXES = frozenset(
    "re co pre un de dis en in im non over under out up sub super micro anti inter multi semi fore".split()
)
_LAST_PARTS = frozenset(
    "based free proof resistant related specific dependent driven led like type style friendly known term time "
    "scale wide level speed pressure temperature voltage quality risk grade purpose end cost duty trained "
    "certified approved powered operated controlled mounted cooled heated sealed coated treated tested rated "
    "defined made built sized shaped weighted adjusted oriented sensitive tight safe ready off up in out down on "
    "side phase stage step way party year day month hour minute volt watt degree locking closing cleaning lasting "
    "running acting igniting priming supporting".split()
)


def mark_divided_words(pages: Sequence[Sequence[Line]], *, is_word: Callable[[str], bool]) -> list[tuple[Line, ...]]:
    """Returns the lines with a soft hyphen where a line's last hyphen only divides a word.

    What counts, in this order: digits and capitals, the word elsewhere in the document with or without its hyphen,
    ``is_word``, parts that are mostly written with a hyphen.
    """
    words = Words((line.text for lines in pages for line in lines), is_word=is_word)
    return [tuple(_marked(lines, index, words) for index in range(len(lines))) for lines in pages]


def _marked(lines: Sequence[Line], index: int, words: Words) -> Line:
    line = lines[index]
    below = lines[index + 1] if index + 1 < len(lines) else None
    if below is None or not any(cell.text.endswith(("-", "‐")) for cell in line.cells):
        return line
    cells = tuple(_marked_cell(cell, below, words) for cell in line.cells)
    return replace(line, cells=cells)


def _marked_cell(cell: Piece, below: Line, words: Words) -> Piece:
    if len(cell.text) < 2 or cell.text[-1] not in HYPHENS:  # noqa: PLR2004
        return cell
    left = float(cell.rectangle[0])
    following = min(below.cells, key=lambda other: abs(float(other.rectangle[0]) - left))
    divides = words.is_divided(cell.text, following.text)
    return replace(cell, text=cell.text[:-1] + SOFT_HYPHEN) if divides else cell


class Words:
    """The words of a document."""

    def __init__(self, texts: Iterable[str], *, is_word: Callable[[str], bool]) -> None:
        self._counts: Counter[str] = Counter()
        self._is_word = is_word
        german = english = 0
        broken = False
        kept = list(texts)
        for text in kept:
            broken = broken or text[-1:] in HYPHENS
        if broken:
            for text in kept:
                self._counts.update(map(str.casefold, _WORD.findall(text[:-1] if text[-1:] in HYPHENS else text)))
                german += len(_GERMAN.findall(text))
                english += len(_ENGLISH.findall(text))
        total = sum(self._counts.values())
        # Words of other languages are not known: a hyphen between small letters then divides, unless the text tells.
        self._is_english = german <= english and (total < _FEW_WORDS or english >= _MIN_ENGLISH * total)

    def is_divided(self, text: str, following: str) -> bool:
        """Returns whether the hyphen at the end of ``text`` divides a word that goes on in ``following``."""
        last, first = _LAST.search(text), _FIRST.match(following)
        if last is None or first is None or stands_for_part(following):
            return False
        before, after = last[1], first[0]
        head, tail = re.split("[-‐]", before)[-1], re.split("[-‐]", after)[0]
        if not head[-1].isalpha() or not tail[0].isalpha() or tail[0].isupper() != head[-1].isupper():
            return False
        if any(map(str.isdecimal, head + tail)) or (head.isupper() and not tail.isupper()):
            return False
        joined, kept = self._count(head + tail), self._count(f"{head}-{tail}")
        if joined != kept:
            return joined > kept
        return head == before and len(head) > 1 and self._divides_word(head, tail)

    def _count(self, word: str) -> int:
        return self._counts[word.replace("‐", "-").casefold()]

    def _divides_word(self, head: str, tail: str) -> bool:
        if not self._is_english:
            return True
        if head.isupper():
            return len(head) > _MIN_PART or self._is_word((head + tail).casefold())
        first, last = head.casefold(), tail.casefold()
        is_compound = self._stands_alone(first) and self._stands_alone(last)
        if is_compound and (first in _FIRST_PARTS or self._is_word(f"{first}-{last}")):
            return first in _PREFIXES and self._is_word(first + last)
        if self._is_word(first + last):
            return True
        return not (is_compound or (head[0].isupper() and last in _LAST_PARTS))

    def _stands_alone(self, word: str) -> bool:
        if word in _FIRST_PARTS or word in _LAST_PARTS:
            return True
        return len(word) >= _MIN_PART and (self._counts[word] > 0 or self._is_word(word))
