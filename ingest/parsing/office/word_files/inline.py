"""Reads what stands in the lines of a Word paragraph: text as it is shown, marks of notes, what is attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.raised import note_mark, raised
from ingest.parsing.office.elements import Node, attribute, child, chosen, descendants, tag
from ingest.parsing.office.equations import linear
from ingest.parsing.office.links import address_after
from ingest.parsing.office.package import Part
from ingest.parsing.office.word_files.attached import drawing_blocks
from ingest.parsing.office.word_files.document import Field, WordDocument
from ingest.parsing.office.word_files.symbols import drawn_by_field, shown, symbol

# Elements around runs that change nothing in what is shown; ``w:sdt`` is a content control.
_WRAPPERS = frozenset("w:ins w:moveTo w:smartTag w:customXml w:sdtContent w:dir w:bdo w:sdt".split())
_LINK = re.compile(r'HYPERLINK\s+(?:\\[a-z]\s+)*"([^"]+)"', re.IGNORECASE)
_LOCAL_LINK = re.compile(r"HYPERLINK\s+(?:\\[a-z]\s+)*\\l", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_BREAKS = {"w:tab": " ", "w:ptab": " ", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_WORD_END = re.compile(r"\A(?:[^\W_]|\[\^[^\]\s]{1,9}\])*+")
_BEFORE = 8
_WHITE = "FFFFFF"
_MAX_TINY = 4
"""The largest size, in half points, that is too small to read."""


@dataclass(slots=True, kw_only=True)
class Inline:
    """Collects the text of one paragraph, or of several where the mark between them was deleted."""

    document: WordDocument
    part: Part
    fields: list[Field]
    attached: list[Block] = field(default_factory=list)
    """Text boxes, pictures, charts and diagrams that hang on the paragraph."""
    has_page_number: bool = False
    _parts: list[str] = field(default_factory=list)
    _after_mark: bool = False
    _after_lowered: bool = False
    _struck: list[str] = field(default_factory=list)
    _address: str = ""
    """Of a link that may go on in the next letters."""
    _paragraph: Node | None = None

    @property
    def text(self) -> str:
        return "".join(self._parts) + self._address

    def read(self, paragraph: Node) -> None:
        """Adds the contents of a paragraph."""
        self._paragraph = paragraph
        self._walk(paragraph)

    def end(self) -> None:
        """Ends the paragraph. A field that has no end, as in damaged files, hides nothing."""
        self._add("")
        self.document.extend_comments(" ")
        for found in [each for each in self.fields if not each.is_result]:
            self.fields.remove(found)
            for text in found.held:
                self._add(text)

    def _walk(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            name = tag(node)
            if name == "w:r":
                self._run(node)
            elif name == "w:hyperlink":
                self._hyperlink(node)
            elif name == "w:fldSimple":
                self._simple_field(node)
            elif name in _WRAPPERS:
                self._walk(() if self.document.is_prompt(node) else node)
            elif name in {"m:oMath", "m:oMathPara"}:
                self._add_apart(linear(node))
            elif name == "mc:AlternateContent":
                self._walk(chosen(node))
            else:
                self._change_or_comment(node, name)

    def _change_or_comment(self, node: Node, name: str) -> None:
        if name == "w:commentRangeStart":
            self.document.begin_comment(attribute(node, "id"))
        elif name == "w:commentRangeEnd":
            self.document.end_comment(attribute(node, "id"))
        elif name in {"w:del", "w:moveFrom"}:
            self.document.drop(node)

    def _run(self, run: Node) -> None:
        if self._is_hidden(run):
            self.document.hide("".join(each.text or "" for each in descendants(run, "w:t")))
            return
        if self._is_struck(run):
            self._struck += [each.text or "" for each in descendants(run, "w:t")]
            return
        position = attribute(self.document.styles.property_of(run, self._paragraph, "w:vertAlign"), "val")
        has_own_mark = False
        for node in run:
            name = tag(node)
            if name == "w:t":
                text = shown(node.text or "")
                if has_own_mark and text.strip():
                    self._mark(note_mark(text))
                    has_own_mark = False
                elif position == "superscript" and text.strip():
                    self._add_raised(text)
                else:
                    self._add(text)
                    self._after_lowered = position == "subscript"
            elif name in {"w:footnoteReference", "w:endnoteReference"}:
                has_own_mark = attribute(node, "customMarkFollows") in {"1", "true", "on"}
                mark = self.document.refer(node, run if has_own_mark else None)
                if mark and not has_own_mark:
                    self._mark(mark)
            else:
                self._run_child(node, name)

    def _add_raised(self, text: str) -> None:
        written = raised("".join(self._parts[-_BEFORE:]), text)
        if written.startswith("["):
            self._mark(written)
        else:
            self._add(written)

    def _run_child(self, node: Node, name: str) -> None:
        if name in _BREAKS:
            self._add(_BREAKS[name])
        elif name == "w:sym":
            self._add(symbol(attribute(node, "char") or "", attribute(node, "font") or ""))
        elif name == "w:fldChar":
            self._field_mark(node)
        elif name == "w:instrText" and self.fields:
            self.fields[-1].code += node.text or ""
        elif name == "w:commentReference":
            self.document.comment(attribute(node, "id"))
        elif name in {"w:drawing", "w:pict", "w:object"}:
            self.attached += drawing_blocks(self.document, node, self.part)
        elif name == "mc:AlternateContent":
            for each in chosen(node):
                self._add(shown(each.text or "") if tag(each) == "w:t" else "")  # an emoji, for old programs
                self._run_child(each, tag(each))
        elif name == "w:ruby":
            self._ruby(node)

    def _ruby(self, node: Node) -> None:
        base, reading = child(node, "w:rubyBase"), child(node, "w:rt")
        self._walk(() if base is None else base)
        if reading is not None:
            self._add("(")
            self._walk(reading)
            self._add(")")

    def _is_hidden(self, run: Node) -> bool:
        styles = self.document.styles
        if styles.has(run, self._paragraph, "w:vanish"):
            return True
        size = attribute(styles.property_of(run, self._paragraph, "w:sz"), "val") or ""
        return (size.isdecimal() and int(size) <= _MAX_TINY) or self._is_white(run)

    def _is_struck(self, run: Node) -> bool:
        return any(self.document.styles.has(run, self._paragraph, name) for name in ("w:strike", "w:dstrike"))

    def _is_white(self, run: Node) -> bool:
        """Returns whether a run is white on white: tables, text boxes and shaded text may have another ground."""
        styles = self.document.styles
        color = attribute(styles.property_of(run, self._paragraph, "w:color"), "val") or ""
        if color.upper() != _WHITE or self.document.depth or self.document.has_background:
            return False
        grounds = (
            styles.property_of(run, self._paragraph, "w:shd"),
            styles.property_of(run, self._paragraph, "w:highlight"),
            styles.paragraph_property(self._paragraph, "w:shd"),
        )
        return not any(_is_coloured(ground) for ground in grounds)

    def _add(self, text: str) -> None:
        if self._struck:
            self.document.strike("".join(self._struck))
            self._struck.clear()
        hiding = next((each for each in self.fields if not each.is_shown), None)
        if hiding is not None:
            hiding.held.append(text)
            return
        if not text:
            return
        if (self._after_mark and text[0].isalnum()) or (self._after_lowered and text[0].isdecimal()):
            text = " " + text
        self._after_mark = self._after_lowered = False
        if self._address:
            at = len(text) - len(_WORD_END.sub("", text, count=1))
            if at < len(text):
                text, self._address = text[:at] + self._address + text[at:], ""
        self._parts.append(text)
        self.document.extend_comments(text)

    def _mark(self, mark: str) -> None:
        self._add(mark)
        self._after_mark = True

    def _add_apart(self, text: str) -> None:
        """Adds an equation, apart from the words around it but not from a full stop."""
        if text:
            before = self._parts[-1][-1:] if self._parts else ""
            self._add(f" {text}" if before.isalnum() else text)
            self._after_mark = True

    def _hyperlink(self, node: Node) -> None:
        start = len(self._parts)
        self._walk(node)
        relation = self.part.relations.get(attribute(node, "id") or "")
        if relation is not None and relation.is_external:
            self._add_address(relation.target, start)

    def _add_address(self, target: str, start: int) -> None:
        """Adds a link's address unless its text shows it; after the word that the link may end in."""
        self._address += address_after("".join(self._parts[start:]), target)

    def _simple_field(self, node: Node) -> None:
        found = Field(code=attribute(node, "instr") or "", start=len(self._parts), is_result=True)
        self._note_page_number(found)
        self.fields.append(found)
        self._walk(node)
        self._end_field(found)

    def _field_mark(self, node: Node) -> None:
        kind = attribute(node, "fldCharType")
        if kind == "begin":
            self.fields.append(Field(start=len(self._parts)))
            self._add_form_value(node)
        elif kind == "separate" and self.fields:
            self.fields[-1].is_result = True
            self.fields[-1].start = len(self._parts)
            self._note_page_number(self.fields[-1])
        elif kind == "end" and self.fields:
            self._end_field(self.fields[-1])

    def _end_field(self, found: Field) -> None:
        self.fields.remove(found)
        self._note_page_number(found)
        self.document.pass_over(*found.held)
        self._add("" if found.is_result else drawn_by_field(found.code))
        link = _LINK.match(found.code.strip())
        if link is not None and not _LOCAL_LINK.match(found.code.strip()) and found.start <= len(self._parts):
            self._add_address(link[1], found.start)

    def _note_page_number(self, found: Field) -> None:
        if _PAGE_FIELD.match(found.code):
            found.is_page_number = self.has_page_number = True

    def _add_form_value(self, node: Node) -> None:
        """Adds what a form field of the old kind holds outside of its result: a tick, or the choice of a list."""
        box, choice = child(node, "w:ffData", "w:checkBox"), child(node, "w:ffData", "w:ddList")
        if box is not None:
            state = child(box, "w:checked")
            state = state if state is not None else child(box, "w:default")
            is_ticked = state is not None and attribute(state, "val", "1") in {"1", "true", "on"}
            self._parts.append("☒ " if is_ticked else "☐ ")
        elif choice is not None:
            entries = [attribute(each, "val") or "" for each in choice if tag(each) == "w:listEntry"]
            number = attribute(child(choice, "w:result"), "val") or "0"
            if number.isdecimal() and int(number) < len(entries):
                self._parts.append(entries[int(number)])


def _is_coloured(ground: Node | None) -> bool:
    """Returns whether shading or a highlight gives a text another ground than white."""
    fill = attribute(ground, "fill") or attribute(ground, "val")
    return fill is not None and fill.upper() not in {"AUTO", _WHITE, "CLEAR", "NIL", "WHITE"}
