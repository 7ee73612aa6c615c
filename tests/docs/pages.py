"""The pages of the documentation, as tests read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
_FENCE = re.compile(
    r"^```(?P<language>[\w-]*)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """A fenced block; ``title`` is the file that it is, where the page says so."""

    language: str
    title: str | None
    text: str


def all_pages() -> list[Path]:
    """Returns the README and every page of ``docs/``, in order."""
    return [README, *sorted(DOCS.rglob("*.md"))]


def code_blocks(page: Path) -> list[CodeBlock]:
    """Returns the fenced blocks of a page, in order."""
    found = _FENCE.finditer(page.read_text("utf-8"))
    return [CodeBlock(language=each["language"], title=each["title"], text=each["text"]) for each in found]
