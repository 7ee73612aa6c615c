"""Joins the characters of a page, with a box each, to pieces of lines. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.pages.page_text import Direction, Piece, upright
from ingest.parsing.pages.right_to_left import is_right_to_left_letter, joined_cluster, reading_order
from ingest.parsing.pdf.glyphs import DIVIDING_HYPHENS, SPACE_CODES, PageCharacters, shown_characters, written
from ingest.parsing.pdf.raised import lowered_text, raised_mark
from ingest.parsing.pdf.rows import (
    adjacency,
    drawn_over_each_other,
    lost_spaces,
    shifted_runs,
    space_boxes,
    visual_rows,
    with_runs_behind_hosts,
    without_letter_spaces,
)
from rag.types import FloatArray

_MIN_OVERLAP = 0.5
_MIN_STACK = 3
_NOTE_SIZE = 0.93
_CLOSE = 0.15
_WORD_GAP = 0.12
_LOOKED_BACK = 64
_NO_SPACES = "\u0590"  # begins the scripts that run to the left, join letters or have no spaces
_BULLETS = np.array(sorted(map(ord, "•●○■□▪▫◦‣❑➢✓\uf0b7\uf0a7\uf06c\uf06e")))


def line_pieces(page: PageCharacters, kept: NDArray[np.bool_]) -> tuple[Piece, ...]:
    """Cuts a page's characters into pieces, in the order they are stored.

    A piece ends where the next character is on another line or further away than a wide space.

    Args:
        page: its characters.
        kept: ``(n,)``, whether each of them is read.
    """
    visible = np.flatnonzero(shown_characters(page) & kept)
    if not len(visible):
        return ()
    starts_right = _starts_right(page.text)
    numbers = {direction: number for number, direction in enumerate(Direction)}
    directions = np.array([numbers[direction] for direction in page.directions] or [0])
    chosen = directions[page.styles[visible]]
    pieces: list[Piece] = []
    for number, direction in enumerate(Direction):
        members = visible[chosen == number]
        if len(members):
            pieces += _Layout(page, members, direction, starts_right=starts_right).pieces()
    return tuple(pieces)


def _starts_right(text: Sequence[str]) -> bool | None:
    """Returns whether most letters are written from right to left; None if none is."""
    if "".join(text).isascii():
        return None
    count = sum(map(is_right_to_left_letter, text))
    return count > sum(map(str.isalpha, text)) - count if count else None


class _Layout:
    """The characters of a page that run in one direction; all geometry is turned so that they run to the right."""

    def __init__(
        self, page: PageCharacters, members: NDArray[np.int64], direction: Direction, *, starts_right: bool | None
    ) -> None:
        self._page = page
        self._direction = direction
        self._mirrored = starts_right is True and direction is Direction.RIGHT
        seen = upright(page.boxes[members], direction)
        order = np.arange(len(members))
        self._turned = np.zeros(len(members), dtype=np.bool_)
        if starts_right is not None:
            is_rtl = np.array([is_right_to_left_letter(page.text[index]) for index in members.tolist()])
            is_mark = np.array([unicodedata.combining(page.text[index]) > 0 for index in members.tolist()])
            order, self._turned = visual_rows(seen, is_rtl, is_mark)
        else:
            baselines, sizes = self._measured(members)
            order = with_runs_behind_hosts(seen, sizes, baselines, self._may_shift(members))
        self._jumps = np.diff(order) != 1
        self._members = members[order]
        self._turned = self._turned[order]
        self._seen = seen[order]
        self._baselines, self._sizes = self._measured(self._members)
        self._spaced = self._spaces()
        self._is_spaced: list[bool] = self._spaced.tolist()

    def _measured(self, members: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """Returns the base lines and the font sizes of characters."""
        styles = self._page.styles[members]
        origins = np.concatenate([self._page.origins, self._page.origins], axis=1)
        return upright(origins, self._direction)[styles, 1], self._page.sizes[styles]

    def _may_shift(self, members: NDArray[np.int64]) -> NDArray[np.bool_]:
        return ~np.isin(self._page.codes[members], _BULLETS)

    def _spaces(self) -> NDArray[np.bool_]:
        """Returns whether a space precedes each character: one is stored there, or a gap is that can only be one."""
        is_space = np.isin(self._page.codes, SPACE_CODES)
        spaced = np.diff(np.cumsum(is_space)[self._members], prepend=0) > 0
        spaced[0] = False
        gaps = (np.concatenate([[0.0], self._seen[1:, 0] - self._seen[:-1, 2]]) / self._sizes).astype(np.float32)
        by_gap = np.concatenate([[False], self._turned[1:] | self._jumps])
        spaced = np.where(by_gap, gaps > _WORD_GAP, spaced)
        texts = (self._page.text[index] for index in self._members.tolist())
        is_letter = np.array([text.isalnum() and text < _NO_SPACES for text in texts])
        found: NDArray[np.bool_] = spaced | (lost_spaces(spaced, gaps, is_letter) & ~by_gap)
        return found

    def pieces(self) -> Iterator[Piece]:
        shifts, heights = shifted_runs(self._seen, self._sizes, self._baselines, self._may_shift(self._members))
        self._close_up(shifts)
        page = self._page
        line_breaks = np.cumsum((page.codes == ord("\r")) | (page.codes == ord("\n")))[self._members]
        same_row, stacked = adjacency(heights)
        same_row |= self._turned[1:] & (np.diff(self._seen[:, 0]) >= 0) & drawn_over_each_other(self._seen)
        is_end = ~(same_row | (stacked & (np.diff(line_breaks) == 0) & ~self._turned[1:]))
        starts = [0, *(np.flatnonzero(is_end) + 1).tolist()]
        self._join_letters(np.array(starts))
        sources = np.concatenate([page.boxes, space_boxes(page.boxes[self._members]), np.full((1, 4), np.nan)])
        sources = sources.astype(np.float32)
        labels = self._labels(starts, shifts) if shifts.any() or self._sizes.min() < self._sizes.max() else frozenset()
        lows = np.minimum.reduceat(self._seen, starts)
        highs = np.maximum.reduceat(self._seen, starts)
        sums = np.add.reduceat(self._seen[:, 3] - self._seen[:, 1], starts)
        bounds = np.concatenate([lows[:, :2], highs[:, 2:]], axis=1)
        is_shifted = np.logical_or.reduceat(shifts != 0, starts)
        is_turned = np.logical_or.reduceat(self._turned, starts)
        ends = [*starts[1:], len(self._members)]
        in_row = np.concatenate([[0], np.cumsum(same_row)])
        along = (in_row[np.array(ends) - 1] - in_row[starts]).tolist()
        for number, (first, end) in enumerate(zip(starts, ends, strict=True)):
            direction = self._piece_direction(first, end, along[number])
            rectangle, height = bounds[number], float(sums[number]) / (end - first)
            if is_shifted[number] or direction is not self._direction:
                rectangle, height = self._rectangle(first, end, direction, shifts)
            if is_turned[number]:
                entries = self._turned_entries(first, end)
            elif is_shifted[number]:
                entries = self._marked_entries(first, end, shifts, labels)
            else:
                entries = self._entries(first, end)
            yield Piece(
                text="".join([text for text, _ in entries]),
                boxes=sources[[source for text, source in entries for _ in text]],
                rectangle=rectangle,
                size=height,
                bold=page.bold[page.styles[self._members[(first + end) // 2]]],
                direction=direction,
            )

    def _join_letters(self, starts: NDArray[np.int64]) -> None:
        """Takes back the spaces that PDFium adds between letters that are set apart."""
        page = self._page
        is_stored = (page.styles >= 0) & (page.boxes[:, 2] > page.boxes[:, 0])
        stored = np.cumsum(np.isin(page.codes, SPACE_CODES) & is_stored)[self._members]
        gaps = np.concatenate([[0.0], self._seen[1:, 0] - self._seen[:-1, 2]]) / self._sizes
        is_added = np.diff(stored, prepend=0) == 0
        self._spaced = without_letter_spaces(self._spaced, is_added, gaps.astype(np.float32), starts)
        self._is_spaced = self._spaced.tolist()

    def _close_up(self, shifts: NDArray[np.int8]) -> None:
        """Takes back the spaces that PDFium adds beside raised and lowered characters where there is no gap."""
        for place in np.flatnonzero(np.diff(shifts)).tolist():
            first, last = int(self._members[place]), int(self._members[place + 1])
            gap = float(self._seen[place + 1, 0] - self._seen[place, 2])
            is_added = (self._page.styles[first + 1 : last] < 0).all()
            if self._is_spaced[place + 1] and is_added and gap < _CLOSE * float(self._sizes[place]):
                self._spaced[place + 1] = self._is_spaced[place + 1] = False

    def _piece_direction(self, first: int, end: int, along: int) -> Direction:
        """Returns where a piece runs; ``along`` is how many of its characters follow another along the line."""
        if self._direction is not Direction.RIGHT:
            return self._direction
        if self._mirrored:
            return Direction.LEFT
        if end - first < _MIN_STACK or along > _MIN_OVERLAP * (end - first - 1):
            return Direction.RIGHT
        return Direction.DOWN if self._seen[end - 1, 1] < self._seen[first, 1] else Direction.UP

    def _rectangle(
        self, first: int, end: int, direction: Direction, shifts: NDArray[np.int8]
    ) -> tuple[FloatArray, float]:
        """Returns the box of a piece, turned to run to the right, and its height without what is raised or lowered."""
        boxes = upright(self._page.boxes[self._members[first:end]], direction)
        low, high = boxes.min(axis=0), boxes.max(axis=0)
        normal = shifts[first:end] == 0
        tall = boxes[normal] if normal.any() else boxes
        rectangle = np.array([low[0], tall[:, 1].min(), high[2], tall[:, 3].max()], dtype=np.float32)
        return rectangle, float(np.add.reduce(tall[:, 3] - tall[:, 1])) / len(tall)

    def _labels(self, starts: Sequence[int], shifts: NDArray[np.int8]) -> frozenset[str]:
        """Returns the marks with which notes begin: raised, or before smaller text, at the start of a piece."""
        usual = float(np.median(self._sizes))
        labels = set()
        for first, end in zip(starts, [*starts[1:], len(self._members)], strict=True):
            if not shifts[first] and self._sizes[end - 1] > _NOTE_SIZE * usual:
                continue
            stop = first
            while (
                stop < min(end, first + 3) and self._text(stop).isalnum() and (stop == first or not self._spaced[stop])
            ):
                if shifts[first] != shifts[stop]:
                    break
                stop += 1
            label = "".join(map(self._text, range(first, stop)))
            is_apart = stop < end and (self._spaced[stop] or shifts[first] > 0 or self._text(stop) in ").")
            if is_apart and (label.isdecimal() or len(label) == 1):
                labels.add(label)
        return frozenset(labels)

    def _text(self, place: int) -> str:
        character: str = self._page.text[self._members[place]]
        return character

    def _entries(self, first: int, end: int) -> list[tuple[str, int]]:
        """Returns the texts of a stretch, each with the row of its box."""
        entries: list[tuple[str, int]] = []
        text, spaced, spaces = self._page.text, self._is_spaced, len(self._page.text)
        for place, index in enumerate(self._members[first:end].tolist(), start=first):
            if spaced[place] and place > first:
                entries.append((" ", spaces + place - 1))
            character = text[index]
            if character > "\u007f" or character in DIVIDING_HYPHENS:
                character = written(character, is_last=place == end - 1)
            entries.append((character, index))
        return entries

    def _marked_entries(
        self, first: int, end: int, shifts: NDArray[np.int8], labels: frozenset[str]
    ) -> list[tuple[str, int]]:
        spaces = len(self._page.text)
        entries: list[tuple[str, int]] = []
        starts = [first, *(place for place in range(first + 1, end) if shifts[place] != shifts[place - 1])]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            run = self._entries(start, stop)
            gap = [(" ", spaces + start - 1)] if start > first and self._spaced[start] else []
            if not shifts[start]:
                entries += gap + run
                continue
            text = "".join(part for part, _ in run)
            if shifts[start] < 0:
                lowered = lowered_text(text)
                places = [source for part, source in run for _ in part]
                entries += [*gap, *zip(lowered, places, strict=True)]
                continue
            before = "".join(part for part, _ in entries[-_LOOKED_BACK:])
            mark = raised_mark(text, before=before, after=self._following(stop, end), labels=labels)
            places = [source for part, source in run for _ in part]
            if not before:
                gap = []
            entries += [*gap, (mark.before, -1), *zip(mark.text, places, strict=True), (mark.after, -1)]
            if not before and stop < end and not self._spaced[stop]:
                entries.append((" ", spaces + stop - 1))
        return entries

    def _following(self, start: int, end: int) -> str:
        return "".join(
            (" " if self._spaced[place] else "") + self._text(place) for place in range(start, min(end, start + 12))
        )

    def _turned_entries(self, first: int, end: int) -> list[tuple[str, int]]:
        """Returns the texts of a stretch with right-to-left letters in the order of reading."""
        spaces = len(self._page.text)
        clusters: list[list[int]] = []
        space_rows: list[int] = []
        for place in range(first, end):
            if place > first and not self._spaced[place] and self._is_with(place - 1, place):
                clusters[-1].append(place)
            else:
                if place > first and self._spaced[place]:
                    clusters.append([])
                    space_rows.append(spaces + place - 1)
                clusters.append([place])
        rows = iter(space_rows)
        seen: list[tuple[str, int]] = []
        for cluster in clusters:
            if not cluster:
                seen.append((" ", next(rows)))
                continue
            letters = [written(self._text(place), is_last=False) or self._text(place) for place in cluster]
            seen.append((joined_cluster(letters), int(self._members[cluster[0]])))
        texts = [text for text, _ in seen]
        order = reading_order(texts, starts_right=self._mirrored or _is_mostly_right_to_left(texts))
        return [(text, seen[place][1]) for place, text in order]

    def _is_with(self, before: int, place: int) -> bool:
        if unicodedata.combining(self._text(place)):
            return True
        return bool(np.allclose(self._seen[before, [0, 2]], self._seen[place, [0, 2]], atol=0.01))


def _is_mostly_right_to_left(texts: Sequence[str]) -> bool:
    letters = [text for text in texts if text[:1].isalpha()]
    return 2 * sum(is_right_to_left_letter(text[0]) for text in letters) > len(letters)
