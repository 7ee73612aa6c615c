from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.parsing.parser import DocumentParser
from ingest.parsing.properties import file_description
from rag.fields.values import NOTHING_SAID
from rag.settings import OcrBackend

_CORE = """<?xml version="1.0"?>{doctype}<cp:coreProperties
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>Travel rules</dc:title><dc:creator>{author}</dc:creator><cp:keywords>travel, cost</cp:keywords>
<dcterms:created>2023-05-04T10:00:00Z</dcterms:created></cp:coreProperties>"""
_RELATIONS = """<?xml version="1.0"?><Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Target="docProps/core.xml"
 Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"/></Relationships>"""
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def described(path: Path, media_type: str) -> tuple[tuple[str, ...], dict[str, str]]:
    said = file_description(path, path.name, media_type)
    return said.tags, {field.name: field.text for field in said.fields}


@pytest.mark.parametrize(
    "head",
    [
        "---\ntags: [HR, travel]\nauthor: Ada\nyear: 2024\n---\n# Rules\n",
        '+++\ntags = ["HR", "travel"]\nauthor = "Ada"\nyear = 2024\n+++\n# Rules\n',
        '+++\nauthor = "Ada" # 1\ntags = ["HR", "travel"]\nyear = "2024"\n+++\n# Rules\n',
        '{\n"tags": ["HR", "travel"], "author": "Ada", "year": 2024\n}\n# Rules\n',
        "author: Ada\ntags: HR, travel\nyear: 2024\n\n# Rules\n",
    ],
)
def test_the_head_of_markdown_gives_tags_and_fields(tmp_path: Path, head: str) -> None:
    path = tmp_path / "rules.md"
    path.write_text(head)
    assert described(path, "text/markdown") == (("HR", "travel"), {"author": "Ada", "year": "2024"})


@pytest.mark.parametrize("head", ["---\nsigned: 2026-02-30\n---\n", "+++\nsigned = 2026-02-30\n+++\n"])
def test_a_day_that_is_none_is_told_as_a_remark(tmp_path: Path, head: str) -> None:
    path = tmp_path / "rules.md"
    path.write_text(f"{head}# Rules\n\nAll sign.\n")
    read = DocumentParser(OcrBackend.NONE, "eng").parse(path, name="rules.md", media_type="text/markdown")
    assert read.warnings == ("'signed: 2026-02-30' is no day of the calendar and was kept as text",)
    assert [field.text for field in read.description.fields] == ["2026-02-30"]


def test_the_properties_of_office_files_are_fields(tmp_path: Path) -> None:
    path = tmp_path / "rules.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("docProps/core.xml", _CORE.format(doctype="", author="Ada"))
    assert described(path, _WORD) == (
        (),
        {"title": "Travel rules", "author": "Ada", "keywords": "travel, cost", "created": "2023-05-04"},
    )


def test_properties_that_name_other_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    path = tmp_path / "rules.docx"
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("docProps/core.xml", _CORE.format(doctype=doctype, author="&e;"))
    assert "hidden" not in str(described(path, _WORD))


def test_a_file_without_properties_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "broken.docx"
    path.write_bytes(b"no zip")
    assert file_description(path, path.name, _WORD) == NOTHING_SAID
