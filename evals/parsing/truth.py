"""Finds documents with their ground truth, and takes words and tables out of Markdown and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import html
from markdown_it import MarkdownIt

from evals.parsing.measures import Content, Rows, words
from ingest.parsing.blocks.grids import Cell, Grid

_TRUTH_FOLDER = "groundtruth"
_HEADER_ROWS, _KEY_COLUMNS = 2, 2
_INLINE = frozenset("a abbr b code del em i ins kbd mark s samp small span strong sub u var".split())
_CONTROLS = dict.fromkeys(set(range(32)) - {*b"\t\n\r"}, " ")  # lxml refuses them
_LEFT_OUT = frozenset({"script", "style"})
_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to read, and the file of its ground truth, if there is one."""

    path: Path
    truth: Path | None


def find_documents(folder: Path) -> list[Document]:
    """Returns the files below a folder, sorted by path; hidden ones and ground truth are left out.

    The ground truth of ``name.ext`` is ``name.ext.md`` beside it, or ``name.ext.md`` or ``name.md`` in a folder
    ``groundtruth`` beside its folder.
    """
    files = {path for path in folder.rglob("*") if path.is_file()}
    return [
        Document(path=path, truth=_truth_of(path, files))
        for path in sorted(files)
        if not any(part.startswith(".") or part == _TRUTH_FOLDER for part in path.relative_to(folder).parts)
        and not (path.suffix == ".md" and path.with_suffix("") in files)
    ]


def _truth_of(path: Path, files: set[Path]) -> Path | None:
    beside = path.parent.parent / _TRUTH_FOLDER
    places = (path.with_name(f"{path.name}.md"), beside / f"{path.name}.md", beside / f"{path.stem}.md")
    return next((place for place in places if place in files), None)


def read_markdown(text: str) -> Content:
    """Returns what Markdown says: marks are no words.

    Optional are addresses of links and descriptions of pictures, and names of rows and columns, which a reader may
    repeat with each cell.
    """
    return read_html(_MARKDOWN.render(text))


def read_html(text: str) -> Content:
    """Returns what HTML says; see ``read_markdown`` for its optional words."""
    storable = text.translate(_CONTROLS).encode("utf-8", "replace").decode()
    tree = html.document_fromstring(f"<html><body><p></p>{storable}</body></html>")
    tables = tuple(_rows(table) for table in tree.iter("table"))
    aside = [element.get(name, "") for element in tree.iter("*") for name in ("href", "src", "alt", "title")]
    optional = Counter(word for each in aside for word in words(each))
    names, repeated = Counter[str](), Counter[str]()
    for table in tables:
        names += _names(table)
        repeated.update(word for cell in _repeated(table) for word in words(cell))
    return Content(
        words=words("".join(_texts(tree))),
        tables=tables,
        optional=optional + names,
        names=frozenset(names),
        repeated=repeated,
    )


def _texts(element: html.HtmlElement) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in _LEFT_OUT:
        apart = "" if element.tag in _INLINE else "\n"
        yield apart + (element.text or "")
        for child in element:
            yield from _texts(child)
        yield apart
    yield element.tail or ""


def _rows(table: html.HtmlElement) -> Rows:
    rows = [
        [
            Cell(text="".join(_texts(cell)), row_span=_span(cell, "rowspan"), column_span=_span(cell, "colspan"))
            for cell in row.iterchildren("td", "th")
        ]
        for row in table.iter("tr")
    ]
    return tuple(tuple(cell.text for cell in row) for row in Grid.of(rows).rows)


def _span(cell: html.HtmlElement, name: str) -> int:
    value = cell.get(name, "")
    return int(value[:4]) if value.isdecimal() and value.isascii() else 1


def _repeated(table: Rows) -> Iterator[str]:
    for number, row in enumerate(table):
        for column, cell in enumerate(row):
            above = table[number - 1][column] if number else ""
            if cell and cell in (above, row[column - 1] if column else ""):
                yield cell


def _names(table: Rows) -> Counter[str]:
    names: Counter[str] = Counter()
    for number, row in enumerate(table):
        for column, cell in enumerate(row):
            repeated = len(table) * (number < _HEADER_ROWS) + len(row) * (column < _KEY_COLUMNS)
            for word in words(cell) if repeated else ():
                names[word] += repeated
    return names
