"""The state of reading an office document that is the same for all kinds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.office.drawings import Drawings
from rag.types import ElementKind

_MAX_NOTE_DEPTH = 3


@dataclass(slots=True)
class ReadingState:
    """What was drawn, what was left out, and the notes and comments that wait for the outermost paragraph to end."""

    drawings: Drawings
    depth: int = 0
    """How deep in tables and text boxes the current paragraph is, which may have grounds of their own."""
    embedded: list[Block] = field(default_factory=list)
    """The text of embedded files."""
    _left_out: list[str] = field(default_factory=list)
    _hidden_words: int = 0
    _deleted_words: int = 0
    _struck: list[str] = field(default_factory=list)
    _waiting: list[Block] = field(default_factory=list)
    _note_depth: int = 0

    def inside(self, read: Callable[[], Iterable[Block]]) -> list[Block]:
        """Returns the blocks of something that stands in a paragraph or a table; its notes wait for the outer one."""
        self.depth += 1
        found = list(read())
        self.depth -= 1
        return found

    def wait(self, lead: str, read: Callable[[], Iterable[Block]]) -> None:
        """Makes a note or a comment wait until the outermost paragraph or table ends."""
        if self._note_depth >= _MAX_NOTE_DEPTH:  # notes that refer to each other
            return
        self._note_depth += 1
        place = len(self._waiting)
        texts = [block.text for block in self.inside(read)]
        self._note_depth -= 1
        if texts:
            text = clean(f"{lead} " + "\n".join(texts))
            self._waiting.insert(place, Block(kind=ElementKind.PARAGRAPH, text=text))

    def waiting(self) -> list[Block]:
        """Returns the notes and comments that the outermost paragraph or table referred to; nothing inside of one."""
        if self.depth:
            return []
        found, self._waiting = self._waiting, []
        return found

    def pass_over(self, *texts: str) -> None:
        """Leaves out what says nothing, such as the numbers of pages."""
        self._left_out += texts

    def hide(self, *texts: str) -> None:
        """Counts hidden text, which is left out."""
        self._hidden_words += sum(len(text.split()) for text in texts)
        self._left_out += texts

    def strike(self, text: str) -> None:
        """Counts text that is struck out, which is left out."""
        self._struck.append(text)

    def delete(self, *texts: str) -> None:
        """Counts text of tracked deletions."""
        self._deleted_words += sum(len(text.split()) for text in texts)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Returns the texts that were left out on purpose."""
        return (*self._left_out, *self._struck, *self.drawings.left_out)

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out and what was not read, as sentences."""
        counts = (
            (self._hidden_words, "of hidden text left out"),
            (self._deleted_words, "of tracked deletions left out; tracked insertions are read"),
        )
        found = [f"{count:,} word{'' if count == 1 else 's'} {fate}" for count, fate in counts if count]
        return (*found, *left_out_warnings(struck=self._struck), *self.drawings.warnings())
