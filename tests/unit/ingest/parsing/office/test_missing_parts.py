import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from PIL import Image

from ingest.parsing.completeness import tells_of_loss
from rag.errors import CorruptDocumentError
from tests.unit.ingest.parsing.reading import read


def without(content: bytes, part: str, instead: bytes | None = None) -> bytes:
    """Returns a zip-based file without a part, or with other bytes for it."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(kept, "w") as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        if instead is not None:
            target.writestr(part, instead)
    return kept.getvalue()


def workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Lantern", "Oil"])
    book.create_sheet("Prices").append(["Wick", 3])
    book.save(file)
    return file.getvalue()


def letter() -> bytes:
    picture, file = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(picture, "PNG")
    document = docx.Document()
    document.add_paragraph("The ferry leaves at noon.")
    document.add_picture(picture)
    document.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "part", "warning"),
    [
        ("a.xlsx", workbook(), "xl/worksheets/sheet2.xml", "1 sheet was not read, missing from the file: sheet2.xml"),
        ("a.docx", letter(), "word/media/image1.png", "1 picture was not read, missing from the file: image1.png"),
    ],
)
def test_a_part_that_a_file_has_lost_is_named(
    tmp_path: Path, name: str, content: bytes, part: str, warning: str
) -> None:
    assert not any("missing" in each for each in read(tmp_path, name, content).warnings)
    warnings = read(tmp_path, name, without(content, part)).warnings
    assert warning in warnings
    assert tells_of_loss(warning)


def test_a_part_that_is_no_xml_is_said_to_be_damaged(tmp_path: Path) -> None:
    broken = without(letter(), "word/document.xml", b"<w:document a=b>")
    with pytest.raises(CorruptDocumentError, match="a part of the file is damaged"):
        read(tmp_path, "a.docx", broken)
