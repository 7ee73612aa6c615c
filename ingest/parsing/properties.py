"""Reads what a file says about itself: front matter, and the properties of PDF and office files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from lxml import etree

from ingest.intake.formats import BY_MEDIA_TYPE, Container
from ingest.parsing.formats.decoding import decode_file, with_line_feeds
from ingest.parsing.formats.markdown_dialects import front_matter_values
from ingest.parsing.office.open_document.elements import Archive
from ingest.parsing.office.package import open_package
from rag.errors import CitewellError
from rag.fields.from_files import front_matter_of
from rag.fields.values import NOTHING_SAID, Description, day_of

_MARKDOWN, _PDF = "text/markdown", "application/pdf"
_PDF_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")
_NAMES = {
    "title": "title",
    "author": "author",
    "creator": "author",
    "initial-creator": "author",
    "subject": "subject",
    "description": "description",
    "keywords": "keywords",
    "keyword": "keywords",
    "category": "category",
    "created": "created",
    "creation-date": "created",
    "creationdate": "created",
    "modified": "modified",
    "moddate": "modified",
    "date": "modified",
}
"""The names of properties in files, in lower case, and of their fields."""
_DAMAGE = (etree.XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError, OSError, RecursionError)


def file_description(path: Path, name: str, media_type: str) -> Description:
    """Returns the tags and fields of a file; nothing where they cannot be read, for the text was read."""
    try:
        if media_type == _MARKDOWN:
            return front_matter_of(front_matter_values(with_line_feeds(decode_file(path, name))))
        found = _properties(path, name, media_type)
    except (CitewellError, *_DAMAGE):
        return NOTHING_SAID
    fields: dict[str, object] = {}
    for key, value in found.items():
        named = _NAMES.get(key.lower())
        if named and value.strip() and named not in fields:
            fields[named] = _day(value) or value
    # Programs fill in keywords, too: they are a field, and no tags.
    return front_matter_of(fields, named_tags=frozenset())


def _properties(path: Path, name: str, media_type: str) -> Mapping[str, str]:
    if media_type == _PDF:
        from ingest.parsing.pdf.pdfium_parser import pdf_properties  # noqa: PLC0415 - loaded with the first PDF

        return {key: value for key, value in pdf_properties(path, name).items() if key != "Creator"}  # a program's name
    if BY_MEDIA_TYPE[media_type].container is not Container.ZIP:
        return {}
    if BY_MEDIA_TYPE[media_type].zip_folder:
        with open_package(path) as package:
            return package.properties()
    with zipfile.ZipFile(path) as archive:
        root = Archive(archive, name).xml("meta.xml")
    if root is None:
        return {}
    return {etree.QName(each).localname: each.text or "" for each in root.iter(etree.Element)}


def _day(value: str) -> date | None:
    """Returns the day of a time as PDF and office files write it; None for other text."""
    if found := _PDF_DATE.match(value):
        year, month, day = found[1], found[2] or "01", found[3] or "01"
        return day_of(f"{year}-{month}-{day}")
    return day_of(value)
