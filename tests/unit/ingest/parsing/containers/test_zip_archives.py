import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.parsing.containers.inner_files import InnerFiles
from rag.errors import EncryptedDocumentError, NoTextError
from rag.types import ExtractedText
from tests.unit.ingest.parsing.reading import paths, read


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_each_file_is_read_below_its_path(tmp_path: Path) -> None:
    inner = zipped({"deep.txt": "Deep words."})
    files: dict[str, bytes | str] = {
        "guide/a.md": "# Gates\n\nShut at noon.",
        "in.zip": inner,
        "__MACOSX/._a.md": "x",
        ".DS_Store": "x",
    }
    extracted = read(tmp_path, "papers.zip", zipped(files))
    assert extracted.title == "papers"
    assert paths(extracted)["Shut at noon."] == ("guide/a.md", "Gates")
    assert paths(extracted)["Deep words."] == ("in.zip", "deep.txt")
    assert extracted.warnings == ()


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    files = {"a.txt": "Words.", "b.exe": "MZ", "c.pdf": "no pdf", "d.txt": "", "e.xml": "<"}
    extracted = read(tmp_path, "a.zip", zipped(files))
    assert [warning.split(":")[0] for warning in extracted.warnings] == [
        f"'{name}' was not read" for name in ("b.exe", "c.pdf", "d.txt", "e.xml")
    ]


def test_a_file_is_read_by_its_content_where_its_name_says_something_else(tmp_path: Path) -> None:
    files = {"a.pdf": zipped({"deep.txt": "Deep words."})}
    assert "Deep words." in read(tmp_path, "a.zip", zipped(files)).text


def test_a_damaged_file_is_named_once_with_the_reason(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"a.txt": "Words.", "b.pdf": b"%PDF-1.7 no more"}
    [warning] = read(tmp_path, "a.zip", zipped(files)).warnings
    assert warning.startswith("'b.pdf' was not read: ")
    assert warning.count("b.pdf") == 1


def test_archives_are_read_three_deep(tmp_path: Path) -> None:
    content = zipped({"a.txt": "Words."})
    for _ in range(2):
        content = zipped({"in.zip": content})
    assert "Words." in read(tmp_path, "a.zip", content).text


def test_an_archive_without_text_has_none(tmp_path: Path) -> None:
    with pytest.raises(NoTextError, match=r"'a\.bin' was not read: files of this type"):
        read(tmp_path, "a.zip", zipped({"a.bin": b"\0\1\2"}))


def test_an_archive_behind_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.txt": "Words."}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(EncryptedDocumentError):
        read(tmp_path, "a.zip", bytes(content))


def test_files_are_counted_over_all_depths() -> None:
    def unread(_: Path, name: str, *__: object) -> ExtractedText:
        raise NoTextError(name)

    files = InnerFiles(read=unread)
    for number in range(1_100):
        files.blocks(b"words", f"{number}.txt")
    assert len(files.warnings) <= 51
    assert files.warnings[-1] == "more of its files were not read"
