from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking.chunker import StructureChunker
from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.formats.plain_text import text_blocks
from rag.text.tokens import EncoderTokens
from rag.types import ChunkSpan, Element, ElementKind, ExtractedText, PageLayout, Span, context_prefix
from tests.support.builders.documents import document
from tests.support.models import minilm_tokenizer_file

SAMPLES = Path(__file__).parents[4] / "evals" / "datasets" / "sample" / "documents"
MAX_TOKENS = 254
HEADING, PARAGRAPH, LIST_ITEM, TABLE = (
    ElementKind.HEADING,
    ElementKind.PARAGRAPH,
    ElementKind.LIST_ITEM,
    ElementKind.TABLE,
)


@cache
def tokenizer() -> EncoderTokens:
    return EncoderTokens(minilm_tokenizer_file())


def chunker(*, chunk_tokens: int = 60, overlap_tokens: int = 0) -> StructureChunker:
    return StructureChunker(
        tokenizer(), chunk_tokens=chunk_tokens, overlap_tokens=overlap_tokens, max_tokens=MAX_TOKENS
    )


def texts(extracted: ExtractedText, chunks: tuple[ChunkSpan, ...]) -> list[str]:
    return [extracted.text[chunk.span.start : chunk.span.end] for chunk in chunks]


def sentences(count: int, word: str = "number") -> str:
    return " ".join(f"This is sentence {word} {index} of a paragraph." for index in range(count))


WORDS = st.sampled_from(
    [
        "word", "antidisestablishmentarianism", "3.14", "e.g.", "Dr.", "end.", "why?", "句子。", "没有标点的中文",
        "안녕하세요", "ภาษาไทยไม่มีช่องว่าง", "naïve", "e\u0301", "🙂", "x" * 120, "長" * 300, "안" * 150, "[SEP]",
        "a|b|c", "col; ", "A: ", "\n", "\n\n\n", "\t", "\u200b", "\u00a0", "\u3000", "q" * 6000,
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(WORDS, min_size=0, max_size=60).map(" ".join),
    st.lists(WORDS, min_size=0, max_size=30).map("".join),
    st.text(max_size=200),
)
TITLES = st.one_of(st.just(""), st.text(max_size=80), st.sampled_from(["A title", "!" * 500, "안" * 400, "標題" * 200]))
BLOCKS = st.lists(st.tuples(st.sampled_from(ElementKind), TEXTS, st.integers(0, 3)), max_size=12)


@settings(max_examples=50, deadline=None)
@given(blocks=BLOCKS, title=TITLES, chunk_tokens=st.integers(32, 300), overlap_tokens=st.sampled_from([0, 0, 20, 500]))
def test_chunks_hold_every_word_in_order_within_the_limit(
    blocks: list[tuple[ElementKind, str, int]], title: str, chunk_tokens: int, overlap_tokens: int
) -> None:
    extracted = document(blocks, title=title)
    cut = chunker(chunk_tokens=chunk_tokens, overlap_tokens=overlap_tokens)
    chunks = cut.chunk(extracted)
    covered = set[int]()
    for chunk, text in zip(chunks, texts(extracted, chunks), strict=True):
        assert text
        assert text == text.strip()
        assert tokenizer().count(context_prefix(title, chunk.heading_path) + text) <= MAX_TOKENS
        covered.update(range(chunk.span.start, chunk.span.end))
        first = next(element for element in extracted.elements if element.span.end > chunk.span.start)
        assert chunk.page == first.page
        inside = [e for e in extracted.elements if chunk.span.start < e.span.end and e.span.start < chunk.span.end]
        bodies = [element for element in inside if element.kind is not HEADING and words(extracted, element)]
        assert chunk.heading_path == (bodies or inside)[0].heading_path
    starts = [chunk.span.start for chunk in chunks]
    assert starts == sorted(set(starts))
    missing = [
        index
        for element in extracted.elements
        for index in range(element.span.start, element.span.end)
        if index not in covered and extracted.text[index].isalnum()
    ]
    assert missing == []
    assert chunks == cut.chunk(extracted)


def words(extracted: ExtractedText, element: Element) -> str:
    return extracted.text[element.span.start : element.span.end].strip()


@pytest.mark.parametrize(
    ("name", "chunk_tokens", "count", "checksum"),
    [
        ("management-minutes-2026-03-12.txt", 200, 6, 2227496520),
        ("management-minutes-2026-03-12.txt", 48, 43, 1719747910),
        ("spare-parts-stock.csv", 48, 95, 1763339173),
    ],
)
def test_sample_documents_give_the_chunks_they_always_gave(
    name: str, chunk_tokens: int, count: int, checksum: int
) -> None:
    # Other chunks would need every document to be indexed again, and would make citations of old answers differ.
    text = (SAMPLES / name).read_text(encoding="utf-8")
    extracted = assemble(text_blocks(text), title=name, parser="text")
    chunks = chunker(chunk_tokens=chunk_tokens, overlap_tokens=20).chunk(extracted)
    spans = [(chunk.span.start, chunk.span.end, chunk.page, chunk.heading_path) for chunk in chunks]
    assert (len(spans), crc32(repr(spans).encode())) == (count, checksum)


def test_heading_goes_with_what_follows_it() -> None:
    extracted = document(
        [(HEADING, "One", 0), (PARAGRAPH, sentences(4), 1), (HEADING, "Two", 0), (PARAGRAPH, sentences(4), 1)]
    )
    chunks = chunker().chunk(extracted)
    assert [text.split("\n")[0] for text in texts(extracted, chunks)] == ["One", "Two"]
    assert [chunk.heading_path for chunk in chunks] == [("One",), ("Two",)]


def test_headings_without_text_between_them_stay_with_the_text_below() -> None:
    extracted = document([(HEADING, "Part", 0), (HEADING, "Section", 1), (PARAGRAPH, sentences(12), 2)])
    chunks = chunker().chunk(extracted)
    assert texts(extracted, chunks)[0].startswith("Part\n\nSection\n\nThis is sentence number 0")
    assert {chunk.heading_path for chunk in chunks} == {("Part", "Section")}


def test_section_without_text_is_a_chunk_of_its_own() -> None:
    extracted = document([(HEADING, "Alone", 0)])
    assert texts(extracted, chunker().chunk(extracted)) == ["Alone"]


def test_sections_are_not_mixed() -> None:
    extracted = document(
        [(HEADING, "One", 0), (PARAGRAPH, sentences(4), 1), (HEADING, "Two", 0), (PARAGRAPH, sentences(4), 1)]
    )
    assert len(chunker(chunk_tokens=200).chunk(extracted)) == 2


def test_tiny_neighbouring_sections_share_a_chunk() -> None:
    extracted = document(
        [(HEADING, "Tel", 0), (PARAGRAPH, "555 1234", 1), (HEADING, "Fax", 0), (PARAGRAPH, "555 1235", 1)]
    )
    assert len(chunker(chunk_tokens=200).chunk(extracted)) == 1


def test_short_paragraphs_are_merged_up_to_the_chunk_size() -> None:
    extracted = document([(PARAGRAPH, sentences(2), 0)] * 6)
    counts = [tokenizer().count(text) for text in texts(extracted, chunker(chunk_tokens=60).chunk(extracted))]
    assert len(counts) == 2
    assert all(40 <= count <= 75 for count in counts)


def test_table_stays_whole_where_it_fits_and_is_cut_between_rows_where_not() -> None:
    small = "\n".join(f"Region: R. {row}; Sales: {row * 7}. Costs: 1" for row in range(3))
    large = "\n".join(f"Region: R. {row}; Sales: {row * 7}. Costs: 1" for row in range(40))
    extracted = document([(PARAGRAPH, sentences(4), 0), (TABLE, small, 0), (TABLE, large, 0)])
    found = texts(extracted, chunker().chunk(extracted))
    assert any(small in text for text in found)
    rows = [row for text in found for row in text.split("\n") if row.startswith("Region")]
    assert [row for row in rows if not row.endswith("Costs: 1")] == []


def test_long_row_is_cut_between_cells_and_a_long_cell_between_sentences() -> None:
    row = "; ".join(f"Name of column {index}: value, with a comma: {index}" for index in range(30))
    extracted = document([(TABLE, f"{row}\nRemark: {sentences(30)}", 0)])
    found = texts(extracted, chunker().chunk(extracted))
    cells = [text for text in found if "Name" in text]
    assert len(cells) > 3
    assert all(text.startswith("Name of column") for text in cells)
    assert all(text.endswith((";", "comma: 29")) for text in cells)
    assert all(text.endswith("paragraph.") for text in found if "sentence" in text)


def test_list_stays_whole_with_the_line_that_introduces_it() -> None:
    items = [(LIST_ITEM, f"item number {index}", 0) for index in range(6)]
    extracted = document([(PARAGRAPH, sentences(6), 0), (PARAGRAPH, "You need:", 0), *items])
    found = texts(extracted, chunker().chunk(extracted))
    assert found[-1].startswith("You need:")
    assert found[-1].endswith("item number 5")


def test_long_paragraph_is_cut_between_sentences() -> None:
    extracted = document([(PARAGRAPH, sentences(30), 0)])
    found = texts(extracted, chunker().chunk(extracted))
    assert len(found) > 3
    assert all(text.startswith("This is") and text.endswith("paragraph.") for text in found)


def test_long_chinese_paragraph_is_cut_between_sentences() -> None:
    extracted = document([(PARAGRAPH, "今天天气很好，我们去公园散步。" * 20, 0)])
    found = texts(extracted, chunker().chunk(extracted))
    assert len(found) > 3
    assert all(text.endswith("散步。") for text in found)


def test_repeated_sentences_keep_their_own_places() -> None:
    extracted = document([(PARAGRAPH, "Again and again. " * 100, 0)])
    spans = [chunk.span for chunk in chunker().chunk(extracted)]
    gaps = [extracted.text[a.end : b.start] for a, b in pairwise(spans)]
    assert set(gaps) == {" "}


def test_sentence_longer_than_a_chunk_is_cut_between_words() -> None:
    extracted = document([(PARAGRAPH, "word " * 500, 0)])
    found = texts(extracted, chunker().chunk(extracted))
    assert all(set(text.split()) == {"word"} for text in found)


@pytest.mark.parametrize("overlap_tokens", [15, 30])
def test_overlap_repeats_whole_sentences(overlap_tokens: int) -> None:
    extracted = document([(PARAGRAPH, sentences(30), 0)])
    spans = [chunk.span for chunk in chunker(overlap_tokens=overlap_tokens).chunk(extracted)]
    shared = [extracted.text[b.start : a.end] for a, b in pairwise(spans)]
    assert all(text.startswith("This is") and tokenizer().count(text) <= overlap_tokens for text in shared)


def test_page_comes_from_the_layout_where_a_paragraph_goes_over_two() -> None:
    plain = document([(PARAGRAPH, sentences(30), 0)])
    middle = len(plain.text) // 2
    layouts = tuple(
        PageLayout(
            page=page, width=1, height=1, span=span, boxes=np.zeros((span.end - span.start, 4), dtype=np.float32)
        )
        for page, span in ((4, Span(start=0, end=middle)), (5, Span(start=middle, end=len(plain.text))))
    )
    extracted = ExtractedText(
        text=plain.text, title="", elements=plain.elements, page_count=9, parser="fake", layouts=layouts
    )
    for chunk in chunker().chunk(extracted):
        assert chunk.page == (4 if chunk.span.start < middle else 5)
        is_over_both = chunk.span.start < middle < chunk.span.end
        assert chunk.page_starts == (((middle, 5),) if is_over_both else ())


def test_a_chunk_knows_where_its_later_pages_begin() -> None:
    pages = [(None, "Head."), (1, "One."), (1, "More."), (3, "Three."), (None, "Attached."), (1, "Its page.")]
    extracted = assemble([Block(kind=PARAGRAPH, text=text, page=page) for page, text in pages], title="", parser="fake")
    [chunk] = chunker().chunk(extracted)
    assert chunk.page is None
    starts = [
        (extracted.text.index(words), page) for words, page in (("One", 1), ("Three", 3), ("Att", None), ("Its", 1))
    ]
    assert list(chunk.page_starts) == starts


def test_document_without_words_has_no_chunks() -> None:
    assert chunker().chunk(document([])) == ()
    assert chunker().chunk(document([(PARAGRAPH, " \n", 0)])) == ()


def test_what_has_no_words_is_no_chunk() -> None:
    blocks = [(PARAGRAPH, " ".join(["* * *"] * 300), 0), (PARAGRAPH, "One word.", 0), (PARAGRAPH, ">" * 9_000, 0)]
    extracted = document(blocks)
    chunks = chunker().chunk(extracted)
    assert len(chunks) <= 2
    assert "One word." in " ".join(texts(extracted, chunks))
