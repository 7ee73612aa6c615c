"""Reads the properties of office files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

_MAX_PROPERTIES_BYTES = 1_048_576
_TITLE_TAG = "{http://purl.org/dc/elements/1.1/}title"


def stored_title(path: Path) -> str:
    """Returns the title in the properties of an office file; empty if there is none."""
    with zipfile.ZipFile(path) as archive:
        for name in ("docProps/core.xml", "meta.xml"):
            if name in archive.namelist() and archive.getinfo(name).file_size <= _MAX_PROPERTIES_BYTES:
                return _title_in(archive.read(name))
    return ""


def _title_in(properties: bytes) -> str:
    if b"<!DOCTYPE" in properties or b"<!ENTITY" in properties:  # properties need none; bombs do
        return ""
    try:
        found = ET.fromstring(properties).find(f".//{_TITLE_TAG}")  # noqa: S314 - no entities, see above
    except ET.ParseError:
        return ""
    return (found.text or "").strip() if found is not None else ""
