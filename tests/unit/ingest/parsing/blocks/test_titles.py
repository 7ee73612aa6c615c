from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.titles import choose_title
from rag.types import ElementKind


@pytest.mark.parametrize("stored", ["a" * 64, "0123456789abcdef" * 4, "-"])
def test_a_title_that_a_program_made_of_the_bytes_is_none(stored: str) -> None:
    assert choose_title(stored, [], "folder/report.epub") == "report"


@pytest.mark.parametrize("stored", ["scan_0001", "IMG 2034", "Word Document", "Presentation1", "report", "Mappe1"])
def test_what_programs_call_files_gives_way_to_a_heading(stored: str) -> None:
    block = Block(kind=ElementKind.HEADING, text="Travel rules")
    assert choose_title(stored, [block], "folder/report.docx") == "Travel rules"
    assert choose_title("Terms of 2024", [block], "report.docx") == "Terms of 2024"


@pytest.mark.parametrize("name", ["a" * 64, "scan_0012", "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_a_name_that_nobody_gave_gives_way_to_the_first_words(name: str) -> None:
    words = "All trains are booked in second class by everyone who travels for the company."
    block = Block(kind=ElementKind.PARAGRAPH, text=words)
    assert choose_title("", [block], f"{name}.txt") == "All trains are booked in second class by everyone who…"
    assert choose_title("", [], f"{name}.txt") == name
    assert choose_title("", [block], "trains.txt") == "trains"


@pytest.mark.parametrize("heading", ["1.2 Scope", "Table of contents", "1 Introduction", "Inhaltsverzeichnis"])
def test_a_heading_that_names_a_part_is_no_title_of_a_document_with_pages(heading: str) -> None:
    block = Block(kind=ElementKind.HEADING, text=heading, page=1, level=0)
    assert choose_title("", [block], "report.pdf") == "report"
    assert choose_title("", [replace(block, page=None)], "report.md") == heading
    assert choose_title("", [replace(block, text="2024 Annual report")], "report.pdf") == "2024 Annual report"
    assert choose_title("", [replace(block, text="A later heading", page=2)], "report.pdf") == "report"
