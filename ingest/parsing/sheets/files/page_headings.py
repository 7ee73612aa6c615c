"""Reads the headers and footers of printed sheets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

HEADINGS = tuple(f"{pages}{place}" for place in ("Header", "Footer") for pages in ("odd", "even", "first"))
_SECTION = re.compile(r"&[LCR]")
_FILLED_IN = re.compile(r"&[PNDTFAZG]")
_CODE = re.compile(r'&(?:"[^"]*+"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|[A-Za-z])')
_WORD = re.compile(r"[^\W\d_]{2,}")
_MAX_NUMBER_WORDS = 3


def heading_texts(codes: str) -> Iterator[str]:
    """Yields the texts of the left, middle and right part; not those that only number pages or name the file."""
    for section in _SECTION.split(codes.replace("&&", "\0")):
        is_filled_in = _FILLED_IN.search(section) is not None
        text = " ".join(_CODE.sub(" " if is_filled_in else "", section).replace("\0", "&").split())
        words = _WORD.findall(text)
        if text and len(words) > (_MAX_NUMBER_WORDS if is_filled_in else 0):
            yield text
