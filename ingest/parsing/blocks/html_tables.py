"""Reads the rows of an HTML table as cells with their spans. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html

from ingest.parsing.blocks.grids import Cell

_HEADINGS = tuple(f"h{level}" for level in range(1, 7))
_SECTIONS = {"thead": 0, "tfoot": 2}  # a foot may stand before the body, and is shown below it
_BLOCKS = frozenset(
    "address blockquote br dd div dl dt figure h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul".split()
)
_LONGEST_SPAN = 65_534  # as HTML has it


def html_rows(root: html.HtmlElement) -> list[list[Cell]]:
    """Returns the rows of the first table in ``root``, head first and foot last; a table in a cell is the cell's text.

    Cells in the head, and ``th`` elsewhere, are header cells; so are those that hold a heading.
    """
    table = root if root.tag == "table" else next(root.iter("table"), root)
    rows = sorted(_own_rows(table), key=lambda row: _SECTIONS.get(_section(row), 1))
    ends = {id(row): index for index, row in enumerate(rows)}
    last = {_section(row): ends[id(row)] for row in rows}
    found = []
    for number, row in enumerate(rows):
        section = _section(row)
        found.append(
            [
                Cell(
                    text=_text(cell),
                    row_span=_span(cell.get("rowspan"), to_the_end=last[section] - number + 1),
                    column_span=_span(cell.get("colspan"), to_the_end=1),
                    is_header=cell.tag == "th" or section == "thead" or next(cell.iter(*_HEADINGS), None) is not None,
                )
                for cell in row.iterchildren("td", "th")
            ]
        )
    return found


def _own_rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for child in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        if child.tag == "tr":
            yield child
        else:
            yield from child.iterchildren("tr")


def _section(row: html.HtmlElement) -> str:
    parent = row.getparent()
    return str(parent.tag) if parent is not None else ""


def _span(value: str | None, *, to_the_end: int) -> int:
    """Returns a span; 0 stands for all rows that are left."""
    text = (value or "").strip()
    if not text.isascii() or not text.isdecimal():
        return 1
    return min(int(text[:9]), _LONGEST_SPAN) or to_the_end


def _text(cell: html.HtmlElement) -> str:
    """Returns the text of a cell; blocks and line breaks in it do not glue words."""
    parts: list[str] = []
    for event, element in html.etree.iterwalk(cell, events=("start", "end")):
        if not isinstance(element.tag, str):
            parts.append((element.tail or "") if event == "end" else "")
            continue
        if element.tag in _BLOCKS:
            parts.append(" ")
        if event == "start":
            parts.append(element.text or "")
        elif element is not cell:
            parts.append(element.tail or "")
    return " ".join("".join(parts).split())
