"""Reads what office files draw beside their text: pictures, charts, diagrams, embedded files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.office.charts import chart_blocks, diagram_blocks, paragraphs
from ingest.parsing.office.elements import Node, attribute, chosen, tag
from ingest.parsing.office.embedded import EmbeddedFiles
from ingest.parsing.office.package import Part
from ingest.parsing.scans.ocr import Recogniser
from ingest.parsing.scans.pictures import Pictures
from rag.types import ElementKind

_FILE_NAME = re.compile(
    r"\A(?:https?|file)://|\A[A-Za-z]:\\|\A\S+\.[A-Za-z]{3,4}\Z|\.(?:png|jpe?g|gif|bmp|tiff?|[ew]mf|svg|webp)\Z"
)
_DEFAULT_NAME = re.compile(
    r"\A(?:Picture|Image|Grafik|Bild|Shape|Object|Chart|Diagram)\s?\d*\Z|\A[^\s_]*_\S*\Z", re.IGNORECASE
)
_MACHINE_MADE = re.compile(r"automatically generated|automatisch generiert|générée? automatiquement", re.IGNORECASE)
_NO_DESCRIPTIONS = (_FILE_NAME, _DEFAULT_NAME, _MACHINE_MADE)
"""Names of files, names that programs give, and what a program took the picture for."""


@dataclass(slots=True)
class Drawings:
    """Reads drawings with ``pictures`` and ``embedded``."""

    pictures: Pictures
    embedded: EmbeddedFiles
    _described: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, recogniser: Recogniser, files: InnerFiles, host: str) -> Drawings:
        """Returns the drawings of a file, which is called ``host``."""
        return cls(Pictures(recogniser), EmbeddedFiles(files=files, host=host))

    def related(self, node: Node, part: Part) -> list[Block]:
        """Returns the text of a picture, a chart or a diagram, each a part of its own; nothing for other elements."""
        name = tag(node)
        if name in {"a:blip", "v:imagedata"}:
            found = part.member(attribute(node, "embed") or attribute(node, "id"))
            return self.pictures.blocks(found.content) if found is not None else []
        if name in {"c:chart", "cx:chart"}:
            chart = part.shown(attribute(node, "id"))
            return [*chart_blocks(chart.root), *_on_chart(chart)] if chart is not None else []
        if name == "dgm:relIds":
            data = part.shown(attribute(node, "dm"))
            return diagram_blocks(data.root) if data is not None else []
        return []

    def drawn(self, nodes: Iterable[Node], part: Part, inner: Callable[[Node], list[Block] | None]) -> list[Block]:
        """Returns the texts, pictures, charts and diagrams in drawings; ``inner`` reads what only its format has."""
        found: list[Block] = []
        for node in nodes:
            name, own = tag(node), inner(node)
            if own is not None:
                found += own
            elif name == "mc:AlternateContent":
                found += self.drawn(chosen(node), part, inner)
            elif name in {"a:p", "v:textpath"}:
                texts = paragraphs(node) if name == "a:p" else [attribute(node, "string") or ""]
                found += [Block(kind=ElementKind.PARAGRAPH, text=text.strip()) for text in texts if text.strip()]
            else:
                found += self.related(node, part)
                found += self.drawn(node, part, inner)
        return found

    def file(self, relation_id: str | None, part: Part, *, above: tuple[str, ...] = ()) -> list[Block] | None:
        """Returns the text of an embedded file; None if a relation leads to none."""
        found = part.member(relation_id)
        return self.embedded.blocks(found, above=above) if found is not None else None

    def described(self, text: str | None) -> list[Block]:
        """Returns what an author wrote about a picture."""
        words = " ".join((text or "").split())
        if not words or any(pattern.search(words) for pattern in _NO_DESCRIPTIONS):
            return []
        self._described[words] = self._described.get(words, 0) + 1
        return [Block(kind=ElementKind.PARAGRAPH, text=words)] if self._described[words] == 1 else []

    @property
    def left_out(self) -> list[str]:
        """Returns what the readers of embedded files left out on purpose, and descriptions that are repeated."""
        repeated = (words for words, count in self._described.items() for _ in range(count - 1))
        return [*self.embedded.files.left_out, *repeated]

    def warnings(self) -> tuple[str, ...]:
        """Returns what was not read, as sentences."""
        return (*self.pictures.warnings(), *self.embedded.warnings())


def _on_chart(chart: Part) -> list[Block]:
    """Returns the texts of the boxes that stand on a chart."""
    texts = (text for part in chart.of_kind("chartUserShapes") for text in paragraphs(part.root))
    return [Block(kind=ElementKind.PARAGRAPH, text=text) for text in texts]
