"""Reads the shapes of a slide: texts, tables, charts, diagrams, pictures, groups; each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.charts import chart_blocks, diagram_blocks
from ingest.parsing.office.package import Node, Part, attribute, child, chosen, descendants, tag
from ingest.parsing.office.slide_files.text import read_paragraphs, table_block
from ingest.parsing.scans.pictures import Pictures
from rag.types import ElementKind

_TITLES = frozenset({"title", "ctrTitle"})
_NUMBERS = frozenset({"sldNum", "dt"})
_BODIES = frozenset({"body", "obj"})
_SAME_ROW = 228_600
"""English Metric Units, a quarter of an inch: shapes whose tops differ by less are beside each other."""
_OPEN = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape with text: its place in English Metric Units, its kind of placeholder (empty: none) and its blocks."""

    left: float
    top: float
    placeholder: str
    blocks: tuple[Block, ...]

    @property
    def is_title(self) -> bool:
        return self.placeholder in _TITLES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    left: float
    top: float
    width: float
    height: float


def positioned(shapes: Sequence[Shape]) -> list[Shape]:
    """Returns the shapes from top to bottom, and those in a row from left to right."""
    rows: list[list[Shape]] = []
    for shape in sorted(shapes, key=lambda shape: shape.top):
        if rows and shape.top - rows[-1][0].top < _SAME_ROW:
            rows[-1].append(shape)
        else:
            rows.append([shape])
    return [shape for row in rows for shape in sorted(row, key=lambda shape: shape.left)]


@dataclass(slots=True)
class Shapes:
    """Reads the shapes of every slide, and counts what is left out."""

    main: Part
    pictures: Pictures
    left_out: list[str] = field(default_factory=list)
    hidden_words: int = 0
    embedded_files: int = 0
    _furniture: set[str] = field(default_factory=set)
    _frames: dict[str, list[tuple[Node, _Frame]]] = field(default_factory=dict)

    def of(self, slide: Part) -> list[Shape]:
        """Returns the shapes of a slide, a layout or a page of notes, in the order of the file."""
        tree = child(slide.root, "p:cSld", "p:spTree")
        return self._shapes(tree if tree is not None else (), slide)

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out and what was not read, as sentences."""
        found = []
        if self.hidden_words:
            found.append(f"{self.hidden_words:,} word{'' if self.hidden_words == 1 else 's'} of hidden text left out")
        if self.embedded_files:
            found.append(f"{self.embedded_files} embedded file{'' if self.embedded_files == 1 else 's'} not read")
        return (*found, *self.pictures.warnings())

    def _shapes(self, nodes: Iterable[Node], slide: Part) -> list[Shape]:
        found = []
        for node in nodes:
            if tag(node) == "mc:AlternateContent":
                found += self._shapes(chosen(node), slide)
            elif tag(node) in {"p:sp", "p:grpSp", "p:graphicFrame", "p:pic", "p:cxnSp", "p:contentPart"}:
                found += self._shape(node, slide)
        return found

    def _shape(self, node: Node, slide: Part) -> list[Shape]:
        properties = next((each for each in node if tag(each).startswith("p:nv")), None)
        placeholder = child(properties, "p:nvPr", "p:ph")
        kind = "" if placeholder is None else attribute(placeholder, "type") or "obj"
        frame = _frame(node) or self._inherited_frame(placeholder, slide)
        if attribute(child(properties, "p:cNvPr"), "hidden") in {"1", "true"} or self._is_off(frame):
            self._hide(node)
            return []
        blocks = self._blocks(node, slide, kind)
        if kind in _NUMBERS:
            self.left_out += [block.text for block in blocks]
            return []
        if kind == "ftr":
            new = [block for block in blocks if block.text not in self._furniture]
            self._furniture.update(block.text for block in blocks)
            self.left_out += [block.text for block in blocks if block not in new]
            blocks = new
        left, top = (frame.left, frame.top) if frame is not None else (_OPEN, _OPEN)
        return [Shape(left=left, top=top, placeholder=kind, blocks=tuple(blocks))] if blocks else []

    def _blocks(self, node: Node, slide: Part, kind: str) -> list[Block]:
        name = tag(node)
        if name == "p:grpSp":
            return [block for shape in positioned(self._shapes(node, slide)) for block in shape.blocks]
        if name == "p:pic":
            return self._picture(node, slide)
        if name == "p:graphicFrame":
            return self._graphic(node, slide)
        blocks = _text_blocks(node, slide, kind)
        return blocks + [block for fill in descendants(node, "a:blipFill") for block in self._picture(fill, slide)]

    def _picture(self, node: Node, slide: Part) -> list[Block]:
        found = (slide.picture(attribute(blip, "embed")) for blip in descendants(node, "a:blip"))
        return [block for each in found if each is not None for block in self.pictures.blocks(each)]

    def _graphic(self, node: Node, slide: Part) -> list[Block]:
        blocks: list[Block] = []
        data = child(node, "a:graphic", "a:graphicData")
        for each in data if data is not None else ():
            for part in chosen(each) if tag(each) == "mc:AlternateContent" else (each,):
                blocks += self._graphic_part(part, slide)
        return blocks

    def _graphic_part(self, node: Node, slide: Part) -> list[Block]:
        match tag(node):
            case "a:tbl":
                return table_block(node, slide)
            case "c:chart" | "cx:chart":
                chart = slide.shown(attribute(node, "id"))
                return chart_blocks(chart.root) if chart is not None else []
            case "dgm:relIds":
                data = slide.shown(attribute(node, "dm"))
                return diagram_blocks(data.root) if data is not None else []
            case "p:oleObj":
                self.embedded_files += 1
                return self._picture(node, slide)  # what the slide shows of it
            case _:
                return []

    def _inherited_frame(self, placeholder: Node | None, slide: Part) -> _Frame | None:
        """Returns the place of a placeholder on the slide's layout, else on its master."""
        if placeholder is None:
            return None
        for layout in slide.of_kind("slideLayout"):
            for part in (layout, *layout.of_kind("slideMaster")):
                for mark, frame in self._placeholders(part):
                    if _is_same(mark, placeholder):
                        return frame
        return None

    def _placeholders(self, part: Part) -> list[tuple[Node, _Frame]]:
        if part.name not in self._frames:
            marks = ((next(descendants(each, "p:ph"), None), _frame(each)) for each in descendants(part.root, "p:sp"))
            self._frames[part.name] = [(mark, frame) for mark, frame in marks if mark is not None and frame is not None]
        return self._frames[part.name]

    def _is_off(self, frame: _Frame | None) -> bool:
        """Returns whether a shape lies beside the slide, where a show does not have it."""
        size = child(self.main.root, "p:sldSz")
        width, height = _emu(attribute(size, "cx")), _emu(attribute(size, "cy"))
        if frame is None or not width or not height or not frame.width:
            return False
        is_beside = frame.left >= width or frame.left + frame.width <= 0
        return is_beside or frame.top >= height or frame.top + frame.height <= 0

    def _hide(self, node: Node) -> None:
        texts = [each.text or "" for each in descendants(node, "a:t")]
        self.hidden_words += sum(len(text.split()) for text in texts)
        self.left_out += texts


def _text_blocks(node: Node, slide: Part, kind: str) -> list[Block]:
    found = read_paragraphs(child(node, "p:txBody"), slide)
    if kind in _TITLES:
        return [Block(kind=ElementKind.PARAGRAPH, text=paragraph.text) for paragraph in found]
    is_list = kind in _BODIES and len(found) > 1
    return [
        Block(
            kind=ElementKind.LIST_ITEM if is_list or paragraph.is_item else ElementKind.PARAGRAPH, text=paragraph.text
        )
        for paragraph in found
    ]


def _frame(node: Node) -> _Frame | None:
    for path in (("p:spPr", "a:xfrm"), ("p:grpSpPr", "a:xfrm"), ("p:xfrm",)):
        place = child(node, *path)
        if place is not None:
            offset, extent = child(place, "a:off"), child(place, "a:ext")
            return _Frame(
                left=_emu(attribute(offset, "x")),
                top=_emu(attribute(offset, "y")),
                width=_emu(attribute(extent, "cx")),
                height=_emu(attribute(extent, "cy")),
            )
    return None


def _is_same(first: Node, second: Node) -> bool:
    own, other = attribute(first, "idx"), attribute(second, "idx")
    if own is not None and own == other:
        return True
    kinds = [attribute(each, "type") or "obj" for each in (first, second)]
    return kinds[0] == kinds[1] and (own is None or other is None)


def _emu(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
