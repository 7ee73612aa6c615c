"""Reads the paragraphs and tables of slides (DrawingML)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.cell_kinds import is_without_names
from ingest.parsing.blocks.raised import raised
from ingest.parsing.office.cells import OfficeCell, span, table_blocks
from ingest.parsing.office.elements import Node, attribute, child, chosen, descendants, is_set, tag
from ingest.parsing.office.equations import linear
from ingest.parsing.office.links import address_after
from ingest.parsing.office.number_forms import formatted
from ingest.parsing.office.package import Part
from ingest.parsing.office.state import ReadingState
from rag.types import ElementKind

_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_FILLED_IN = ("slidenum",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """The text of a paragraph, how far it is indented, and whether it has a bullet or a number of its own."""

    text: str
    depth: int
    is_item: bool


def read_paragraphs(body: Node | None, part: Part, state: ReadingState) -> list[Paragraph]:
    """Returns the paragraphs with text of a text body, with their automatic numbers, without what is struck out."""
    found = []
    counts: dict[tuple[int, str], int] = {}
    for node in body if body is not None else ():
        if tag(node) != "a:p":
            continue
        text = clean(_text(node, part, state))
        properties = child(node, "a:pPr")
        level = attribute(properties, "lvl") or "0"
        depth = int(level) if level.isdecimal() else 0
        number = child(properties, "a:buAutoNum")
        if text and number is not None:
            text = f"{_number(number, depth, counts)} {text}"
        elif text:
            counts = {key: count for key, count in counts.items() if str(key[0]) < level}
        if text:
            is_bullet = child(properties, "a:buChar") is not None or number is not None
            found.append(Paragraph(text=text, depth=depth, is_item=is_bullet))
    return found


def table_block(table: Node, part: Part, state: ReadingState) -> list[Block]:
    """Returns a table of a slide."""
    look = child(table, "a:tblPr")
    rows = [list(_cells(row, part, state)) for row in table if tag(row) == "a:tr"]
    has_first_row = is_set(look, "firstRow")  # every new table has it, also without names
    texts = [[" ".join(block.text for block in cell.blocks) for cell in row] for row in rows]
    if has_first_row and not is_without_names(texts):
        for cell in rows[0]:
            cell.is_header = True
    return table_blocks(rows, keeps_frames=False, has_labels=is_set(look, "firstCol") and not has_first_row)


def _cells(row: Iterable[Node], part: Part, state: ReadingState) -> Iterator[OfficeCell]:
    for cell in row:
        if tag(cell) != "a:tc" or is_set(cell, "hMerge") or is_set(cell, "vMerge"):
            continue
        runs = [run for run in descendants(cell, "a:r") if (getattr(child(run, "a:t"), "text", None) or "").strip()]
        texts = (paragraph.text for paragraph in read_paragraphs(child(cell, "a:txBody"), part, state))
        yield OfficeCell(
            blocks=[Block(kind=ElementKind.PARAGRAPH, text=text) for text in texts],
            rows=span(attribute(cell, "rowSpan")),
            columns=span(attribute(cell, "gridSpan")),
            is_bold=bool(runs) and all(is_set(child(run, "a:rPr"), "b") for run in runs),
        )


def _text(paragraph: Iterable[Node], part: Part, state: ReadingState) -> str:
    parts: list[str] = []
    for node in paragraph:
        name = tag(node)
        if name in {"a:r", "a:fld"} and attribute(node, "type") not in _FILLED_IN:
            text = child(node, "a:t")
            if attribute(child(node, "a:rPr"), "strike", "noStrike") != "noStrike":
                state.strike((text.text or "") if text is not None else "")
                continue
            parts.append(_run(node, (text.text or "") if text is not None else "", "".join(parts[-8:]), part))
        elif name in {"a:br", "a:tab"}:
            parts.append("\n" if name == "a:br" else " ")
        elif name == "mc:AlternateContent":
            parts.append(_text(chosen(node), part, state))
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
    is_link = relation is not None and relation.is_external
    return text + address_after(text, relation.target) if relation is not None and is_link else text


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
