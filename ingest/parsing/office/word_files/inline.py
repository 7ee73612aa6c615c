"""Reads what stands in the lines of a Word paragraph: text as it is shown, marks of notes, what is attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.raised import note_mark, raised
from ingest.parsing.office.charts import chart_blocks, diagram_blocks, paragraphs
from ingest.parsing.office.equations import linear
from ingest.parsing.office.package import Node, Part, attribute, child, chosen, descendants, is_address_shown, tag
from ingest.parsing.office.word_files.document import Field, WordDocument
from ingest.parsing.office.word_files.symbols import shown, symbol
from rag.types import ElementKind

# Elements around runs that change nothing in what is shown; ``w:sdt`` is a content control.
_WRAPPERS = frozenset("w:ins w:moveTo w:smartTag w:customXml w:sdtContent w:dir w:bdo w:sdt".split())
_LINK = re.compile(r'HYPERLINK\s+(?:\\[a-z]\s+)*"([^"]+)"', re.IGNORECASE)
_LOCAL_LINK = re.compile(r"HYPERLINK\s+(?:\\[a-z]\s+)*\\l", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_BREAKS = {"w:tab": " ", "w:ptab": " ", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
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
    _paragraph: Node | None = None

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def read(self, paragraph: Node) -> None:
        """Adds the contents of a paragraph."""
        self._paragraph = paragraph
        self._walk(paragraph)

    def end(self) -> None:
        """Ends the paragraph. A field that has no end, as in damaged files, hides nothing."""
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
            self.document.delete(node)

    def _run(self, run: Node) -> None:
        if self._is_hidden(run):
            self.document.hide("".join(each.text or "" for each in descendants(run, "w:t")))
            return
        position = self.document.styles.property_of(run, self._paragraph, "w:vertAlign")
        is_raised = attribute(position, "val") == "superscript"
        has_own_mark = False
        for node in run:
            name = tag(node)
            if name == "w:t":
                text = shown(node.text or "")
                if has_own_mark and text.strip():
                    self._mark(note_mark(text))
                    has_own_mark = False
                elif is_raised and text.strip():
                    self._add_raised(text)
                else:
                    self._add(text)
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
            self._drawing(node)
        elif name == "mc:AlternateContent":
            for each in chosen(node):
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
        return not any(ground is not None for ground in grounds)

    def _add(self, text: str) -> None:
        hiding = next((each for each in self.fields if not each.is_shown), None)
        if hiding is not None:
            hiding.held.append(text)
            return
        if not text:
            return
        if self._after_mark and text[0].isalnum():
            text = " " + text
        self._after_mark = False
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
        """Adds a link's address unless its text shows it."""
        text = "".join(self._parts[start:])
        if text.strip() and not is_address_shown(target, text):
            self._add(f" ({target.removeprefix('mailto:').removeprefix('tel:')})")

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
        self.document.left_out += found.held
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

    def _drawing(self, nodes: Iterable[Node]) -> None:
        """Reads what hangs on a run: text boxes, pictures, charts, diagrams, word art."""
        for each in nodes:
            name = tag(each)
            if name == "mc:AlternateContent":
                self._drawing(chosen(each))
            elif name == "w:txbxContent":
                self.attached += self.document.blocks(each, self.part)
            elif name == "v:textpath":
                self._attach(attribute(each, "string") or "")
            elif name == "a:p":
                self._attach(" ".join(paragraphs(each)))
            else:
                self._related(each, name)
                self._drawing(each)

    def _related(self, node: Node, name: str) -> None:
        """Reads a picture, a chart or a diagram, which are parts of their own."""
        if name in {"a:blip", "v:imagedata"}:
            found = self.part.picture(attribute(node, "embed") or attribute(node, "id"))
            self.attached += self.document.pictures.blocks(found) if found is not None else []
        elif name in {"c:chart", "cx:chart"}:
            chart = self.part.shown(attribute(node, "id"))
            self.attached += chart_blocks(chart.root) if chart is not None else []
        elif name == "dgm:relIds":
            data = self.part.shown(attribute(node, "dm"))
            self.attached += diagram_blocks(data.root) if data is not None else []
        elif name == "OLEObject" and not (attribute(node, "ProgID") or "").startswith("Equation"):
            self.document.embed("embedded file")

    def _attach(self, text: str) -> None:
        if text.strip():
            self.attached.append(Block(kind=ElementKind.PARAGRAPH, text=text.strip()))
