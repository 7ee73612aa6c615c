from __future__ import annotations

import errno
from pathlib import Path, PosixPath

import pytest

from evals.hostile_files import markup
from ingest import sources
from ingest.parsing.html_cleaning import clean_html
from ingest.parsing.parser import DocumentParser
from ingest.parsing.structured_data import xml_blocks
from rag.errors import CorruptDocumentError
from rag.settings import OcrBackend

PARSER = DocumentParser(OcrBackend.NONE, "eng")


class FullFile(PosixPath):
    def read_bytes(self) -> bytes:
        raise OSError(errno.EFBIG, "too large")


def test_file_size_limit_is_left_to_the_sandbox_to_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too large"):
        PARSER.parse(FullFile(tmp_path / "a"), name="a", media_type=sources.TEXT)


def test_other_trouble_with_files_is_the_documents(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        PARSER.parse(tmp_path, name="a", media_type=sources.TEXT)


def test_html_of_which_the_rest_would_be_lost_is_refused() -> None:
    assert "Harmless words" in clean_html(markup.deep_html(250).decode())[1]
    for page in (markup.deep_html(300).decode(), f"<p>{'a ' * 6_000_000}</p>"):
        with pytest.raises(ValueError, match="nested too deeply, or a piece of its text is too long"):
            clean_html(page)


def test_html_of_comments_alone_has_no_text() -> None:
    assert clean_html("<!-- nothing -->") == ("", "")


def test_text_behind_an_entity_or_a_comment_is_kept() -> None:
    page = '<!DOCTYPE r [<!ENTITY c "x">]><r><i>one &c; two</i><p>three<!-- no --> four<?p no?> five</p><q>six</q></r>'
    assert [block.text for block in xml_blocks(page, name="a")] == ["one &c; two", "three four five", "six"]
