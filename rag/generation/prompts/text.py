"""Makes the text of documents and users harmless in a prompt: it cannot close its tag or pass for a role. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag.answers import AnswerTable, Turn
from rag.types import Passage

# Our tags and the control tokens of chat templates (<|im_end|>, </s>, <start_of_turn>) all begin with "<" and a sign
# that is no digit; a comparison ("< 5", "<= 3") keeps its own, so that the model can copy it. Some tokenizers fold the
# wide forms to "<".
_TAG = re.compile(r"[<＜﹤](?!=?\s*[-+±]?[.,]?\d)")
# Mistral's control tokens: [INST], [/INST], [TOOL_CALLS] ...
_BRACKETED = re.compile(r"\[(?=/?[A-Z][A-Z_]+\])")


DATA_MARK = "ˆ"


def as_data(text: str) -> Markup:
    """Returns the text with the beginnings of tags and control tokens escaped, and otherwise unchanged.

    A template's ``| e`` does not escape it again.
    """
    return Markup(_harmless(text))  # noqa: S704 - a prompt needs no other escaping


def as_attribute(text: str) -> Markup:
    """Returns the text as ``as_data`` does, on one line, for the value of a tag's attribute."""
    line = _harmless(" ".join(text.split()))
    return Markup(line.replace('"', "&quot;").replace(">", "&gt;"))  # noqa: S704 - the same


def _harmless(text: str) -> str:
    return _BRACKETED.sub("[ ", _TAG.sub("&lt;", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSource:
    """A passage as a template sees it. ``section`` is empty where the document has no headings."""

    number: int
    title: Markup
    section: Markup
    text: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A part of a table as a template sees it: Markdown, each row with the numbers of its sources."""

    title: Markup
    text: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTurn:
    """An earlier message as a template sees it; ``role`` is ``user`` or ``assistant``."""

    role: str
    text: Markup


def shown_source(passage: Passage, *, marked: bool = False) -> ShownSource:
    """Returns the passage as a template sees it.

    A ``marked`` one has a sign between its words, by which a model can tell that they are data: datamarking, Hines et
    al. 2024 (Defending against indirect prompt injection attacks with spotlighting).
    """
    chunk = passage.hit.chunk
    return ShownSource(
        number=passage.number,
        title=as_attribute(chunk.title),
        section=as_attribute(" > ".join(chunk.heading_path)),
        text=as_data(DATA_MARK.join(passage.text.split()) if marked else passage.text),
    )


def shown_table(table: AnswerTable) -> ShownTable:
    """Returns the table as a template sees it."""
    lines = [_row(table.header), _row(["---"] * len(table.header))]
    for row in table.rows:
        sources = dict.fromkeys(cell.mark.number for cell in row if cell.mark is not None)
        lines.append(f"{_row([cell.text for cell in row])} {' '.join(f'[{number}]' for number in sources)}".rstrip())
    return ShownTable(title=as_attribute(table.title), text=as_data("\n".join(lines)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', '/') for cell in cells)} |"


def shown_turn(turn: Turn) -> ShownTurn:
    """Returns the earlier message as a template sees it."""
    return ShownTurn(role=turn.role.value, text=as_data(turn.content))
