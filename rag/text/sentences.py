"""Splits text into sentences, in all scripts.

Pure. Where a sentence ends depends on what stands before the place and on the next word only: the sentences of a
growing text stay as they are once the word after them is complete.
"""

from __future__ import annotations

import re

from rag.text.abbreviations import GOES_ON_IN_JAPANESE, GOES_ON_IN_THAI
from rag.text.full_stops import FullStops
from rag.types import Span

# Each branch begins with a character, for which `re` looks fast.
_END = re.compile(
    # With the quotation marks, brackets and note marks after it.
    r"[.!?…](?<![.!?…]{2})[.!?…]*+(?:[\"'”’“‘»›)\]]|[^\S\n]»|[^\S\n]?\[\^[^\]\s]{1,12}\]|\[\d{1,3}\])*+(?=\s)"
    r"|[。！？；｡।॥۔؟።፧။។៕։]++[」』”’）》】\"']*+"  # needs no white space behind it
    r"|[;\u037e](?<=[\u0370-\u03ff].)(?=\s)"  # the Greek question mark
    r"| (?<=[\u0e00-\u0e7f].)(?=[\u0e00-\u0e7f])"  # Thai has no marks, but spaces between sentences and clauses
    r"|\n++"
)
_NEXT = re.compile(r"[^\S\n]*+([–—\-\"'`“„«‹‘¿¡(\[]*+[^\S\n]*+)(\S{1,30})")
# A letter is enough in scripts without capitals, a few in Thai.
_FIRST_WORD = re.compile(
    r"[^\S\n]*+(?:\n|\S++\s|[\u0e00-\u0e7f]\S{7}|[^\W\d_a-zA-Z\u00aa-\u058f\u0e00-\u0e7f\u1e00-\u1fff])"
)
_LAST_WORD = re.compile(r"(?<=[.!?…\"'”’“‘»›)\]])\s\S++\Z")
_NEXT_LIST_MARK = re.compile(r"[a-z]\)")
_NEXT_NUMBER = re.compile(r"\d{1,2}\)[^\S\n]+(\S{1,30})")
_NAMED = re.compile(r"[^.!?:\n]{1,120}: ")
_CELL_BEFORE_BAR = re.compile(
    r"(?:\| )*+(?:\d{1,2}\.(?= ))?+(?:[^\n|(\[{`.!?…;。！？；｡।॥۔؟።፧។៕\u037e\u0e00-\u0e7f]|\.(?=[^\s|])){1,40} \| ?\S"
)
_MIN_NAMED_SHARE = 0.6
_SHORTEST_IN_THAI = 20


def split_sentences(text: str) -> tuple[Span, ...]:
    """Returns the spans of the sentences of ``text``, in order, without surrounding white space.

    A line break always ends a sentence, so that headings, list items and table rows stand alone; a leading list number
    belongs to its sentence. A row of a table is one sentence, whatever its cells hold: a part of it would not say what
    it is about. The spans cover the whole text except white space. An empty text has none.
    """
    spans: list[Span] = []
    start = 0
    line_end, in_row = -1, False
    full_stops = FullStops(text)
    for match in _END.finditer(text):
        if match.start() > line_end:
            line_start = text.rfind("\n", 0, match.start()) + 1
            line_end = text.find("\n", match.start())
            line_end = len(text) if line_end < 0 else line_end
            in_row = is_row(text[line_start:line_end])
        if match.group().startswith("\n") or (not in_row and _ends_sentence(text, start, match, full_stops)):
            _append_stripped(spans, text, start, match.end())
            start = match.end()
    _append_stripped(spans, text, start, len(text))
    return tuple(spans)


def settled_sentences(text: str) -> tuple[Span, ...]:
    """Returns the first sentences of a growing text, those that stay as they are whatever is added.

    Only a table row may still join them, which is known as one by its end.
    """
    spans = split_sentences(text)
    if len(spans) <= 1:
        return ()
    rest = text[spans[-2].end :]
    return spans[:-1] if _FIRST_WORD.match(rest) else spans[:-2]


def begun_sentence(text: str) -> Span | None:
    """Returns what surely belongs to the first sentence of a growing text; None without one."""
    spans = split_sentences(text)
    if not spans:
        return None
    undecided = _LAST_WORD.search(text, spans[0].start, spans[0].end)
    return Span(start=spans[0].start, end=undecided.start()) if undecided and len(spans) == 1 else spans[0]


def is_row(line: str) -> bool:
    """Returns whether a line is a row of a table, as parsing writes it: values with their names, or with bars between.

    A first cell without code, an open bracket or the end of a sentence tells it from most prose with a bar.
    """
    cells = line.split("; ")
    if _CELL_BEFORE_BAR.match(line):
        return True
    named = sum(_NAMED.match(cell) is not None for cell in cells)
    return named > 1 and named >= _MIN_NAMED_SHARE * len(cells)


def _ends_sentence(text: str, start: int, match: re.Match[str], full_stops: FullStops) -> bool:
    """Returns whether the sentence that begins at ``start`` ends with the mark, which is no line break."""
    mark = match.group()
    if mark == " ":
        return match.start() - start >= _SHORTEST_IN_THAI and not text.startswith(GOES_ON_IN_THAI, match.end())
    if mark[0] not in ".!?…":
        return mark[-1] not in "」』”" or not text.startswith(GOES_ON_IN_JAPANESE, match.end())
    following = _NEXT.match(text, match.end())
    # At the end of a line the line break decides.
    if following is None:
        return False
    opening, word = following.groups()
    if opening.endswith("(") and (numbered := _NEXT_NUMBER.match(text, following.start(2))):
        word = numbered[1]
    if _is_small(word):
        return mark[0] in "!?" and mark[-1] in "!?" and not opening
    return mark[0] != "." or mark.startswith("..") or full_stops.ends_sentence(start, match.start(), word)


def _is_small(word: str) -> bool:
    """Returns whether a word is written small, and is neither a list mark nor a name such as iPad."""
    return word[0].islower() and not word[1:2].isupper() and not _NEXT_LIST_MARK.match(word)


def _append_stripped(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append(Span(start=first, end=first + len(stripped)))
