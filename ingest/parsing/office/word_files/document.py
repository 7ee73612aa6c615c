"""The state of reading a Word document: its styles and lists, the notes and comments met so far, what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.raised import note_mark
from ingest.parsing.office.elements import Node, attribute, child, descendants, is_on, tag
from ingest.parsing.office.number_forms import formatted
from ingest.parsing.office.package import Part
from ingest.parsing.office.state import ReadingState
from ingest.parsing.office.word_files.bound_values import BoundValues
from ingest.parsing.office.word_files.numbering import Numbering
from ingest.parsing.office.word_files.styles import Styles

_MAX_QUOTE = 120
_MAX_OPEN = 100


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
class WordDocument(ReadingState):
    """A document that is being read. ``read`` returns the blocks below an element of a part."""

    main: Part = field(kw_only=True)
    read: Callable[[WordDocument, Node, Part], list[Block]] = field(kw_only=True)
    styles: Styles = field(init=False)
    numbering: Numbering = field(init=False)
    has_background: bool = field(init=False)
    _notes: dict[str, dict[str, _Note]] = field(default_factory=dict)
    _given: dict[_Note, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _forms: dict[str, str] = field(default_factory=dict)
    _comments: dict[str, _Note] = field(default_factory=dict)
    _open_comments: dict[str, list[str]] = field(default_factory=dict)
    _quotes: dict[str, str] = field(default_factory=dict)
    _replies: set[str | None] = field(default_factory=set)
    """The paragraphs of comments that answer others."""

    def __post_init__(self) -> None:
        self.styles = Styles(next((part.root for part in self.main.of_kind("styles")), None))
        self.numbering = Numbering(next((part.root for part in self.main.of_kind("numbering")), None))
        bound = BoundValues(self.main)
        for part in (self.main, *self.main.of_kind("header"), *self.main.of_kind("footer")):
            self.pass_over(*bound.fill_in(part.root))
        self.has_background = child(self.main.root, "w:background") is not None or any(
            attribute(anchor, "behindDoc") in {"1", "true"}
            for part in (self.main, *self.main.of_kind("header"))
            for anchor in descendants(part.root, "wp:anchor")
        )
        for kind, name in (("footnotes", "w:footnote"), ("endnotes", "w:endnote")):
            self._notes[name] = {key: note for part in self.main.of_kind(kind) for key, note in _entries(part, name)}
            lines = (
                note.node for note in self._notes[name].values() if attribute(note.node, "type", "normal") != "normal"
            )
            self.pass_over(*(each.text or "" for line in lines for each in descendants(line, "w:t")))
        for part in self.main.of_kind("comments"):
            self._comments.update(_entries(part, "w:comment"))
        self._replies = {
            attribute(each, "paraId")
            for part in self.main.of_kind("commentsExtended")
            for each in part.root
            if attribute(each, "paraIdParent")
        }
        settings = next((part.root for part in self.main.of_kind("settings")), None)
        for name, default in (("w:footnote", "decimal"), ("w:endnote", "lowerRoman")):
            places = (settings, *descendants(self.main.root, "w:sectPr"))
            for key in ("w:numFmt", "w:numStart"):
                found = (attribute(child(place, f"{name}Pr", key), "val") for place in places)
                value = next(filter(None, found), "")
                if key == "w:numFmt":
                    self._forms[name] = value or default
                elif value.isdecimal():
                    self._numbers[name] = int(value) - 1

    def blocks(self, node: Node, part: Part) -> list[Block]:
        """Returns the blocks of something that stands in a paragraph, such as a text box."""
        return self.inside(lambda: self.read(self, node, part))

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
        self.wait(mark, lambda: self.read(self, note.node, note.part))
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
            is_reply = any(attribute(each, "paraId") in self._replies for each in descendants(found.node, "w:p"))
            self.wait(
                f"{'Reply' if is_reply else 'Comment'}{by}{about}:", lambda: self.read(self, found.node, found.part)
            )

    def comments_without_place(self) -> list[Block]:
        """Returns the comments that nothing in the text refers to."""
        for comment_id in list(self._comments):
            self.comment(comment_id)
        return self.waiting()

    def drop(self, node: Node) -> None:
        """Counts text of tracked deletions; moved text stands elsewhere."""
        if tag(node) != "w:moveFrom":
            self.delete(*(each.text or "" for each in descendants(node, "w:delText", "w:t")))

    def is_prompt(self, control: Node) -> bool:
        """Returns whether an element is a content control that shows its prompt ("Click here"), which is left out."""
        if tag(control) != "w:sdt" or not is_on(child(control, "w:sdtPr", "w:showingPlcHdr")):
            return False
        self.pass_over(*(each.text or "" for each in descendants(control, "w:t")))
        return True


def _entries(part: Part, name: str) -> Iterator[tuple[str, _Note]]:
    for node in part.root:
        if tag(node) == name:
            yield attribute(node, "id") or "", _Note(part=part, node=node)
