"""Reads what hangs on a run of a Word paragraph: text boxes, pictures, charts, diagrams, word art, embedded files."""

from __future__ import annotations

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.elements import Node, attribute, child, descendants, is_set, tag
from ingest.parsing.office.package import Part
from ingest.parsing.office.word_files.document import WordDocument


def drawing_blocks(document: WordDocument, node: Node, part: Part) -> list[Block]:
    """Returns what a drawing or an object says, or what its author wrote about it where it holds no text.

    The text of an embedded file goes to ``document.embedded``. Its picture is read only where the file cannot be, or is
    linked.
    """
    found = next(descendants(node, "OLEObject"), None)
    if found is not None and attribute(found, "Type") != "Link":
        blocks = document.drawings.file(attribute(found, "id"), part)
        document.embedded += blocks or []
        is_equation = (attribute(found, "ProgID") or "").startswith("Equation")
        if blocks or (is_equation and blocks is not None):
            return []
    drawn = document.drawings.drawn(node, part, lambda each: _in_word(document, each, part))
    if drawn:
        return drawn
    texts = (attribute(each, "descr") or attribute(each, "alt") for each in descendants(node, "wp:docPr", "v:shape"))
    return [block for text in texts for block in document.drawings.described(text)]


def _in_word(document: WordDocument, node: Node, part: Part) -> list[Block] | None:
    """Returns the text of a text box; nothing of a drawing that is not shown; None for other elements."""
    if tag(node) == "w:txbxContent":
        return document.blocks(node, part)
    if tag(node) in {"wp:anchor", "wp:inline"} and is_set(child(node, "wp:docPr"), "hidden"):
        document.hide(*(text.text or "" for text in descendants(node, "w:t")))
        return []
    return None
