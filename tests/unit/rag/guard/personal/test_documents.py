from dataclasses import replace

import numpy as np

from rag.guard.personal.documents import treated
from rag.guard.personal.masking import NOTHING, Policy
from rag.settings import PersonalAction, PersonalKind
from rag.types import Element, ElementKind, ExtractedText, Span, Table

TEXT = "Contact\nAda Krylova, ada@example.com\n4111 1111 1111 1111"
DOCUMENT = ExtractedText(
    text=TEXT,
    title="Letter to Ada Krylova",
    elements=(
        Element(
            kind=ElementKind.PARAGRAPH,
            span=Span(start=8, end=len(TEXT)),
            page=None,
            heading_path=("For Ada Krylova",),
        ),
    ),
    page_count=None,
    parser="test",
    tables=(
        Table(
            span=Span(start=8, end=36),
            page=None,
            name="Ada Krylova",
            titles=("ada@example.com",),
            header_rows=0,
            row_count=1,
            column_count=1,
            places=np.array([[0, 0, 1, 1, 0, -1, -1]], dtype=np.int32),
            texts=("ada@example.com",),
        ),
    ),
    warnings=("An earlier one.",),
)
ALL = {PersonalKind.ALL: PersonalAction.MASK}


def test_a_warning_says_how_much_of_each_kind_there_is_and_nothing_else_changes() -> None:
    document = treated(DOCUMENT, Policy.of({PersonalKind.CARD: PersonalAction.WARN}))
    assert document.warnings == ("An earlier one.", "It holds personal data: 1 card numbers.")
    assert replace(document, warnings=DOCUMENT.warnings) == DOCUMENT


def test_all_stored_text_is_blackened_and_every_place_stays() -> None:
    document = treated(DOCUMENT, Policy.of(ALL))
    assert document.text == "Contact\n███ ███████, ███████████████\n████ ████ ████ ████"
    assert document.title == "Letter to ███ ███████"
    assert document.elements[0].heading_path == ("For ███ ███████",)
    assert document.elements[0].span == DOCUMENT.elements[0].span
    table = document.tables[0]
    assert (table.name, table.titles, table.texts) == ("███ ███████", ("███████████████",), ("███████████████",))
    assert document.warnings[-1] == (
        "It holds personal data: 1 names of people, 1 e-mail addresses, 1 card numbers, which are masked."
    )


def test_without_a_policy_or_without_findings_a_document_stays_as_it_is() -> None:
    clean = replace(DOCUMENT, text="The pump runs.", title="Pump")
    assert treated(DOCUMENT, NOTHING) is DOCUMENT
    assert treated(clean, Policy.of(ALL)) is clean
