from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from api.views.document_html import DOCUMENT_POLICY, document_html
from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.tables import Cell, Grid, table_block
from ingest.parsing.emphasis.placing import Piece, place
from rag.types import ElementKind, EmphasisKind, ExtractedText, Span, Table

NO_SPAN = Span(start=0, end=0)


def document(*blocks: Block) -> ExtractedText:
    return assemble(blocks, title="A title", parser="fake")


def shown(extracted: ExtractedText, marked: str = "", part: Span | None = None) -> str:
    start = extracted.text.index(marked)
    html = document_html(
        extracted,
        extracted.tables,
        part=part or Span(start=0, end=len(extracted.text)),
        marked=Span(start=start, end=start + len(marked)),
        title="A <b>title",
        place="1 of 1",
    )
    return html.partition("<main>\n")[2].partition("\n</main>")[0]


def test_elements_become_what_they_are_and_the_span_is_marked_in_each() -> None:
    extracted = document(
        Block(kind=ElementKind.HEADING, text="Manual", level=0),
        Block(kind=ElementKind.HEADING, text="Start", level=1),
        Block(kind=ElementKind.PARAGRAPH, text="Fill the tank."),
        Block(kind=ElementKind.LIST_ITEM, text="Open the valve"),
        Block(kind=ElementKind.LIST_ITEM, text="2. Wait"),
        Block(kind=ElementKind.CODE, text="run --now\n  quick"),
        Block(kind=ElementKind.TABLE, text="Part: Valve; Size: 4\nPart: Pump; Size: 9"),
    )
    assert shown(extracted, "tank.\n\nOpen the") == (
        '<h1>Manual</h1>\n<h2>Start</h2>\n<p>Fill the <mark id="mark">tank.</mark></p>\n'
        '<ul><li><mark>Open the</mark> valve</li></ul><ul><li class="own">2. Wait</li></ul>\n'
        "<pre><code>run --now\n  quick</code></pre>\n"
        '<p class="rows">Part: Valve; Size: 4\nPart: Pump; Size: 9</p>'
    )


def test_quotes_are_set_off_and_words_emphasised() -> None:
    extracted = document(
        Block(kind=ElementKind.HEADING, text="Rules", level=0),
        Block(kind=ElementKind.PARAGRAPH, text="Pay at once."),
        Block(kind=ElementKind.PARAGRAPH, text="Fines are not paid."),
        Block(kind=ElementKind.LIST_ITEM, text="Never"),
        Block(kind=ElementKind.LIST_ITEM, text="Nowhere"),
    )
    pieces = [
        [Piece("Rules", frozenset({EmphasisKind.STRONG}))],
        [Piece("Pay "), Piece("at once", frozenset({EmphasisKind.STRONG})), Piece(".")],
        [Piece("Fines are not paid.", frozenset({EmphasisKind.QUOTE}))],
        [Piece("Never", frozenset({EmphasisKind.QUOTE, EmphasisKind.EMPHASIS}))],
    ]
    emphasised = replace(extracted, emphasis=place(pieces, extracted.text))
    assert shown(emphasised, "at") == (
        '<h1>Rules</h1>\n<p>Pay <mark id="mark"><strong>at</strong></mark><strong> once</strong>.</p>\n'
        "<blockquote><p>Fines are not paid.</p></blockquote>\n"
        "<blockquote><ul><li><em>Never</em></li></ul></blockquote>\n<ul><li>Nowhere</li></ul>"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style></pre></code><iframe src=//example.org>",
        "</mark><a href='javascript:alert(1)'>x</a>&lt;b&gt;",
    ],
)
@pytest.mark.parametrize("kind", list(ElementKind))
def test_no_text_of_a_document_becomes_markup(kind: ElementKind, hostile: str) -> None:
    level = 0 if kind is ElementKind.HEADING else None
    extracted = document(Block(kind=kind, text=f"{hostile} words", level=level, prefix=(hostile,)))
    for marked in ("", hostile[2:9]):
        html = document_html(
            extracted, (), part=Span(start=0, end=99), marked=span_of(extracted.text, marked), title=hostile, place=""
        )
        body = html.partition("</style>")[2]
        names = set(re.findall(r"</?([a-zA-Z]\w*)", body))
        assert names <= {"head", "body", "main", "p", "ul", "li", "h1", "h2", "pre", "code", "mark", "html"}
        assert hostile in unescape(re.sub(r"</?mark[^>]*>", "", body))


def test_items_below_an_item_are_a_list_inside_it() -> None:
    extracted = document(
        Block(kind=ElementKind.LIST_ITEM, text="1. Wash", depth=0),
        Block(kind=ElementKind.LIST_ITEM, text="hands", depth=1),
        Block(kind=ElementKind.LIST_ITEM, text="cups", depth=1),
        Block(kind=ElementKind.LIST_ITEM, text="2. Dry", depth=0),
    )
    assert shown(extracted, "cups") == (
        '<ul><li class="own">1. Wash<ul><li>hands</li><li><mark id="mark">cups</mark></li></ul></li>'
        '<li class="own">2. Dry</li></ul>'
    )


def span_of(text: str, words: str) -> Span:
    start = text.index(words)
    return Span(start=start, end=start + len(words))


def test_nothing_runs_and_nothing_is_loaded() -> None:
    assert "sandbox; default-src 'none'" in DOCUMENT_POLICY
    assert "unsafe" not in DOCUMENT_POLICY
    html = document_html(document(), (), part=NO_SPAN, marked=NO_SPAN, title="", place="")
    assert re.search(r"(?i)\b(src|href|url|import|on\w+)\s*[=(]", html) is None


def test_headings_that_are_not_in_the_text_are_named_above_what_stands_under_them() -> None:
    extracted = document(
        Block(kind=ElementKind.PARAGRAPH, text="One", prefix=("Sheet 1",)),
        Block(kind=ElementKind.PARAGRAPH, text="Two", prefix=("Sheet 1",)),
        Block(kind=ElementKind.PARAGRAPH, text="Three", prefix=("Sheet 2",)),
    )
    assert shown(extracted) == (
        '<p class="note">Sheet 1</p>\n<p>One</p>\n<p>Two</p>\n<p class="note">Sheet 2</p>\n<p>Three</p>'
    )


def test_a_part_holds_its_own_text_alone_and_says_where_it_stands() -> None:
    extracted = document(
        Block(kind=ElementKind.HEADING, text="Manual", level=0),
        Block(kind=ElementKind.CODE, text="first\nsecond\nthird"),
        Block(kind=ElementKind.PARAGRAPH, text="Later."),
    )
    part = Span(start=extracted.text.index("second"), end=extracted.text.index("third"))
    assert shown(extracted, part=part) == '<p class="note">Manual</p>\n<pre><code>second\n</code></pre>'


def test_a_page_without_text_and_one_with_too_much_say_so() -> None:
    assert shown(document(), part=NO_SPAN) == '<p class="note">There is no text on this page.</p>'
    html = shown(document(Block(kind=ElementKind.PARAGRAPH, text="word " * 50_000)))
    assert html.endswith('<p class="note">50,000 more characters of this page are not shown.</p>')


def test_very_many_long_tables_end_with_a_note() -> None:
    extracted = document(*[Block(kind=ElementKind.TABLE, text=f"a{n}") for n in range(40)])
    long = [
        Table(
            span=Span(start=element.span.start, end=len(extracted.text)),
            page=None,
            name="",
            titles=(),
            header_rows=0,
            row_count=1,
            column_count=1,
            places=np.array([[0, 0, 1, 1, 0, -1, -1]], dtype=np.int32),
            texts=("x" * 900_000,),
        )
        for element in extracted.elements
    ]
    span = Span(start=0, end=len(extracted.text))
    html = document_html(extracted, long, part=span, marked=NO_SPAN, title="", place="")
    assert len(html) < 7_000_000
    assert "The rest of this page is too long to be shown." in html


def test_notes_on_cells_are_shown_below_their_table_and_marked() -> None:
    names = [Cell(text="Site"), Cell(text="Cost")]
    rows = [[Cell(text="Rome"), Cell(text="31", note="Eva: <b>net</b>")], [Cell(text="Lima"), Cell(text="12")]]
    named = document(*table_block(Grid.of([names, *rows])))
    assert shown(named, "Eva: <b>net</b>").endswith(
        '</table></div>\n<p>Note on Cost: <mark id="mark">Eva: &lt;b&gt;net&lt;/b&gt;</mark></p>'
    )
    unnamed = document(*table_block(Grid.of(rows)))
    assert shown(unnamed, "Note on 31").endswith(
        '</table></div>\n<p><mark id="mark">Note on 31</mark>: Eva: &lt;b&gt;net&lt;/b&gt;</p>'
    )


def test_a_column_of_notes_is_shown_in_its_cells_alone() -> None:
    rows = [["Site", "Cost", "Note"], ["Rome", "31", "net"], ["Lima", "12", "gross"]]
    assert "<p>" not in shown(document(*table_block(Grid.plain(rows))))
