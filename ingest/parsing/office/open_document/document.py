"""The state of reading an OpenDocument file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.open_document.elements import Archive, Node, plain_text, tag
from ingest.parsing.office.open_document.styles import Counter, Styles
from ingest.parsing.office.state import ReadingState

_MAX_REPEATS = 100_000
"""Characters of all tables together that are read more often than they are written."""


@dataclass(slots=True)
class Document(ReadingState):
    """A file that is being read. ``read`` yields the blocks of elements."""

    archive: Archive = field(kw_only=True)
    styles: Styles = field(kw_only=True)
    read: Callable[[Document, Iterable[Node]], Iterator[Block]] = field(kw_only=True)
    headings: Counter = field(default_factory=Counter)
    lists: dict[str, Counter] = field(default_factory=dict)
    _repeats: int = _MAX_REPEATS

    def blocks(self, nodes: Iterable[Node]) -> Iterator[Block]:
        """Yields the blocks of elements, and what waits after each outermost one."""
        return self.read(self, nodes)

    def inner(self, nodes: Iterable[Node]) -> list[Block]:
        """Returns the blocks of something that stands in a paragraph or a table; its notes wait for the outer one."""
        return self.inside(lambda: self.read(self, nodes))

    def repeated(self, rows: int, size: int) -> int:
        """Returns how often a row of ``size`` characters may be repeated, which tables in tables could multiply."""
        added = min(rows - 1, self._repeats // max(1, size))
        self._repeats -= added * size
        return added + 1

    def comment(self, node: Node) -> None:
        """Makes a comment wait until the outermost paragraph or table ends."""
        author = " ".join(plain_text(each) for each in node if tag(each) == "dc:creator")
        texts = [each for each in node if tag(each) in {"text:p", "text:list"}]
        self.wait(f"Comment by {author}:" if author else "Comment:", lambda: self.read(self, texts))
