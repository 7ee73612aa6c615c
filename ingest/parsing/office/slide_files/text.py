"""Reads the paragraphs and tables of slides (DrawingML)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.raised import raised
from ingest.parsing.blocks.tables import Cell, Grid, grid_lines
from ingest.parsing.office.equations import linear
from ingest.parsing.office.number_forms import formatted
from ingest.parsing.office.package import Node, Part, attribute, child, chosen, descendants, is_address_shown, tag
from rag.types import ElementKind

_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_MAX_SPAN = 1_000
_MAX_REPEATED = 500
_FILLED_IN = ("slidenum",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """The text of a paragraph, and whether it has a bullet or a number of its own."""

    text: str
    is_item: bool


def read_paragraphs(body: Node | None, part: Part) -> list[Paragraph]:
    """Returns the paragraphs with text of a text body, with their automatic numbers."""
    found = []
    counts: dict[tuple[int, str], int] = {}
    for node in body if body is not None else ():
        if tag(node) != "a:p":
            continue
        text = clean(_text(node, part))
        properties = child(node, "a:pPr")
        level = attribute(properties, "lvl") or "0"
        number = child(properties, "a:buAutoNum")
        if text and number is not None:
            text = f"{_number(number, int(level) if level.isdecimal() else 0, counts)} {text}"
        elif text:
            counts = {key: count for key, count in counts.items() if str(key[0]) < level}
        if text:
            is_bullet = child(properties, "a:buChar") is not None or number is not None
            found.append(Paragraph(text=text, is_item=is_bullet))
    return found


def table_block(table: Node, part: Part) -> list[Block]:
    """Returns a table of a slide."""
    has_header = attribute(child(table, "a:tblPr"), "firstRow") in {"1", "true"}
    rows: list[list[Cell]] = []
    for row in table:
        if tag(row) == "a:tr":
            rows.append(list(_cells(row, part, is_header=has_header and not rows)))
    text = clean("\n".join(grid_lines(Grid.of(rows))))
    return [Block(kind=ElementKind.TABLE, text=text)] if text else []


def _cells(row: Iterable[Node], part: Part, *, is_header: bool) -> Iterator[Cell]:
    for cell in row:
        if tag(cell) != "a:tc" or any(attribute(cell, name) in {"1", "true"} for name in ("hMerge", "vMerge")):
            continue
        texts = [paragraph.text for paragraph in read_paragraphs(child(cell, "a:txBody"), part)]
        text = (" " if is_header else ", ").join(texts)
        is_short = len(text) <= _MAX_REPEATED  # what is repeated in every row that it covers or names
        yield Cell(
            text=text,
            row_span=_span(attribute(cell, "rowSpan")) if is_short else 1,
            column_span=_span(attribute(cell, "gridSpan")),
            is_header=is_header and is_short,
        )


def _text(paragraph: Iterable[Node], part: Part) -> str:
    parts: list[str] = []
    for node in paragraph:
        name = tag(node)
        if name in {"a:r", "a:fld"} and attribute(node, "type") not in _FILLED_IN:
            text = child(node, "a:t")
            parts.append(_run(node, (text.text or "") if text is not None else "", "".join(parts[-8:]), part))
        elif name in {"a:br", "a:tab"}:
            parts.append("\n" if name == "a:br" else " ")
        elif name == "mc:AlternateContent":
            parts.append(_text(chosen(node), part))
        elif name == "m" or name.startswith("m:"):
            parts += [f" {linear(each)} " for each in descendants(node, "m:oMath")]
    return "".join(parts)


def _run(node: Node, text: str, before: str, part: Part) -> str:
    properties = child(node, "a:rPr")
    height = attribute(properties, "baseline") or "0"
    if height.lstrip("-").isdecimal() and int(height) > 0 and text.strip():
        return raised(before, text)
    link = child(properties, "a:hlinkClick")
    relation = part.relations.get(attribute(link, "id") or "")
    if relation is not None and relation.is_external and text.strip() and not is_address_shown(relation.target, text):
        return f"{text} ({relation.target.removeprefix('mailto:')})"
    return text


def _number(node: Node, level: int, counts: dict[tuple[int, str], int]) -> str:
    kind = attribute(node, "type") or "arabicPeriod"
    start = attribute(node, "startAt") or "1"
    key = (level, kind)
    for other in [each for each in counts if each[0] > level]:
        del counts[other]
    counts[key] = counts[key] + 1 if key in counts else int(start) if start.isdecimal() else 1
    form = next((form for prefix, form in _FORMS.items() if kind.startswith(prefix)), "decimal")
    text = formatted(counts[key], form)
    if kind.endswith("ParenBoth"):
        return f"({text})"
    return text + (")" if kind.endswith("ParenR") else "" if kind.endswith("Plain") else ".")


def _span(text: str | None) -> int:
    return min(int(text), _MAX_SPAN) if text is not None and text.isdecimal() else 1
