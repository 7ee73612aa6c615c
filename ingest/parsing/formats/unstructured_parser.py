"""Reads Word files and presentations through ``unstructured``, where this product's own readers fail.

The only place that imports ``unstructured``, and it keeps it off the network: telemetry is switched off before the
first import, and the module that splits sentences with a spaCy model, which it would download, is replaced by the
functions at the end. Partitioners are imported when they are needed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.tables import table_lines
from ingest.parsing.formats.html_cleaning import table_rows
from ingest.parsing.formats.office_properties import stored_title
from ingest.parsing.formats.plain_text import join_lines
from rag.types import ElementKind

_KINDS = {
    "Title": ElementKind.HEADING,
    "ListItem": ElementKind.LIST_ITEM,
    "Table": ElementKind.TABLE,
    "CodeSnippet": ElementKind.CODE,
}
_SKIPPED = frozenset({"PageBreak", "PageNumber", "Image"})
_REPEATED = frozenset({"Header", "Footer"})
_NO_LANGUAGE_DETECTION = [""]


def read_docx(path: Path, _: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of a Word document; links are never fetched."""
    from unstructured.partition.docx import partition_docx  # noqa: PLC0415 - see above

    return stored_title(path), _blocks(_partition(partition_docx, filename=str(path)))


def read_pptx(path: Path, _: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of a presentation; pages are slides, and a title heads only its slide."""
    from unstructured.partition.pptx import partition_pptx  # noqa: PLC0415 - see above

    elements = _partition(partition_pptx, filename=str(path), include_slide_notes=True)
    return stored_title(path), _blocks(elements, has_pages=True)


def _partition(partition: Callable[..., list[Any]], **arguments: object) -> list[Any]:
    return partition(languages=_NO_LANGUAGE_DETECTION, **arguments)


def _blocks(elements: Iterable[Any], *, has_pages: bool = False) -> list[Block]:
    blocks: list[Block] = []
    seen: set[str] = set()
    for element in elements:
        category = type(element).__name__
        if category in _SKIPPED or (category in _REPEATED and element.text in seen):
            continue
        seen.add(element.text if category in _REPEATED else "")
        block = _block(element, category, has_pages=has_pages)
        if block.text:
            blocks.append(block)
    return _paged(blocks) if has_pages else blocks


def _block(element: Any, category: str, *, has_pages: bool) -> Block:  # noqa: ANN401 - a type of the SDK
    kind = _KINDS.get(category, ElementKind.PARAGRAPH)
    if kind is ElementKind.TABLE:
        rows = table_rows(element.metadata.text_as_html or "")
        text = "\n".join(table_lines(rows)) or element.text
        if sum(map(bool, chain.from_iterable(rows))) <= 1:
            kind = ElementKind.PARAGRAPH  # a frame, not a table
    elif kind is ElementKind.CODE:
        text = element.text
    else:
        text = join_lines(clean(element.text))
    return Block(
        kind=kind,
        text=clean(text, keep_spaces=kind is ElementKind.CODE),
        page=element.metadata.page_number if has_pages else None,
        level=(element.metadata.category_depth or 0) if kind is ElementKind.HEADING else None,
    )


def _paged(blocks: list[Block]) -> list[Block]:
    """Makes each slide's title the heading of that slide alone."""
    titled: dict[int | None, tuple[str, ...]] = {}
    paged = []
    for block in blocks:
        if block.kind is ElementKind.HEADING and block.page not in titled:
            titled[block.page] = (" ".join(block.text.split()),)
            paged.append(Block(kind=block.kind, text=block.text, page=block.page))
        else:
            kind = ElementKind.PARAGRAPH if block.kind is ElementKind.HEADING else block.kind
            prefix = titled.get(block.page, ())
            paged.append(Block(kind=kind, text=block.text, page=block.page, prefix=prefix))
    return paged


# Set at import, before ``unstructured`` can be imported: it reads them once and would report each use.
os.environ["DO_NOT_TRACK"] = "true"
os.environ["SCARF_NO_ANALYTICS"] = "true"
os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"

# A replacement for ``unstructured.nlp.tokenize``: titles are told from sentences by counting words and sentences, and
# this counts like spaCy's English tokenizer and its rule for sentence ends.
_ABBREVIATIONS = frozenset(
    "adm ak ala apr ariz ark aug bros calif co colo conn corp dec del dr fla ga gen gov ia id ill inc ind jan jr jul "
    "jun kan kans ky la ltd mar mass md messrs mich minn miss mo mont mr mrs ms mt neb nebr nev nov oct okla ore pa "
    "ph.d prof rep rev sen sep sept st tenn va vs wash wis feb".split()
)
_SENTENCE_END = re.compile(
    r"""(?<!\.)\.(?=[\s"'”’)\]]|$)|(?<=[a-z])[.!?](?=[A-Z"'])|[!?。！？．｡](?=[\s"'”’)\]!?]|$)"""
)
_AFTER_SENTENCE = re.compile(r"""[\s"'”’)\]!?.。！？]*""")
_BEFORE_WORD = re.compile(r"[\s(\"'\[“‘]")
_LONGEST_ABBREVIATION = 16
_LETTERS_WITH_DOTS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ONE_CAPITAL = re.compile(r"(?<![A-Z])[A-Z]$")
_BETWEEN_WORDS = re.compile(
    r"""[\s()\[\]{}<>"“”‘,:;!?*/=+~|\\]+|\.{2,}|…|(?<=[^\W\d_])-(?=[^\W\d_])|(?<=[a-z])\.(?=[A-Z])"""
)
_AROUND_WORD = ".'’&@-。，、；：？！（）《》「」"
_CLITIC = re.compile(r"['’](?:[sSdmt]|re|ve|ll)$")


def sent_tokenize(text: str) -> list[str]:
    """Returns the sentences of a text."""
    sentences: list[str] = []
    start = 0
    for mark in _SENTENCE_END.finditer(text):
        if mark.start() >= start and not (mark[0] == "." and _is_abbreviated(text, mark.start())):
            closing = _AFTER_SENTENCE.match(text, mark.end())
            end = closing.end() if closing else mark.end()
            sentences.append(text[start:end])
            start = end
    return [*sentences, text[start:]] if text[start:].strip() else sentences


def word_tokenize(text: str) -> list[str]:
    """Returns the words of a text, without the marks around them."""
    words = (_CLITIC.sub("", word.strip(_AROUND_WORD)) for word in _BETWEEN_WORDS.split(text))
    return [word for word in words if word]


def pos_tag(_: str) -> list[tuple[str, str]]:
    """Returns no parts of speech: ``unstructured`` uses them only for text whose language is given as English."""
    return []


def _is_abbreviated(text: str, stop: int) -> bool:
    word = _BEFORE_WORD.split(text[max(0, stop - _LONGEST_ABBREVIATION) : stop])[-1]
    is_initial = _LETTERS_WITH_DOTS.fullmatch(word) or _ONE_CAPITAL.search(word)  # "U.S.", "ITEM 1A."
    return not word or word.lower() in _ABBREVIATIONS or is_initial is not None


_counting = ModuleType("unstructured.nlp.tokenize", "See above.")
vars(_counting).update(sent_tokenize=sent_tokenize, word_tokenize=word_tokenize, pos_tag=pos_tag)
sys.modules[_counting.__name__] = _counting
