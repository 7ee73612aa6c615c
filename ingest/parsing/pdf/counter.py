"""Counts what a PDF holds: PDFium's own text of each page, line by line. See ``ingest/parsing/completeness.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pypdfium2

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_DIVIDED = re.compile("(?<=[^\\W\\d_])(?:[-\u2010\u00ad]\r?\n|[\u0002\ufffe](?:\r?\n)?)(?=[^\\W\\d_])")


def held_in_pdf(path: Path) -> Mapping[str, list[str]]:
    """Returns the lines of all pages; a word that is divided at the end of a line counts as one.

    Of lines with letters that are written from right to left only numbers and Latin words count: PDFium gives the
    letters of a ligature in either order, and parts of a word apart.
    """
    document = pypdfium2.PdfDocument(path)
    try:
        return {"the pages' text": [line for index in range(len(document)) for line in _lines(document, index)]}
    finally:
        document.close()


def _lines(document: pypdfium2.PdfDocument, index: int) -> Iterator[str]:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:  # the reader names it
        return
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range(errors="replace")
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return
    finally:
        page.close()
    for line in _DIVIDED.sub("", text).splitlines():
        if _RIGHT_TO_LEFT.search(line) is None:
            yield line
        else:
            yield from (run for run in _RUN.findall(line) if _RIGHT_TO_LEFT.search(run) is None)
