"""What of a chunk is quoted as a whole: sentences, commands with their comment, headings that state something. Pure."""

from __future__ import annotations

import re

from rag.text.facts import claimed
from rag.text.sentences import split_sentences
from rag.types import Chunk, Span

_COMMENT = re.compile(r"(?:#|//|--|;|::|REM)\s")
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,12}\]:?\s*+(?=\S)")
_INTRODUCES = (":", "：")
_LONGEST = 400
"""Characters of a unit of several lines."""

_AUTHOR = re.compile(
    r"(?:authors?|by|written by|writer|creator|autor(?:in|en)?|verfasser(?:in)?) ?: ?\S", re.IGNORECASE
)
_DATE = re.compile(r"(?:date|published|created|issued|datum|publication[ _-]date) ?: ?\S", re.IGNORECASE)
_UPDATE = re.compile(r"(?:last[ _-]?)?(?:updated|modified|changed|revised)(?:[ _-]?(?:at|on))? ?: ?\S", re.IGNORECASE)
_SENDER = re.compile(r"(?:from|von|de|från|fra|da|van|发件人|差出人) ?[:：] ?\S", re.IGNORECASE)
_RECIPIENT = re.compile(r"(?:to|cc|an|à|para|till|til|aan|收件人|宛先) ?[:：] ?\S", re.IGNORECASE)
_METADATA = {
    _SENDER: "Who sent, wrote or mailed this mail, message or e-mail, {}? Who is it from?",
    _RECIPIENT: "To whom was this mail, message or e-mail, {}, sent? Who received it?",
    _AUTHOR: "Who wrote this document, report or article, {}? Who is its author?",
    _DATE: "When was this document, report, article or mail, {}, written, sent and published? What is its date?",
    _UPDATE: "When was this document, report or article, {}, last updated, changed or revised?",
}
"""Lines about the document, and the questions that they answer of a title."""

_NUMBERING = re.compile(
    r"(?:(?:annex|appendix|article|chapter|figure|item|module|page|part|phase|section|stage|step|table|unit|abschnitt|"
    r"anhang|kapitel|schritt|teil)\s)?+[(\[]?(?:\d+(?:\.\d+)*+|[IVX]+|[A-Z])[.):\]]*+\s++",
    re.IGNORECASE,
)
_ASKS = re.compile(r"(?:how|what|when|where|which|whom?|whose|why|if|wie|was|wann|wo|wer|warum)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\S\s(?:is|are|was|were|has|have|had|will|must|may|can|cannot|shall|should|does|do|costs?|ends?|starts?|begins?|"
    r"opens?|closes?|needs?|requires?|appl(?:y|ies)|expires?|rises?|falls?|ist|sind|war|waren|wird|werden|hat|haben|"
    r"muss|müssen|kann|können|darf|dürfen|kostet|kosten|endet|beginnt|gilt|gelten|"
    r"\w+ed (?:at|by|for|from|in|on|to|until|with))\s\S"
)
_VALUE = re.compile(
    r"(?<![\w.])\d[\d.,]{0,20} ?(?:%|percent|per cent|[€$£¥°]|EUR|USD|GBP|CHF|[kmcµ]?[gmlWVA]|kWh|bar|Hz|years?|"
    r"months?|weeks?|days?|hours?|minutes?|h|min|[ap]\.?m|Jahre|Monate|Wochen|Tage|Stunden|Uhr)(?!\w)"
    r"|[€$£¥] ?\d|\d{1,2}[:.]\d\d ?(?:h|Uhr|[ap]\.?m)|\+\d[\d ()/-]{4,20}\d|\w@\w|https?://\w|: {1,3}\S"
)


def sentence_spans(chunk: Chunk) -> tuple[Span, ...]:
    """Returns the chunk's sentences as spans of the version's extracted text, without note marks at their beginning.

    One unit are a comment with the commands under it, a line that a backslash continues with the next one, and an
    introduction that ends in a colon with the single line under it.
    """
    text = chunk.text
    spans = split_sentences(text)
    units: list[Span] = []
    for at, span in enumerate(spans):
        after = text[span.end : spans[at + 1].start] if at + 1 < len(spans) else "\n\n"
        if units and _goes_on(chunk, units[-1], span, is_alone="\n\n" in after):
            units[-1] = Span(start=units[-1].start, end=span.end)
        else:
            units.append(span)
    return tuple(_placed(chunk, unit) for unit in units)


def first_line(text: str) -> str:
    """Returns what of a unit is compared with a question.

    The first line of several introduces them: a comment, say, or a command before its options.
    """
    return text.partition("\n")[0]


def is_question(sentence: str) -> bool:
    """Returns whether the sentence ends with a question mark."""
    return sentence.rstrip().endswith(("?", "？"))


def answered_by_metadata(line: str, title: str) -> str:
    """Returns the question about the document that a line such as ``author: Ada Berg`` answers; empty for others."""
    return next((question.format(title) for pattern, question in _METADATA.items() if pattern.match(line)), "")


def is_heading(chunk: Chunk, text: str) -> bool:
    """Returns whether ``text`` is the title or a heading of the chunk."""
    return text == chunk.title or text in chunk.heading_path


def states_something(heading: str) -> bool:
    """Returns whether a heading has a verb, a day, a value or a label, beside its number, and is no question."""
    text = heading[match.end() :] if (match := _NUMBERING.match(heading)) else heading
    if is_question(text) or _ASKS.match(text):
        return False
    has_day = any(day for readings in claimed(text).dates for _, _, day in readings)
    return has_day or _VERB.search(text) is not None or _VALUE.search(text) is not None


def _goes_on(chunk: Chunk, unit: Span, span: Span, *, is_alone: bool) -> bool:
    """Returns whether a sentence belongs to the unit before it; ``is_alone``: a blank line follows it."""
    text = chunk.text
    before, gap, line = text[unit.start : unit.end], text[unit.end : span.start], text[span.start : span.end]
    if span.end - unit.start > _LONGEST:
        return False
    if before.endswith(_INTRODUCES):
        return is_alone and "\n" in gap and "\n" not in before and not is_heading(chunk, before)
    if "\n\n" in gap:
        return False
    *_, last_line = before.splitlines()
    is_next_comment = _COMMENT.match(line) is not None and _COMMENT.match(last_line) is None
    return last_line.endswith("\\") or (_COMMENT.match(before) is not None and not is_next_comment)


def _placed(chunk: Chunk, unit: Span) -> Span:
    mark = _NOTE_MARK.match(chunk.text, unit.start, unit.end)
    return Span(start=chunk.span.start + (mark.end() if mark else unit.start), end=chunk.span.start + unit.end)
