"""Writes the address of a link after its text. Pure."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"^(?:mailto:|tel:|https?://)?(.*?)/?$", re.IGNORECASE)
_MAX_CHARACTERS = 300
_OUTSIDE = ("http:", "https:", "mailto:", "ftp:", "tel:")


def address_after(text: str, address: str) -> str:
    """Returns `` (address)`` to add to a link's text; empty if the text shows it, or if it is too long to be read."""
    bare = _ADDRESS.sub(r"\1", address.strip())
    if not text.strip() or not 0 < len(bare) <= _MAX_CHARACTERS or bare.casefold() in text.casefold():
        return ""
    return f" ({address.removeprefix('mailto:').removeprefix('tel:')})"


def is_outside(address: str) -> bool:
    """Returns whether an address leads out of the document, to something that a reader could open anywhere."""
    return address.lower().startswith(_OUTSIDE)
