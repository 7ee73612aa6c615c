"""Reads what lies over the cells of a sheet: notes, comments, links, text boxes, charts and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from ingest.parsing.sheets.files.package import Package, Relation
from ingest.parsing.sheets.workbook import Sheet, column_number

_MAX_LINKED_CELLS = 10_000
_LINKS = ("http:", "https:", "mailto:", "ftp:", "tel:")


def add_links(sheet: Sheet, links: Iterable[tuple[str, str]]) -> None:
    """Adds to the text of linked cells the address behind it, where it says something else."""
    left = _MAX_LINKED_CELLS
    for reference, target in links:
        place = _place(reference.split(":")[0])
        left -= 1
        if place is None or left < 0 or not target.lower().startswith(_LINKS):
            continue
        cell = sheet.rows.get(place[0], {}).get(place[1])
        shown = target.removeprefix("mailto:").removeprefix("tel:")
        if cell is not None and isinstance(cell.value, str) and shown.casefold() not in cell.value.casefold():
            cell.value = f"{cell.value} ({shown})"


def add_notes(sheet: Sheet, package: Package, relations: Iterable[Relation]) -> None:
    """Adds notes to their cells, with their authors; of a conversation every contribution, in place of its summary."""
    found: dict[str, list[str]] = {}
    conversations: dict[str, list[str]] = {}
    people = _people(package)
    for relation in relations:
        root = package.tree(relation.target) if relation.kind in {"comments", "threadedComment"} else None
        if root is None:
            continue
        if relation.kind == "comments":
            authors = [" ".join((author.text or "").split()) for author in root.iter("{*}author")]
            for element in root.iter("{*}comment"):
                author = _at(authors, element.get("authorId", ""))
                found.setdefault(element.get("ref", ""), []).append(_signed(author, _text(element)))
        else:
            for element in root.iter("{*}threadedComment"):
                author = people.get(element.get("personId", ""), "")
                conversations.setdefault(element.get("ref", ""), []).append(_signed(author, _text(element, "text")))
    for reference, notes in {**found, **conversations}.items():
        place = _place(reference)
        if place is not None:
            sheet.cell(*place).note = " / ".join(filter(None, notes))


def add_drawn(sheet: Sheet, package: Package, relations: Iterable[Relation]) -> None:
    """Adds the texts of text boxes, shapes and charts, and counts pictures."""
    for relation in relations:
        root = package.tree(relation.target) if relation.kind == "drawing" else None
        if root is None:
            continue
        sheet.drawn += _paragraphs(root)
        sheet.pictures += sum(1 for _ in root.iter("{*}pic"))
        for inner in package.relations(relation.target).values():
            chart = package.tree(inner.target) if inner.kind in {"chart", "chartEx"} else None
            if chart is not None:
                sheet.drawn += _paragraphs(chart)


def _paragraphs(root: etree._Element) -> list[str]:
    texts = ("".join(run.text or "" for run in paragraph.iter("{*}t")) for paragraph in root.iter("{*}p"))
    return [text for text in (" ".join(text.split()) for text in texts) if text]


def _people(package: Package) -> dict[str, str]:
    root = package.tree("xl/persons/person.xml")
    return {} if root is None else {each.get("id", ""): each.get("displayName", "") for each in root.iter("{*}person")}


def _text(element: etree._Element, tag: str = "t") -> str:
    return " ".join("".join(part.text or "" for part in element.iter(f"{{*}}{tag}")).split())


def _signed(author: str, text: str) -> str:
    """Returns a note with its author before it; programs often begin the note with the name, too."""
    if not text or not author or text.casefold().startswith(author.casefold()):
        return text
    return f"{author}: {text}"


def _at(texts: Sequence[str], index: str) -> str:
    return texts[int(index)] if index.isdecimal() and int(index) < len(texts) else ""


def _place(reference: str) -> tuple[int, int] | None:
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3 or not digits or len(digits) > 7:  # noqa: PLR2004 - XFD1048576
        return None
    return int(digits), column_number(letters)
