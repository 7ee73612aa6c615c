import io
from pathlib import Path

import docx
import pytest

from ingest.parsing.blocks.item_numbers import below
from tests.unit.ingest.parsing.reading import read


@pytest.mark.parametrize(
    ("above", "number", "expected"),
    [("1.", "2.", "1.2."), ("1.2.", "3.", "1.2.3."), ("1.", "a.", "a."), ("", "2.", "2."), ("1.", "1.2.", "1.2.")],
)
def test_numbers_of_digits_carry_those_above(above: str, number: str, expected: str) -> None:
    assert below(above, number) == expected


def test_items_in_items_of_a_page_are_told_from_outer_ones(tmp_path: Path) -> None:
    page = "<ol><li>Dive<ol><li>Mask<ol type=a><li>Strap</ol><li>Fins</ol><li>Dry<ul><li>Oil<ol><li>Hose</ol></ul></ol>"
    lines = read(tmp_path, "a.html", page).text.split("\n")
    assert lines == ["1. Dive", "1.1. Mask", "a. Strap", "1.2. Fins", "2. Dry", "Oil", "1. Hose"]


def test_items_in_items_of_a_word_document_are_told_from_outer_ones(tmp_path: Path) -> None:
    document, file = docx.Document(), io.BytesIO()
    for text, level in (("Dive", ""), ("Mask", " 2"), ("Fins", " 2"), ("Dry", "")):
        document.add_paragraph(text, style=f"List Number{level}")
    document.save(file)
    lines = read(tmp_path, "a.docx", file.getvalue()).text.split("\n")
    assert lines == ["1. Dive", "1.1. Mask", "1.2. Fins", "2. Dry"]
