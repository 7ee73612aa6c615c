"""The state of reading an OpenDocument file: the notes that wait for their paragraph to end, what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.office.open_document.elements import Archive, Node, plain_text, tag
from ingest.parsing.office.open_document.styles import Counter, Styles
from ingest.parsing.scans.pictures import Pictures
from rag.types import ElementKind

_MAX_REPEATS = 100_000
"""Characters of all tables together that are read more often than they are written."""


@dataclass(slots=True)
class Document:
    """A file that is being read. ``read`` yields the blocks of elements."""

    archive: Archive
    styles: Styles
    pictures: Pictures
    read: Callable[[Document, Iterable[Node]], Iterator[Block]]
    left_out: list[str] = field(default_factory=list)
    hidden_words: int = 0
    deleted_words: int = 0
    embedded_files: int = 0
    headings: Counter = field(default_factory=Counter)
    lists: dict[str, Counter] = field(default_factory=dict)
    _repeats: int = _MAX_REPEATS
    _depth: int = 0
    _waiting: list[Block] = field(default_factory=list)

    def blocks(self, nodes: Iterable[Node]) -> Iterator[Block]:
        """Yields the blocks of elements, and what waits after each outermost one."""
        return self.read(self, nodes)

    @property
    def is_on_page(self) -> bool:
        """Returns whether the current paragraph is in no table or drawing, which may have grounds of their own."""
        return not self._depth

    def inner(self, nodes: Iterable[Node]) -> list[Block]:
        """Returns the blocks of something that stands in a paragraph or a table; its notes wait for the outer one."""
        self._depth += 1
        found = list(self.read(self, nodes))
        self._depth -= 1
        return found

    def wait(self, lead: str, nodes: Iterable[Node]) -> None:
        """Makes a note or a comment wait until the outermost paragraph or table ends."""
        place = len(self._waiting)
        texts = [block.text for block in self.inner(nodes)]
        if texts:
            text = clean(f"{lead} " + "\n".join(texts))
            self._waiting.insert(place, Block(kind=ElementKind.PARAGRAPH, text=text))

    def repeated(self, rows: int, size: int) -> int:
        """Returns how often a row of ``size`` characters may be repeated, which tables in tables could multiply."""
        added = min(rows - 1, self._repeats // max(1, size))
        self._repeats -= added * size
        return added + 1

    def hide(self, text: str) -> None:
        """Counts hidden text, which is left out."""
        self.hidden_words += len(text.split())
        self.left_out.append(text)

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out and what was not read, as sentences."""
        counts = (
            (self.hidden_words, "word", "of hidden text left out"),
            (self.deleted_words, "word", "of tracked deletions left out; tracked insertions are read"),
            (self.embedded_files, "embedded file", "not read"),
        )
        found = [f"{count:,} {noun}{'' if count == 1 else 's'} {fate}" for count, noun, fate in counts if count]
        return (*found, *self.pictures.warnings())

    def comment(self, node: Node) -> None:
        """Makes a comment wait until the outermost paragraph or table ends."""
        author = " ".join(plain_text(each) for each in node if tag(each) == "dc:creator")
        texts = [each for each in node if tag(each) in {"text:p", "text:list"}]
        self.wait(f"Comment by {author}:" if author else "Comment:", texts)

    def waiting(self) -> list[Block]:
        """Returns the notes and comments that the outermost paragraph or table referred to; nothing inside of one."""
        if self._depth:
            return []
        found, self._waiting = self._waiting, []
        return found
