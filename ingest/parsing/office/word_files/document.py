"""The state of reading a Word document: its styles and lists, the notes and comments met so far, what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.raised import note_mark
from ingest.parsing.office.number_forms import formatted
from ingest.parsing.office.package import Node, Part, attribute, child, descendants, is_on, tag
from ingest.parsing.office.word_files.numbering import Numbering
from ingest.parsing.office.word_files.styles import Styles
from ingest.parsing.scans.pictures import Pictures
from rag.types import ElementKind

_MAX_QUOTE = 120
_MAX_OPEN = 100
_MAX_NOTE_DEPTH = 3


@dataclass(slots=True, kw_only=True)
class Field:
    """A field that is open: its code, where its result begins, and whether the result is being read."""

    code: str = ""
    start: int = 0
    is_result: bool = False
    is_page_number: bool = False
    held: list[str] = field(default_factory=list)
    """Text that is not shown if the field ends."""

    @property
    def is_shown(self) -> bool:
        """A code is not shown, and a page number says nothing where there are no pages."""
        return self.is_result and not self.is_page_number


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    part: Part
    node: Node


@dataclass(slots=True)
class WordDocument:
    """A document that is being read. ``read`` returns the blocks below an element of a part."""

    main: Part
    pictures: Pictures
    read: Callable[[WordDocument, Node, Part], list[Block]]
    styles: Styles = field(init=False)
    numbering: Numbering = field(init=False)
    has_background: bool = field(init=False)
    left_out: list[str] = field(default_factory=list)
    hidden_words: int = 0
    deleted_words: int = 0
    not_read: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    """How deep in tables and text boxes the current paragraph is; notes wait until the outermost one ends."""
    _notes: dict[str, dict[str, _Note]] = field(default_factory=dict)
    _given: dict[_Note, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _forms: dict[str, str] = field(default_factory=dict)
    _comments: dict[str, _Note] = field(default_factory=dict)
    _open_comments: dict[str, list[str]] = field(default_factory=dict)
    _quotes: dict[str, str] = field(default_factory=dict)
    _waiting: list[Block] = field(default_factory=list)
    _note_depth: int = 0

    def __post_init__(self) -> None:
        self.styles = Styles(next((part.root for part in self.main.of_kind("styles")), None))
        self.numbering = Numbering(next((part.root for part in self.main.of_kind("numbering")), None))
        self.has_background = child(self.main.root, "w:background") is not None or any(
            attribute(anchor, "behindDoc") in {"1", "true"}
            for part in (self.main, *self.main.of_kind("header"))
            for anchor in descendants(part.root, "wp:anchor")
        )
        for kind, name in (("footnotes", "w:footnote"), ("endnotes", "w:endnote")):
            self._notes[name] = {key: note for part in self.main.of_kind(kind) for key, note in _entries(part, name)}
        for part in self.main.of_kind("comments"):
            self._comments.update(_entries(part, "w:comment"))
        settings = next((part.root for part in self.main.of_kind("settings")), None)
        for name, default in (("w:footnote", "decimal"), ("w:endnote", "lowerRoman")):
            self._forms[name] = attribute(child(settings, f"{name}Pr", "w:numFmt"), "val") or default

    def blocks(self, node: Node, part: Part) -> list[Block]:
        """Returns the blocks of something that stands in a paragraph, such as a text box."""
        self.depth += 1
        found = self.read(self, node, part)
        self.depth -= 1
        return found

    def refer(self, reference: Node, marked_run: Node | None) -> str:
        """Returns the mark of a note; its text waits until the paragraph ends. Empty if the note is missing.

        ``marked_run`` is the run that holds the author's own mark, None where Word numbers the note.
        """
        name = tag(reference).removesuffix("Reference")
        note = self._notes[name].get(attribute(reference, "id") or "")
        if note is None:
            return ""
        if note in self._given:  # its text stands where it was referred to first
            return self._given[note]
        if marked_run is None:
            self._numbers[name] = self._numbers.get(name, 0) + 1
            mark = note_mark(formatted(self._numbers[name], self._forms[name]))
        else:
            mark = note_mark("".join(each.text or "" for each in descendants(marked_run, "w:t")))
        self._given[note] = mark
        self._wait(mark, note)
        return mark

    def begin_comment(self, comment_id: str | None) -> None:
        """Begins the stretch of text that a comment is about."""
        if len(self._open_comments) < _MAX_OPEN:
            self._open_comments[comment_id or ""] = []

    def extend_comments(self, text: str) -> None:
        """Adds text to the stretches that are open."""
        for words in self._open_comments.values():
            if len(words) < _MAX_QUOTE:  # of at least one character each
                words.append(text)

    def end_comment(self, comment_id: str | None) -> None:
        """Ends the stretch of a comment."""
        words = " ".join("".join(self._open_comments.pop(comment_id or "", ())).split())
        self._quotes[comment_id or ""] = words if len(words) <= _MAX_QUOTE else f"{words[:_MAX_QUOTE].rstrip()}…"

    def comment(self, comment_id: str | None) -> None:
        """Makes a comment wait until the paragraph ends; each is given once."""
        found = self._comments.pop(comment_id or "", None)
        if found is not None:
            author = " ".join((attribute(found.node, "author") or "").split())
            quote = self._quotes.get(comment_id or "", "")
            by, about = f" by {author}" if author else "", f" on “{quote}”" if quote else ""
            self._wait(f"Comment{by}{about}:", found)

    def comments_without_place(self) -> list[Block]:
        """Returns the comments that nothing in the text refers to."""
        for comment_id in list(self._comments):
            self.comment(comment_id)
        return self.waiting()

    def waiting(self) -> list[Block]:
        """Returns the notes and comments that the outermost paragraph or table referred to; nothing inside of one."""
        if self.depth:
            return []
        found, self._waiting = self._waiting, []
        return found

    def hide(self, text: str) -> None:
        """Counts hidden text, which is left out."""
        if text.strip():
            self.hidden_words += len(text.split())
            self.left_out.append(text)

    def delete(self, node: Node) -> None:
        """Counts text of tracked deletions; moved text stands elsewhere."""
        if tag(node) != "w:moveFrom":
            self.deleted_words += sum(len((each.text or "").split()) for each in descendants(node, "w:delText", "w:t"))

    def is_prompt(self, control: Node) -> bool:
        """Returns whether an element is a content control that shows its prompt ("Click here"), which is left out."""
        if tag(control) != "w:sdt" or not is_on(child(control, "w:sdtPr", "w:showingPlcHdr")):
            return False
        self.left_out += [each.text or "" for each in descendants(control, "w:t")]
        return True

    def embed(self, kind: str) -> None:
        """Counts something that stands in this document as a whole file, and is not read."""
        self.not_read[kind] = self.not_read.get(kind, 0) + 1

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out and what was not read, as sentences."""
        found = []
        if self.hidden_words:
            found.append(f"{_words(self.hidden_words)} of hidden text left out")
        if self.deleted_words:
            found.append(f"{_words(self.deleted_words)} of tracked deletions left out; tracked insertions are read")
        found += [f"{count} {kind}{'' if count == 1 else 's'} not read" for kind, count in self.not_read.items()]
        return (*found, *self.pictures.warnings())

    def _wait(self, lead: str, note: _Note) -> None:
        if self._note_depth >= _MAX_NOTE_DEPTH:  # notes that refer to each other
            return
        self._note_depth += 1
        place = len(self._waiting)
        texts = [block.text for block in self.blocks(note.node, note.part)]
        self._note_depth -= 1
        text = clean(f"{lead} " + "\n".join(texts))
        if texts:
            self._waiting.insert(place, Block(kind=ElementKind.PARAGRAPH, text=text))


def _entries(part: Part, name: str) -> Iterator[tuple[str, _Note]]:
    for node in part.root:
        if tag(node) == name:
            yield attribute(node, "id") or "", _Note(part=part, node=node)


def _words(count: int) -> str:
    return "1 word" if count == 1 else f"{count:,} words"
