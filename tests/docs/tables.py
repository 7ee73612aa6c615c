"""How pages of the reference are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

COMMAND = "make docs"
_NOTE = f"<!-- Written by tests/docs/reference.py; `{COMMAND}` refreshes it. -->\n"


def cell(text: str | None) -> str:
    """Returns text as one cell of a table: its first paragraph, on one line."""
    first = (text or "").strip().partition("\n\n")[0]
    return " ".join(first.replace("``", "`").replace("|", "\\|").split())


def as_page(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", _NOTE + "\n".join(lines)).rstrip() + "\n"
