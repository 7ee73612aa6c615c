from __future__ import annotations

from api.views.parts import divide
from rag.types import Element, ElementKind, ExtractedText, Span


def extracted(pieces: list[tuple[str, int | None]], *, page_count: int | None = None) -> ExtractedText:
    elements, start = [], 0
    for text, page in pieces:
        span = Span(start=start, end=start + len(text))
        elements.append(Element(kind=ElementKind.PARAGRAPH, span=span, page=page, heading_path=()))
        start = span.end + 2
    text = "\n\n".join(text for text, _ in pieces)
    return ExtractedText(text=text, title="", elements=tuple(elements), page_count=page_count, parser="fake")


def test_pages_are_parts_and_an_empty_page_counts() -> None:
    parts = divide(extracted([("One.", 1), ("More.", None), ("Three.", 3)], page_count=4))
    assert parts.count == 4
    assert [parts.span(number) for number in (1, 2, 3, 4)] == [
        Span(start=0, end=13), Span(start=0, end=0), Span(start=13, end=19), Span(start=0, end=0),
    ]  # fmt: skip
    assert [parts.holding(offset) for offset in (0, 12, 13, 99)] == [1, 1, 3, 3]


def test_what_follows_the_last_page_has_parts_of_its_own() -> None:
    parts = divide(extracted([("A page.", 1), ("An attached file.", None)], page_count=1))
    assert parts.count == 2
    assert parts.span(2) == Span(start=9, end=26)


def test_a_long_text_without_pages_is_divided_at_elements_and_inside_long_ones_at_lines() -> None:
    long = "\n".join(f"line {number:04}" for number in range(12_000))
    document = extracted([("Short.", None), (long, None), ("Last.", None)])
    parts = divide(document)
    spans = [parts.span(number) for number in range(1, parts.count + 1)]
    assert "".join(document.text[span.start : span.end] for span in spans) == document.text
    assert max(span.end - span.start for span in spans) <= 50_020
    assert document.text[spans[0].start : spans[0].end].strip() == "Short."
    assert all(document.text[span.start :].startswith("line") for span in spans[1:])
    assert all(parts.holding(span.start) == number for number, span in enumerate(spans, start=1))


def test_a_line_without_end_is_divided_too() -> None:
    assert divide(extracted([("x" * 120_000, None)])).count == 3


def test_a_document_without_text_has_one_empty_part() -> None:
    parts = divide(extracted([]))
    assert (parts.count, parts.span(1), parts.holding(5)) == (1, Span(start=0, end=0), 1)
