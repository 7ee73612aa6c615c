"""Chooses a document's title. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ingest.parsing.blocks.assembly import Block, clean
from rag.types import ElementKind

_MAX_CHARACTERS = 200
_MOST_FIRST_CHARACTERS = 60
_POOR = (
    "untitled",
    "microsoft word",
    "microsoft powerpoint",
    "powerpoint presentation",
    "powerpoint-präsentation",
    "slide 1",
    "document",
    "title",
    "print",
)


# What a program has made of the bytes of a file, or puts in the place of a title that is missing.
_NO_TITLE = re.compile(r"[0-9a-f]{32,}|-", re.IGNORECASE)
# The name that a program gives a file without one, or makes of its bytes.
_GENERIC = re.compile(
    r"(?:word )?(?:scan|img|image|doc|document|dokument|documento|file|datei|photo|foto|bild|dsc|pic|presentation"
    r"|präsentation|présentation|presentación|book|workbook|mappe|new document|neues dokument)?[\d\s_.-]*"
    r"|[0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f-]{27}",
    re.IGNORECASE,
)
# Headings of parts of a document.
_OF_PART = re.compile(
    r"\d{1,2}(?:(?:\.\d{1,2})++\.?|[.)])\s.*|§.*"
    r"|(?:\d{1,2}\s)?(?:(?:table of )?contents|abstract|introduction|(?:executive )?summary|preface|foreword"
    r"|inhalt(?:sverzeichnis)?|einleitung|zusammenfassung|vorwort|sommaire|introducción|índice|resumen|目录|摘要)",
    re.IGNORECASE | re.DOTALL,
)


def choose_title(stored: str, blocks: Sequence[Block], name: str) -> str:
    """Returns the stored title if an author gave it, else the first heading, else the file's name.

    A stored title that is the file's name, or what programs call files, gives way to a heading; such a name of the file
    to the text's first words. On the first page the outermost heading counts as the first. One that only names a part
    of the document, such as "1 Introduction", is no title of a document with pages, and none in place of a name.
    """
    title = " ".join(clean(stored).split())
    stem = PurePosixPath(name).stem or name
    is_weak = bool(title) and (title.casefold() == stem.casefold() or _GENERIC.fullmatch(title) is not None)
    if _is_given(title) and not is_weak:
        return title[:_MAX_CHARACTERS]
    first_page = [block for block in blocks if block.page in {None, 1}]
    headings = [block for block in first_page if block.kind is ElementKind.HEADING]
    headings = [block for block in headings if not ((is_weak or block.page is not None) and _names_part(block))]
    best = min(headings, key=lambda block: block.level or 0, default=None)
    if best is not None:
        return " ".join(best.text.split())[:_MAX_CHARACTERS]
    return (_first_words(blocks) if _GENERIC.fullmatch(stem) else "") or stem


def _first_words(blocks: Sequence[Block]) -> str:
    """Returns the beginning of the first paragraph, whole words only; of a language without spaces some letters."""
    text = next((" ".join(block.text.split()) for block in blocks if block.kind is ElementKind.PARAGRAPH), "")
    if len(text) <= _MOST_FIRST_CHARACTERS:
        return text
    begun = text[:_MOST_FIRST_CHARACTERS]
    return f"{begun.rpartition(' ')[0] or begun}…"


def _names_part(block: Block) -> bool:
    return _OF_PART.fullmatch(" ".join(block.text.split())) is not None


def _is_given(title: str) -> bool:
    """Returns whether an author gave the title: programs store their own name, a file name or a number."""
    is_file_name = bool(PurePosixPath(title).suffix) and " " not in title
    is_wordy = len(title) > 1 and any(map(str.isalpha, title))
    is_wordy = is_wordy and not _NO_TITLE.fullmatch(title)
    return is_wordy and not is_file_name and not title.casefold().startswith(_POOR)
