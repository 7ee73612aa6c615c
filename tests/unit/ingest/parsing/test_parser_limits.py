from __future__ import annotations

import errno
from pathlib import Path, PosixPath

import pytest

from ingest.intake.formats import MEDIA_TYPES
from ingest.parsing.formats.html_cleaning import MAX_ATTRIBUTES, Page, clean_page
from ingest.parsing.formats.structured_data import xml_blocks
from ingest.parsing.parser import DocumentParser
from rag.errors import CorruptDocumentError, NoTextError
from rag.settings import OcrBackend
from tests.hostile_files import markup

PARSER = DocumentParser(OcrBackend.NONE, "eng")


class FullFile(PosixPath):
    def read_bytes(self) -> bytes:
        raise OSError(errno.EFBIG, "too large")


def test_file_size_limit_is_left_to_the_sandbox_to_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too large"):
        PARSER.parse(FullFile(tmp_path / "a"), name="a", media_type=MEDIA_TYPES[".txt"])


def test_other_trouble_with_files_is_the_documents(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        PARSER.parse(tmp_path, name="a", media_type=MEDIA_TYPES[".txt"])


def text_of(page: str) -> str:
    root = clean_page(page).root
    return str(root.text_content()) if root is not None else ""


def test_html_of_which_the_rest_would_be_lost_is_refused() -> None:
    assert "Harmless words" in text_of(markup.deep_html(250).decode())
    for page in (markup.deep_html(300).decode(), f"<p>{'a ' * 6_000_000}</p>"):
        with pytest.raises(ValueError, match="nested too deeply, or a piece of its text is too long"):
            clean_page(page)


@pytest.mark.parametrize(
    "tag",
    [
        " ".join(f'a{number}="{number}"' for number in range(MAX_ATTRIBUTES + 1)),
        " ".join(f"a{number}" for number in range(MAX_ATTRIBUTES + 1)),
        "/".join(f"a{number}='>'" for number in range(MAX_ATTRIBUTES + 1)),
        'x="' + " ".join(f"a{number}=1" for number in range(MAX_ATTRIBUTES + 2)),
    ],
)
def test_html_and_markdown_with_endless_attributes_in_a_tag_are_refused(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "a"
    path.write_text(f"<p>Harmless.</p>\n\n<div {tag}>Words.</div>\n")
    for media_type in (MEDIA_TYPES[".html"], MEDIA_TYPES[".md"]):
        with pytest.raises(CorruptDocumentError, match="10,000 attributes"):
            PARSER.parse(path, name="a", media_type=media_type)


def test_html_of_many_tags_with_a_few_attributes_each_is_read() -> None:
    page = "".join(f"<p class='a' id={number} hidden=''>x</p><p title='>'>w{number}</p>" for number in range(2_000))
    assert "w1999" in text_of(page)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (">" * 50_000, MEDIA_TYPES[".md"]),
        (">\n" * 25_000, MEDIA_TYPES[".md"]),
        ("\\>" * 25_000, MEDIA_TYPES[".md"]),
        ("<blockquote>" * 200 + "&gt;" * 20_000, MEDIA_TYPES[".html"]),
        ("- - -\n\n" * 5_000, MEDIA_TYPES[".txt"]),
        ('[["-", "*"], [""]]', MEDIA_TYPES[".json"]),
        ("-;-;-\n" * 3_000, MEDIA_TYPES[".csv"]),
    ],
)
def test_marks_without_a_word_are_no_text(tmp_path: Path, content: str, media_type: str) -> None:
    path = tmp_path / "a"
    path.write_text(content)
    with pytest.raises(NoTextError):
        PARSER.parse(path, name="a", media_type=media_type)


def test_html_of_comments_alone_has_no_text() -> None:
    assert clean_page("<!-- nothing -->") == Page()


def test_text_behind_an_entity_or_a_comment_is_kept() -> None:
    page = '<!DOCTYPE r [<!ENTITY c "x">]><r><i>one &c; two</i><p>three<!-- no --> four<?p no?> five</p><q>six</q></r>'
    assert [block.text for block in xml_blocks(page, name="a")[0]] == ["one &c; two", "three four five", "q: six"]
