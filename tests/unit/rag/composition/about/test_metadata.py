from __future__ import annotations

import pytest

from rag.composition.about.metadata import statement
from rag.composition.phrases.asked import Asked
from tests.support.builders.material import document_of


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Owner: Pool team Last reviewed: 3 March 2024 Effective from: 1 May 2024", Asked.AUTHOR, "Owner: Pool team"),
        ("Owner: Pool team Last reviewed: 3 March 2024", Asked.UPDATED, "Last reviewed: 3 March 2024"),
        ("Stand: Mai 2022", Asked.UPDATED, "Stand: Mai 2022"),
        ("Version 3.2 of 4 May 2024", Asked.VERSION, "Version 3.2 of 4 May 2024"),
        ("编制：王丽生效日期：2023年5月1日版本：2.0", Asked.EFFECTIVE, "生效日期：2023年5月1日"),
        ("Version | 2.0 | Author | Ada Berg", Asked.AUTHOR, "Author | Ada Berg"),
        (
            "Ce plan est en vigueur depuis mai 2020.",
            Asked.EFFECTIVE,
            "Ce plan est en vigueur depuis mai 2020.",
        ),
        (
            "Der Vertrag tritt am 1. Juni 2022 in Kraft.",
            Asked.EFFECTIVE,
            "Der Vertrag tritt am 1. Juni 2022 in Kraft.",
        ),
        ("The lift was last updated in 2020.", Asked.UPDATED, None),
        ("Updated: soon", Asked.UPDATED, None),
        ("A pool.", Asked.AUTHOR, None),
    ],
)
def test_a_statement_of_a_document_about_itself_is_found(text: str, kind: Asked, found: str | None) -> None:
    document = document_of(f"# Pool\n{text}")
    span = statement(document, kind)
    assert (document.text[span.start : span.end] if span else None) == found
