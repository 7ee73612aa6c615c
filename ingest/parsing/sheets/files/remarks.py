"""Reads what lies over the cells of a sheet: notes, comments, links, text boxes, charts and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice

from lxml import etree

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.elements import Node, attribute, descendants, tag
from ingest.parsing.office.links import address_after, is_outside
from ingest.parsing.office.package import Package, Part, Relation
from ingest.parsing.sheets.workbook import Sheet, column_number
from rag.types import ElementKind

_MAX_LINKED_CELLS = 10_000


def add_links(sheet: Sheet, links: Iterable[tuple[tuple[int, int] | None, str]]) -> None:
    """Adds to the text of linked cells the address behind it, where it says something else."""
    for place, target in islice(links, _MAX_LINKED_CELLS):
        if place is None or not is_outside(target):
            continue
        cell = sheet.rows.get(place[0], {}).get(place[1])
        if cell is not None and isinstance(cell.value, str):
            cell.value += address_after(cell.value, target)


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
                found.setdefault(element.get("ref", ""), []).append(signed(author, _text(element)))
        else:
            for element in root.iter("{*}threadedComment"):
                author = people.get(element.get("personId", ""), "")
                conversations.setdefault(element.get("ref", ""), []).append(signed(author, _text(element, "text")))
    for reference, notes in {**found, **conversations}.items():
        place = place_of(reference)
        if place is not None:
            sheet.cell(*place).note = " / ".join(filter(None, notes))


def add_drawn(sheet: Sheet, package: Package, relations: Iterable[Relation], drawings: Drawings) -> None:
    """Adds the texts of text boxes, pictures, diagrams and embedded files; of charts what the cells do not hold."""
    for relation in relations:
        if relation.kind in {"oleObject", "package"} and (member := package.member(relation)) is not None:
            sheet.drawn += drawings.embedded.blocks(member, above=(sheet.name,))
        if relation.kind != "drawing" or package.tree(relation.target) is None:
            continue
        part = package.part(relation.target)
        if part is not None:
            found = drawings.drawn(part.root, part, partial(_described, part=part, drawings=drawings))
            sheet.drawn += [block for block in found if block.kind is not ElementKind.TABLE]


def _described(node: Node, *, part: Part, drawings: Drawings) -> list[Block] | None:
    """Returns the text of a picture, or what its author wrote about it; None for other elements."""
    if tag(node) != "pic":
        return None
    found = [block for blip in descendants(node, "a:blip") for block in drawings.related(blip, part)]
    about = next(descendants(node, "cNvPr"), None)
    return found or drawings.described(attribute(about, "descr"))


def _people(package: Package) -> dict[str, str]:
    root = package.tree("xl/persons/person.xml")
    return {} if root is None else {each.get("id", ""): each.get("displayName", "") for each in root.iter("{*}person")}


def _text(element: etree._Element, tag: str = "t") -> str:
    return " ".join("".join(part.text or "" for part in element.iter(f"{{*}}{tag}")).split())


def signed(author: str, text: str) -> str:
    """Returns a note with its author before it; programs often begin the note with the name, too."""
    if not text or not author or text.casefold().startswith(author.casefold()):
        return text
    return f"{author}: {text}"


def _at(texts: Sequence[str], index: str) -> str:
    return texts[int(index)] if index.isdecimal() and int(index) < len(texts) else ""


def place_of(reference: str) -> tuple[int, int] | None:
    """Returns the row and the column of the first cell of a reference."""
    reference = reference.split(":", maxsplit=1)[0]
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3 or not digits or len(digits) > 7:  # noqa: PLR2004 - XFD1048576
        return None
    return int(digits), column_number(letters)
