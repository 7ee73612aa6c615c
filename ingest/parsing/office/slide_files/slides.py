"""Reads presentations: slide by slide, its title first, then what stands on it by position, then notes and comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.office.charts import paragraphs
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.elements import Node, attribute, descendants, tag
from ingest.parsing.office.package import Part, open_package
from ingest.parsing.office.placement import card_columns
from ingest.parsing.office.slide_files.shapes import Shape, Shapes, card_name, positioned
from ingest.parsing.office.state import ReadingState
from ingest.parsing.scans.ocr import Recogniser
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText

_PARSER = "lxml"
_NOTES = "Notes"
_READ_PARTS = ("notesSlide", "chart", "comments", "diagramData")


def read_slides(
    path: Path, *, name: str, recogniser: Recogniser, files: InnerFiles, on_page: PageCounter = ignore_progress
) -> ExtractedText:
    """Returns the text of a presentation; a page is a slide, and a title heads only its slide.

    Raises:
        CorruptDocumentError: its main part is missing.
    """
    with open_package(path) as package:
        main = package.main_part(name)
        state = ReadingState(Drawings.of(recogniser, files, name))
        deck = _Deck(main=main, state=state, shapes=Shapes(main, state))
        listed = (main.related(_relation(entry)) for entry in descendants(main.root, "p:sldId"))
        slides = list({part.name: part for part in listed if part is not None}.values())
        blocks: list[Block] = []
        for number, slide in enumerate(slides, start=1):
            blocks += [replace(block, page=number) for block in deck.blocks(slide)]
            on_page(number, len(slides))
        return assemble(
            blocks,
            title=choose_title(package.title(), blocks, name),
            parser=_PARSER,
            page_count=len(slides),
            warnings=deck.warnings(),
            left_out=state.left_out,
        )


def _carded(shapes: Sequence[Shape], prefix: tuple[str, ...]) -> Iterator[Block]:
    """Yields the blocks of shapes in reading order; of columns of them, the first short text heads what is below it."""
    columns = card_columns([shape.frame for shape in shapes])
    names = {column[0]: card_name(shapes[column[0]]) for column in columns}
    if not all(names.values()) or any(column != list(range(column[0], column[-1] + 1)) for column in columns):
        columns, names = [], {}
    heads = {at: names[column[0]] for column in columns for at in column[1:]}
    for at, shape in enumerate(shapes):
        for block in shape.blocks:
            if at in names:
                yield Block(kind=ElementKind.HEADING, text=names[at], prefix=prefix)
            else:
                yield replace(block, prefix=(*prefix, heads[at]) if at in heads else prefix)


def _relation(entry: Node) -> str | None:
    """Returns the relation of a slide in the list; its own number is also called ``id``."""
    return next((value for key, value in entry.attrib.items() if key.endswith("}id")), None)


@dataclass(slots=True, kw_only=True)
class _Deck:
    main: Part
    state: ReadingState
    shapes: Shapes
    hidden_slides: int = 0
    read: set[str] = field(default_factory=set)

    def blocks(self, slide: Part) -> Iterator[Block]:
        """Yields the blocks of a slide; none of one that is not shown."""
        if attribute(slide.root, "show") in {"0", "false"}:
            self.hidden_slides += 1
            for part in (slide, *chain.from_iterable(map(slide.of_kind, _READ_PARTS))):
                self.state.pass_over(*(each.text or "" for each in descendants(part.root, "a:t", "c:v", "p:text")))
            return
        shapes = self.shapes.of(slide)
        title = next((shape for shape in shapes if shape.is_title and shape.blocks), None)
        heading = " ".join(" ".join(block.text for block in title.blocks).split()) if title is not None else ""
        prefix = (heading,) if heading else ()
        if heading:
            yield Block(kind=ElementKind.HEADING, text=heading)
        yield from _carded(positioned([shape for shape in shapes if shape is not title]), prefix)
        for block in self._beside(slide):
            yield replace(block, prefix=(*prefix, *block.prefix))
        for block in self.state.embedded:
            yield replace(block, path=(*prefix, *(block.path or ())))
        self.state.embedded.clear()

    def _beside(self, slide: Part) -> Iterator[Block]:
        """Yields what belongs to a slide without being one of its shapes: layout, notes, comments."""
        yield from self.shapes.fixed(slide)
        for notes in self._first(slide, "notesSlide"):
            for block in self._notes(notes):
                yield replace(block, prefix=(_NOTES,))
        for comments in self._first(slide, "comments"):
            for text in self._comments(comments):
                yield Block(kind=ElementKind.PARAGRAPH, text=text)

    def _first(self, slide: Part, kind: str) -> Iterator[Part]:
        """Yields the parts of a kind that no slide before had."""
        for part in slide.of_kind(kind):
            if part.name not in self.read:
                self.read.add(part.name)
                yield part

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out and what was not read, as sentences."""
        count = self.hidden_slides
        hidden = (f"{count} hidden slide{'' if count == 1 else 's'} left out",) if count else ()
        return (*hidden, *self.state.warnings())

    def _notes(self, part: Part) -> Iterator[Block]:
        for shape in self.shapes.of(part):
            if shape.placeholder in {"body", "", "hdr", "ftr"}:
                yield from shape.blocks

    def _comments(self, part: Part) -> Iterator[str]:
        names = self._authors()
        for comment in descendants(part.root, "p:cm", "cm", "reply"):
            author = names.get(attribute(comment, "authorId") or "", "")
            plain = [each.text or "" for each in comment if tag(each) == "p:text"]
            body = next((each for each in comment if tag(each) == "txBody"), None)
            text = " ".join(" ".join((*plain, *(paragraphs(body) if body is not None else ()))).split())
            if text:
                yield f"Comment by {author}: {text}" if author else f"Comment: {text}"

    def _authors(self) -> dict[str, str]:
        parts = [*self.main.of_kind("commentAuthors"), *self.main.of_kind("authors")]
        found = (each for part in parts for each in part.root)
        return {attribute(each, "id") or "": attribute(each, "name") or "" for each in found}
