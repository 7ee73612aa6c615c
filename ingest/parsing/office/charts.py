"""Writes the data of charts and the texts of diagrams (SmartArt) of office files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.tables import Cell, Grid, table_block
from ingest.parsing.displayed.numbers import GENERAL, shown_number
from ingest.parsing.office.elements import Node, attribute, child, descendants, tag
from rag.types import ElementKind

_MAX_POINTS = 100_000
_MAX_DEPTH = 20
_MAX_INHERITED = 80
# Which of the two comes first, its reader's country says.
_COUNTRY_DATE = re.compile(r"mm?/dd?/yy(?:yy)?|dd?/mm?/yy(?:yy)?")


def chart_blocks(root: Node) -> list[Block]:
    """Returns the title of a chart, and its data as a table: a row for each category, a column for each series."""
    blocks = [Block(kind=ElementKind.PARAGRAPH, text=title)] if (title := _chart_title(root)) else []
    series = list(descendants(root, "c:ser"))
    table = _table(series) if series else _extended_table(root)
    blocks += table_block(Grid.of(table), name=title)
    axes = [text for axis in descendants(root, "c:catAx", "c:valAx", "c:dateAx", "c:serAx") if (text := _title(axis))]
    loose = [text for node in descendants(root, "c:dLbls") for text in paragraphs(node)]
    if axes or loose:
        blocks.append(Block(kind=ElementKind.PARAGRAPH, text=clean("\n".join(dict.fromkeys((*axes, *loose))))))
    return blocks


def diagram_blocks(root: Node) -> list[Block]:
    """Returns the texts of a diagram, from its data part, in the order of their connections; items of a list."""
    points = {attribute(point, "modelId") or "": point for point in descendants(root, "dgm:pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in descendants(root, "dgm:cxn"):
        if attribute(link, "type", "parOf") == "parOf":
            order = attribute(link, "srcOrd") or "0"
            source, target = attribute(link, "srcId") or "", attribute(link, "destId") or ""
            below.setdefault(source, []).append((int(order) if order.isdecimal() else 0, target))
    paths: dict[str, tuple[str, ...]] = {}
    texts = {key: " ".join(" ".join(paragraphs(point)).split()) for key, point in points.items()}
    for top in [key for key, point in points.items() if attribute(point, "type") == "doc"]:
        _follow(top, (), texts, below, paths)
    paths |= {key: (text,) for key, text in texts.items() if key not in paths}
    shown = (clean(" > ".join(filter(None, paths[key]))) for key in paths if texts.get(key))
    return [Block(kind=ElementKind.LIST_ITEM, text=text) for text in shown if text]


def paragraphs(node: Node) -> list[str]:
    """Returns the text of each DrawingML paragraph below an element."""
    found = (" ".join("".join(_pieces(each)).split()) for each in descendants(node, "a:p"))
    return [text for text in found if text]


def _pieces(paragraph: Node) -> Iterator[str]:
    for node in paragraph.iter():
        if tag(node) == "a:t":
            yield node.text or ""
        elif tag(node) in {"a:br", "a:tab"}:
            yield " "


def _follow(
    key: str,
    above: tuple[str, ...],
    texts: Mapping[str, str],
    below: Mapping[str, Sequence[tuple[int, str]]],
    paths: dict[str, tuple[str, ...]],
) -> None:
    """Adds a point and those below it, each with the texts of the points above it, unless these are sentences."""
    if key in paths or len(above) > _MAX_DEPTH:  # damaged data may lead round in a circle
        return
    text = texts.get(key, "")
    paths[key] = (*above, text)
    inherited = text if len(text) <= _MAX_INHERITED else ""
    for _, target in sorted(below.get(key, ())):
        _follow(target, (*above, inherited), texts, below, paths)


def _chart_title(root: Node) -> str:
    for chart in descendants(root, "c:chart", "cx:chart"):
        return _title(chart)
    return ""


def _title(node: Node) -> str:
    title = child(node, "c:title")
    title = title if title is not None else child(node, "cx:title")
    if title is None:
        return ""
    return " ".join(paragraphs(title)) or " ".join(each.text or "" for each in descendants(title, "c:v", "cx:v"))


def _table(series: list[Node]) -> list[list[Cell]]:
    columns: list[tuple[str, dict[int, str]]] = []
    categories: dict[int, str] = {}
    for each in series:
        name = " ".join(value.text or "" for text in each if tag(text) == "c:tx" for value in descendants(text, "c:v"))
        labels = _points(child(each, "c:cat"))
        categories = {**labels, **categories}
        for role, label in (("c:xVal", "x"), ("c:yVal", "y"), ("c:bubbleSize", "size"), ("c:val", "")):
            values = _points(child(each, role))
            if values:
                columns.append((f"{name} {label}".strip(), values))
    rows = sorted({*categories, *chain.from_iterable(values for _, values in columns)})
    header = [Cell(text="", is_header=True), *(Cell(text=name, is_header=True) for name, _ in columns)]
    body = [
        [Cell(text=categories.get(row, "")), *(Cell(text=values.get(row, "")) for _, values in columns)] for row in rows
    ]
    return [header, *body]


def _extended_table(root: Node) -> list[list[Cell]]:
    """Returns the data of a chart of the newer kinds (funnel, waterfall, tree), one column for each dimension."""
    columns = [[each.text or "" for each in level if tag(each) == "cx:pt"] for level in descendants(root, "cx:lvl")]
    height = max(map(len, columns), default=0)
    return [[Cell(text=column[row] if row < len(column) else "") for column in columns] for row in range(height)]


def _points(node: Node | None) -> dict[int, str]:
    """Returns the values that a chart shows, by their place; categories of several levels are joined."""
    if node is None:
        return {}
    levels = list(descendants(node, "c:lvl"))
    if not levels:
        return _level_points(node)
    found = [_level_points(level) for level in reversed(levels)]  # the outermost is stored last
    names: dict[int, str] = {}
    last = [""] * len(found)
    for index in sorted(set(chain.from_iterable(found))):
        last = [points.get(index, name) for points, name in zip(found, last, strict=True)]
        names[index] = " > ".join(filter(None, last))
    return names


def _level_points(node: Node) -> dict[int, str]:
    form = next((each.text or "" for each in descendants(node, "c:formatCode")), GENERAL)
    points = {}
    for point in islice(descendants(node, "c:pt"), _MAX_POINTS):
        index = attribute(point, "idx") or ""
        if index.isdecimal():
            points[int(index)] = _shown("".join(each.text or "" for each in descendants(point, "c:v")), form)
    return points


def _shown(value: str, form: str) -> str:
    """Returns a stored value as a reader sees it."""
    try:
        number = float(value)
    except ValueError:
        return value
    code = form.split(";", maxsplit=1)[0].lower()
    if _COUNTRY_DATE.fullmatch(code):
        form = "yyyy-mm-dd"
    return shown_number(number, form) or value
