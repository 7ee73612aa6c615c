from pathlib import Path

import pytest

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read, texts

PYTHON = '''"""Fares of the ferry.

Children below six
travel free."""

# Bicycles cost
# three euros.
FARE = 3  # euros


def fare(age: int) -> int:
    """Returns the fare."""
    if age < 6:

        return 0
    return FARE
'''


def test_comments_are_paragraphs_and_code_stays_whole(tmp_path: Path) -> None:
    extracted = read(tmp_path, "fares.py", PYTHON)
    assert texts(extracted, ElementKind.PARAGRAPH) == [
        "Fares of the ferry.",
        "Children below six travel free.",
        "Bicycles cost three euros.",
        "Returns the fare.",
    ]
    assert texts(extracted, ElementKind.CODE) == [
        "FARE = 3  # euros",
        "def fare(age: int) -> int:",
        "    if age < 6:\n        return 0\n    return FARE",
    ]


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("a.ts", "/**\n * Doors close\n * at nine.\n */"),
        ("a.go", "// Doors close\n// at nine."),
        ("a.sql", "-- Doors close\n-- at nine."),
        ("a.sql", "/* Doors close\n   at nine. */"),
        ("a.sh", "#!/bin/sh\n# Doors close\n# at nine."),
        ("a.php", "# Doors close\n// at nine."),
        ("a.lua", "-- Doors close\n-- at nine."),
        ("a.bat", "REM Doors close\nREM at nine."),
        ("a.rs", "/// Doors close\n/// at nine."),
        ("a.css", "/* Doors close at nine. */"),
    ],
)
def test_comments_of_each_language_are_joined(tmp_path: Path, name: str, comment: str) -> None:
    extracted = read(tmp_path, name, f"{comment}\nx = 1;\n")
    assert "Doors close at nine." in texts(extracted, ElementKind.PARAGRAPH)
    assert "x = 1;" in texts(extracted, ElementKind.CODE)


def test_changes_are_kept_line_by_line(tmp_path: Path) -> None:
    text = "--- a/x\n+++ b/x\ntables -1 +1 tables\n-old\n+new"
    assert read(tmp_path, "a.patch", text).text == text


def test_an_open_comment_ends_with_the_file(tmp_path: Path) -> None:
    assert "words" in read(tmp_path, "a.c", "/* never closed\nwords\n").text
