"""Reads the shapes of a slide: texts, tables, charts, diagrams, pictures, groups; each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.elements import Node, attribute, child, chosen, descendants, is_set, tag
from ingest.parsing.office.package import Part
from ingest.parsing.office.placement import Frame, reading_order
from ingest.parsing.office.slide_files.text import read_paragraphs, table_block
from ingest.parsing.office.state import ReadingState
from rag.types import ElementKind

_TITLES = frozenset({"title", "ctrTitle"})
_NUMBERS = frozenset({"sldNum", "dt"})
_BODIES = frozenset({"body", "obj"})
_SHAPES = frozenset({"p:sp", "p:grpSp", "p:graphicFrame", "p:pic", "p:cxnSp", "p:contentPart"})
_MAX_CARD_NAME = 60
_EMU_A_POINT = 12_700


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape with text: its place, its kind of placeholder (empty: none) and its blocks."""

    frame: Frame | None
    placeholder: str
    blocks: tuple[Block, ...]

    @property
    def is_title(self) -> bool:
        return self.placeholder in _TITLES


def positioned(shapes: Sequence[Shape]) -> list[Shape]:
    """Returns the shapes in reading order."""
    return [shapes[at] for at in reading_order([shape.frame for shape in shapes])]


def card_name(shape: Shape) -> str:
    """Returns the text of a shape that holds a name only, else nothing."""
    text = " ".join(shape.blocks[0].text.split()) if len(shape.blocks) == 1 else ""
    is_name = shape.blocks[0].table is None and len(text) <= _MAX_CARD_NAME and text[-1:] not in ".!?;,:"
    return text if is_name and any(map(str.isalpha, text)) else ""


@dataclass(slots=True)
class Shapes:
    """Reads the shapes of every slide."""

    main: Part
    state: ReadingState
    _furniture: set[str] = field(default_factory=set)
    _frames: dict[str, list[tuple[Node, Frame]]] = field(default_factory=dict)

    def of(self, slide: Part) -> list[Shape]:
        """Returns the shapes of a slide, a layout or a page of notes, in the order of the file."""
        tree = child(slide.root, "p:cSld", "p:spTree")
        return self._shapes(tree if tree is not None else (), slide)

    def fixed(self, slide: Part) -> list[Block]:
        """Returns the texts that stand on the slide's layout and master, unless a slide before had them."""
        found: list[Block] = []
        for layout in slide.of_kind("slideLayout"):
            masters = layout.of_kind("slideMaster") if _shows_master(slide) and _shows_master(layout) else ()
            for part in (layout, *masters) if _shows_master(slide) else ():
                if part.name not in self._furniture:
                    self._furniture.add(part.name)
                    tree = child(part.root, "p:cSld", "p:spTree")
                    own = (each for each in (tree if tree is not None else ()) if tag(each) == "p:sp")
                    found += [
                        block for each in own if next(descendants(each, "p:ph"), None) is None
                        for block in self._texts(each, part, "")
                    ]  # fmt: skip
        new = [block for block in found if block.text not in self._furniture]
        self._furniture.update(block.text for block in new)
        return new

    def _shapes(self, nodes: Iterable[Node], slide: Part) -> list[Shape]:
        found = []
        for node in nodes:
            if tag(node) == "mc:AlternateContent":
                found += self._shapes(chosen(node), slide)
            elif tag(node) in _SHAPES:
                found += self._shape(node, slide)
        return found

    def _shape(self, node: Node, slide: Part) -> list[Shape]:
        properties = next((each for each in node if tag(each).startswith("p:nv")), None)
        placeholder = child(properties, "p:nvPr", "p:ph")
        kind = "" if placeholder is None else attribute(placeholder, "type") or "obj"
        frame = _frame(node) or self._inherited_frame(placeholder, slide)
        about = child(properties, "p:cNvPr")
        if is_set(about, "hidden") or self._is_off(frame):
            self.state.hide(*(each.text or "" for each in descendants(node, "a:t")))
            return []
        blocks = self._blocks(node, slide, kind)
        if kind in _NUMBERS:
            self.state.pass_over(*(block.text for block in blocks))
            return []
        if kind in {"ftr", "hdr"}:
            new = [block for block in blocks if block.text not in self._furniture]
            self._furniture.update(block.text for block in blocks)
            self.state.pass_over(*(block.text for block in blocks if block not in new))
            blocks = new
        elif not blocks and tag(node) in {"p:pic", "p:graphicFrame"}:
            blocks = self.state.drawings.described(attribute(about, "descr"))
        return [Shape(frame=frame, placeholder=kind, blocks=tuple(blocks))] if blocks else []

    def _blocks(self, node: Node, slide: Part, kind: str) -> list[Block]:
        name = tag(node)
        if name == "p:grpSp":
            return [block for shape in positioned(self._shapes(node, slide)) for block in shape.blocks]
        if name == "p:graphicFrame":
            return self._graphic(node, slide)
        blocks = [] if name == "p:pic" else self._texts(node, slide, kind)
        return blocks + self._pictures(node, slide)

    def _texts(self, node: Node, slide: Part, kind: str) -> list[Block]:
        found = read_paragraphs(child(node, "p:txBody"), slide, self.state)
        is_list = kind in _BODIES and len(found) > 1
        return [
            Block(
                kind=ElementKind.LIST_ITEM
                if is_list or (each.is_item and kind not in _TITLES)
                else ElementKind.PARAGRAPH,
                text=each.text,
                depth=each.depth,
            )
            for each in found
        ]

    def _pictures(self, node: Node, slide: Part) -> list[Block]:
        return [block for blip in descendants(node, "a:blip") for block in self.state.drawings.related(blip, slide)]

    def _graphic(self, node: Node, slide: Part) -> list[Block]:
        blocks: list[Block] = []
        data = child(node, "a:graphic", "a:graphicData")
        for each in data if data is not None else ():
            parts = list(chosen(each)) if tag(each) == "mc:AlternateContent" else [each]
            objects = [found for found in descendants(each, "p:oleObj") if attribute(found, "id")]
            for part in objects[:1] or parts:
                blocks += self._graphic_part(part, slide)
        return blocks

    def _graphic_part(self, node: Node, slide: Part) -> list[Block]:
        if tag(node) == "a:tbl":
            return table_block(node, slide, self.state)
        if tag(node) == "p:oleObj":
            read = self.state.drawings.file(_relation(node), slide)
            self.state.embedded += read or []
            return [] if read else self._pictures(node, slide)  # what the slide shows of it
        return self.state.drawings.related(node, slide)

    def _inherited_frame(self, placeholder: Node | None, slide: Part) -> Frame | None:
        """Returns the place of a placeholder on the slide's layout, else on its master."""
        if placeholder is None:
            return None
        for layout in slide.of_kind("slideLayout"):
            for part in (layout, *layout.of_kind("slideMaster")):
                for mark, frame in self._placeholders(part):
                    if _is_same(mark, placeholder):
                        return frame
        return None

    def _placeholders(self, part: Part) -> list[tuple[Node, Frame]]:
        if part.name not in self._frames:
            marks = ((next(descendants(each, "p:ph"), None), _frame(each)) for each in descendants(part.root, "p:sp"))
            self._frames[part.name] = [(mark, frame) for mark, frame in marks if mark is not None and frame is not None]
        return self._frames[part.name]

    def _is_off(self, frame: Frame | None) -> bool:
        """Returns whether a shape lies beside the slide, where a show does not have it."""
        size = child(self.main.root, "p:sldSz")
        width, height = _points(attribute(size, "cx")), _points(attribute(size, "cy"))
        if frame is None or not width or not height or not frame.width:
            return False
        is_beside = frame.left >= width or frame.left + frame.width <= 0
        return is_beside or frame.top >= height or frame.top + frame.height <= 0


def _shows_master(part: Part) -> bool:
    return attribute(part.root, "showMasterSp", "1") not in {"0", "false"}


def _relation(node: Node) -> str | None:
    return next((value for key, value in node.attrib.items() if key.endswith("}id")), None)


def _frame(node: Node) -> Frame | None:
    for path in (("p:spPr", "a:xfrm"), ("p:grpSpPr", "a:xfrm"), ("p:xfrm",)):
        place = child(node, *path)
        if place is not None:
            offset, extent = child(place, "a:off"), child(place, "a:ext")
            return Frame(
                left=_points(attribute(offset, "x")),
                top=_points(attribute(offset, "y")),
                width=_points(attribute(extent, "cx")),
                height=_points(attribute(extent, "cy")),
            )
    return None


def _is_same(first: Node, second: Node) -> bool:
    own, other = attribute(first, "idx"), attribute(second, "idx")
    if own is not None and own == other:
        return True
    kinds = [attribute(each, "type") or "obj" for each in (first, second)]
    return kinds[0] == kinds[1] and (own is None or other is None)


def _points(emu: str | None) -> float:
    """Returns a length, which is given in English Metric Units, in points."""
    try:
        return float(emu or 0) / _EMU_A_POINT
    except ValueError:
        return 0.0
