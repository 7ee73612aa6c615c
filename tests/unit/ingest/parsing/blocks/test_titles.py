from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.titles import choose_title
from rag.types import ElementKind


@pytest.mark.parametrize("stored", ["a" * 64, "0123456789abcdef" * 4, "-"])
def test_a_title_that_a_program_made_of_the_bytes_is_none(stored: str) -> None:
    assert choose_title(stored, [], "folder/report.epub") == "report"


@pytest.mark.parametrize("heading", ["1.2 Scope", "Table of contents", "1 Introduction", "Inhaltsverzeichnis"])
def test_a_heading_that_names_a_part_is_no_title_of_a_document_with_pages(heading: str) -> None:
    block = Block(kind=ElementKind.HEADING, text=heading, page=1, level=0)
    assert choose_title("", [block], "report.pdf") == "report"
    assert choose_title("", [replace(block, page=None)], "report.md") == heading
    assert choose_title("", [replace(block, text="2024 Annual report")], "report.pdf") == "2024 Annual report"
    assert choose_title("", [replace(block, text="A later heading", page=2)], "report.pdf") == "report"
