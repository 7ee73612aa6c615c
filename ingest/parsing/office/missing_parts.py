"""Tells which parts of an Open XML file are missing from it, though others lead to them."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from ingest.parsing.office.package import open_package

_RELATIONS = "_rels/"
_NOWHERE = "null"  # what PowerPoint and others write for a picture that was removed
_MAX_NAMES = 3
_KINDS = {
    "worksheet": ("sheet", "sheets"),
    "chartsheet": ("sheet", "sheets"),
    "sharedStrings": ("part with the texts of cells", "parts with the texts of cells"),
    "slide": ("slide", "slides"),
    "notesSlide": ("page of notes", "pages of notes"),
    "image": ("picture", "pictures"),
    "chart": ("chart", "charts"),
    "chartEx": ("chart", "charts"),
    "diagramData": ("diagram", "diagrams"),
    "drawing": ("drawing", "drawings"),
    "comments": ("part with comments", "parts with comments"),
    "threadedComment": ("part with comments", "parts with comments"),
    "footnotes": ("part with footnotes", "parts with footnotes"),
    "endnotes": ("part with endnotes", "parts with endnotes"),
    "header": ("header", "headers"),
    "footer": ("footer", "footers"),
    "oleObject": ("embedded file", "embedded files"),
    "package": ("embedded file", "embedded files"),
}
"""The kinds of relations whose parts hold words."""


def missing_parts(path: Path) -> tuple[str, ...]:
    """Returns a warning for each kind of part that holds words and that the file has lost."""
    missing: dict[tuple[str, str], dict[str, None]] = {}
    with open_package(path) as package:
        for name in package.names():
            folder, is_relations, file = name.rpartition(_RELATIONS)
            source = f"{folder}{file.removesuffix('.rels')}"
            if not is_relations or not package.has(source):
                continue
            for each in package.relations(source).values():
                is_lost = not each.is_external and not package.has(each.target)
                file = posixpath.basename(each.target)
                if each.kind in _KINDS and is_lost and file.casefold() != _NOWHERE:
                    missing.setdefault(_KINDS[each.kind], {})[file] = None
    return tuple(_sentence(*words, list(files)) for words, files in missing.items())


def _sentence(one: str, many: str, files: Sequence[str]) -> str:
    what = f"1 {one} was" if len(files) == 1 else f"{len(files)} {many} were"
    names = ", ".join(files[:_MAX_NAMES])
    return f"{what} not read, missing from the file: {names}{' and more' * (len(files) > _MAX_NAMES)}"
