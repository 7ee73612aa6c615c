"""Turns a line of Hebrew or Arabic, as it is seen from left to right, into the order in which it is read. Pure.

The Unicode bidirectional algorithm (UAX 9) backwards: numbers and Latin runs keep their order, all else is turned.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_MIRRORED = dict(zip("()[]{}«»‹›", ")(][}{»«›‹", strict=True))
_OPENING = frozenset("([{«‹")
_LAM, _ALEFS = "\u0644", frozenset("\u0622\u0623\u0625\u0627")


def is_right_to_left_letter(character: str) -> bool:
    """Returns whether a character belongs to a script that is written from right to left."""
    return character >= "\u0590" and unicodedata.bidirectional(character) in {"R", "AL"}


def reading_order(seen: Sequence[str], *, starts_right: bool) -> list[tuple[int, str]]:
    """Returns the places of the characters in the order of reading, each with its character.

    Args:
        seen: clusters (a letter with its marks) from left to right; spaces among them.
        starts_right: whether the line begins at its right end; else only its right-to-left runs are turned.

    A bracket in a turned run is written so that it opens before what it encloses and closes after it.
    """
    leftwards = _leftwards(seen, starts_right=starts_right)
    order: list[int] = []
    for first, end in _runs(leftwards):
        places = list(range(first, end))
        run = places[::-1] if leftwards[first] else places
        order = [*run, *order] if starts_right else [*order, *run]
    written = [seen[place] for place in order]
    for index, place in enumerate(order):
        if leftwards[place] and written[index] in _MIRRORED:
            written[index] = _bracket(written, index)
    return list(zip(order, written, strict=True))


def joined_cluster(characters: Sequence[str]) -> str:
    """Returns the letters of one glyph in order: lam comes before alef, a letter before its marks."""
    marks = [character for character in characters if unicodedata.combining(character)]
    letters = [character for character in characters if not unicodedata.combining(character)]
    if len(letters) == 2 and letters[1] == _LAM and letters[0] in _ALEFS:  # noqa: PLR2004
        letters.reverse()
    return "".join([*letters, *marks])


def _leftwards(seen: Sequence[str], *, starts_right: bool) -> list[bool]:
    """Returns for each place whether it belongs to a run that is read from right to left."""
    kinds = [_kind(cluster) for cluster in seen]
    _join_numbers(kinds, seen)
    # A number after a Latin word on its right belongs to it: "Windows 11", "AB-12".
    last = ""
    for place, kind in enumerate(kinds):
        if kind in {"L", "R"}:
            last = kind
        elif kind == "N" and last == "L":
            kinds[place] = "L"
    leftwards = [kind == "R" for kind in kinds]
    place = 0
    while place < len(kinds):
        if kinds[place]:
            place += 1
            continue
        end = place
        while end < len(kinds) and not kinds[end]:
            end += 1
        before = kinds[place - 1] if place else ""
        after = kinds[end] if end < len(kinds) else ""
        is_inside = before == "L" and after in {"L", "N"}
        is_turned = bool({before, after} <= {"R", "N"}) and bool(before and after) and "R" in {before, after}
        for neutral in range(place, end):
            leftwards[neutral] = not is_inside if starts_right else is_turned
        place = end
    return leftwards


def _kind(cluster: str) -> str:
    """Returns R, L, N (a number) or nothing for a neutral."""
    direction = unicodedata.bidirectional(cluster[:1])
    if direction in {"R", "AL"}:
        return "R"
    if direction == "L":
        return "L"
    return "N" if direction in {"EN", "AN"} else ""


def _join_numbers(kinds: list[str], seen: Sequence[str]) -> None:
    """Makes separators inside numbers, and signs beside them, part of the number."""
    is_arabic = any(unicodedata.bidirectional(cluster[:1]) == "AL" for cluster in seen)
    for place in range(1, len(seen) - 1):
        joins = "+-" if not is_arabic else ""
        if not kinds[place] and kinds[place - 1] == "N" == kinds[place + 1] and seen[place] in f".,:/٫٬\u00a0{joins}":
            kinds[place] = "N"
    for place, cluster in enumerate(seen):
        if kinds[place]:
            continue
        before = kinds[place - 1] if place else ""
        after = kinds[place + 1] if place + 1 < len(kinds) else ""
        if (
            (cluster in "%°‰" and before == "N")
            or (cluster in "$€£¥₪#" and after == "N")
            or (cluster in "+-−" and after == "N" and not is_arabic and (not before and _is_space(seen, place - 1)))
        ):
            kinds[place] = "N"


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    starts = [place for place in range(len(flags)) if not place or flags[place] != flags[place - 1]]
    return list(zip(starts, [*starts[1:], len(flags)], strict=True))


def _bracket(written: Sequence[str], index: int) -> str:
    """Returns a bracket as it opens or closes: it opens after a space and before a word.

    Its own form does not tell: some files hold what is seen, others what is meant. Those before it are settled.
    """
    character = written[index]
    opening = character if character in _OPENING else _MIRRORED[character]
    closing = _MIRRORED[opening]
    starts, ends = _is_space(written, index - 1), _is_space(written, index + 1) or written[index + 1] in ".,;:!?"
    if starts != ends:
        return opening if starts else closing
    is_open = written[:index].count(opening) > written[:index].count(closing)
    return closing if is_open else opening


def _is_space(texts: Sequence[str], index: int) -> bool:
    return not 0 <= index < len(texts) or texts[index] == " "
