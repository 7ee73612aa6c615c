"""Reads what stands in the lines of an OpenDocument paragraph."""

from __future__ import annotations

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.raised import note_mark, raised
from ingest.parsing.office.links import address_after
from ingest.parsing.office.open_document.document import Document
from ingest.parsing.office.open_document.elements import Node, attribute, descendants, number, plain_text, tag

_PAGE_NUMBERS = frozenset({"text:page-number", "text:page-count"})
_SKIPPED = frozenset({"text:script", "text:note-citation", "office:annotation-end", "office:event-listeners"})
_HIDEABLE = frozenset({"text:hidden-text", "text:hidden-paragraph"})
_MAX_SPACES = 100
_BEFORE = 8


class Line:
    """Collects the text of one paragraph."""

    def __init__(self, document: Document) -> None:
        self.attached: list[Block] = []
        """Text boxes, pictures and charts that hang on the paragraph."""
        self._document = document
        self._parts: list[str] = []
        self._after_mark = self._after_lowered = False
        self._has_ground = False

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def read(self, node: Node, *, is_raised: bool = False) -> None:
        """Adds the contents of a paragraph or of a span in it."""
        style = attribute(node, "text:style-name")
        self._has_ground |= self._document.styles.has_ground(style)
        is_unseen = not self._document.depth and self._document.styles.is_unseen(style, has_ground=self._has_ground)
        is_hidden = is_unseen or self._document.styles.property_of(style, "text:display") == "none"
        if is_hidden or (tag(node) in _HIDEABLE and attribute(node, "text:is-hidden") == "true"):
            self._document.hide(attribute(node, "text:string-value") or plain_text(node))
            return
        if self._document.styles.property_of(style, "style:text-line-through-style") not in {"", "none"}:
            self._document.strike(plain_text(node))
            return
        position = self._document.styles.property_of(style, "style:text-position")
        is_raised = is_raised or position.startswith(("super", *"123456789"))
        self._add(node.text, is_raised=is_raised)
        for each in node:
            self._inner(each, is_raised=is_raised)
            self._add(each.tail, is_raised=is_raised)
        self._after_lowered = position.startswith(("sub", "-"))

    def _inner(self, node: Node, *, is_raised: bool) -> None:
        name = tag(node)
        if name in {"text:s", "text:tab", "text:line-break"}:
            spaces = number(node, "text:c", most=_MAX_SPACES)
            self._parts.append("\n" if name == "text:line-break" else " " * spaces)
        elif name == "text:note":
            self._note(node)
        elif name == "office:annotation":
            self._document.comment(node)
        elif name.startswith(("draw:", "table:")):
            self.attached += self._document.inner([node])
        elif name in _PAGE_NUMBERS:
            self._document.pass_over(plain_text(node))
        elif name == "text:ruby":
            self._ruby(node)
        elif name == "text:a":
            self._link(node)
        elif name not in _SKIPPED and name:
            self.read(node, is_raised=is_raised)

    def _add(self, text: str | None, *, is_raised: bool) -> None:
        if not text:
            return
        text = " ".join(text.replace("\n", " ").split(" ")) if "\n" in text else text
        if is_raised and text.strip():
            text = raised("".join(self._parts[-_BEFORE:]), text)
            if text.startswith("["):
                self._mark(text)
                return
        if (self._after_mark and text[0].isalnum()) or (self._after_lowered and text[0].isdecimal()):
            text = f" {text}"
        self._after_mark = self._after_lowered = False
        self._parts.append(text)

    def _mark(self, mark: str) -> None:
        self._parts.append(mark)
        self._after_mark = True

    def _note(self, node: Node) -> None:
        mark = " ".join(plain_text(each) for each in descendants(node, "text:note-citation"))
        self._mark(note_mark(mark))
        for body in node:
            if tag(body) == "text:note-body":
                self._wait(mark, body)

    def _wait(self, mark: str, body: Node) -> None:
        self._document.wait(note_mark(mark), lambda: self._document.read(self._document, body))

    def _ruby(self, node: Node) -> None:
        for each in node:
            shown = plain_text(each)
            self._parts.append(f"({shown})" if tag(each) == "text:ruby-text" and shown else shown)

    def _link(self, node: Node) -> None:
        start = len(self._parts)
        self.read(node)
        address, shown = attribute(node, "xlink:href"), "".join(self._parts[start:])
        if ":" in address and not address.startswith("#"):
            self._parts.append(address_after(shown, address))
