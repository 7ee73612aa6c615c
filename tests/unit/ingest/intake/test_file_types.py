from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake.file_types import identify, safe_name, safe_path
from ingest.intake.formats import MEDIA_TYPES
from rag.errors import (
    CorruptDocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    ParserLimitError,
    TypeMismatchError,
    UnsupportedTypeError,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


def zipped(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "upload"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", b"%PDF-1.7 rest", MEDIA_TYPES[".pdf"]),
        ("a.pdf", b"junk before\n%PDF-1.7 rest", MEDIA_TYPES[".pdf"]),
        ("A.TXT", b"plain words", MEDIA_TYPES[".txt"]),
        ("a.md", "# Überschrift".encode(), MEDIA_TYPES[".md"]),
        ("a.txt", "wide".encode("utf-16-le") * 20, MEDIA_TYPES[".txt"]),
        ("a.txt", "русский".encode("cp866"), MEDIA_TYPES[".txt"]),
        ("a.rtf", rb"{\rtf1 words}", MEDIA_TYPES[".rtf"]),
        ("a.png", b"\x89PNG\r\n\x1a\n....", MEDIA_TYPES[".png"]),
        ("a.png", b"\xff\xd8\xff\xe0....", MEDIA_TYPES[".jpg"]),
        ("a.msg", OLE + "__properties_version1.0".encode("utf-16-le"), MEDIA_TYPES[".msg"]),
        ("a.xls", OLE + "Workbook".encode("utf-16-le"), MEDIA_TYPES[".xls"]),
        ("README", b"words", MEDIA_TYPES[".txt"]),
        ("scan", b"%PDF-1.4 rest", MEDIA_TYPES[".pdf"]),
    ],
)
def test_type_is_told_from_content_and_name(tmp_path: Path, name: str, content: bytes, media_type: str) -> None:
    assert identify(written(tmp_path, content), name) == media_type


@pytest.mark.parametrize(
    ("name", "folder", "media_type"),
    [
        ("a.docx", "word", MEDIA_TYPES[".docx"]),
        ("a.pptx", "ppt", MEDIA_TYPES[".pptx"]),
        ("a.xlsx", "xl", MEDIA_TYPES[".xlsx"]),
    ],
)
def test_office_files_are_told_by_their_zip_listing(tmp_path: Path, name: str, folder: str, media_type: str) -> None:
    path = zipped(tmp_path, {"[Content_Types].xml": b"<Types/>", f"{folder}/main.xml": b"<x/>"})
    assert identify(path, name) == media_type


@pytest.mark.parametrize(("name", "media_type"), [("a.epub", MEDIA_TYPES[".epub"]), ("a.odt", MEDIA_TYPES[".odt"])])
def test_open_formats_are_told_by_their_mimetype_member(tmp_path: Path, name: str, media_type: str) -> None:
    assert identify(zipped(tmp_path, {"mimetype": media_type.encode()}), name) == media_type


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.txt", b"", EmptyDocumentError),
        ("a.exe", b"MZ\x90\x00", UnsupportedTypeError),
        ("a.gz", b"\x1f\x8b\x08", UnsupportedTypeError),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", UnsupportedTypeError),
        ("a.jar", b"PK\x05\x06" + b"\0" * 18, UnsupportedTypeError),
        ("a.unknown", b"words", UnsupportedTypeError),
        ("blob", b"\x01\x02\x03\x04\x05", UnsupportedTypeError),
        ("a.pdf", b"<html>not found</html>", TypeMismatchError),
        ("a.txt", b"%PDF-1.7", TypeMismatchError),
        ("a.txt", b"\x01\x02\x03\x04\x05", TypeMismatchError),
        ("a.odt", b"not a zip file", TypeMismatchError),
        ("a.docx", b"PK\x03\x04 cut off", CorruptDocumentError),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedDocumentError),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        identify(written(tmp_path, content), name)


def test_zip_renamed_to_docx_is_a_mismatch(tmp_path: Path) -> None:
    with pytest.raises(TypeMismatchError):
        identify(zipped(tmp_path, {"notes.txt": b"words"}), "a.docx")


def test_directory_in_the_middle_of_a_large_ole_file_is_found(tmp_path: Path) -> None:
    header = bytearray(OLE + b"\0" * 504)
    header[30:32] = (9).to_bytes(2, "little")
    header[48:52] = (2_000).to_bytes(4, "little")
    content = bytes(header) + b"\0" * 2_000 * 512 + "Workbook".encode("utf-16-le") + b"\0" * 2_000_000
    assert identify(written(tmp_path, content), "a.xls") == MEDIA_TYPES[".xls"]


def test_zip_with_an_absurd_directory_is_not_listed(tmp_path: Path) -> None:
    end = b"PK\x05\x06" + b"\0" * 8 + (2**31).to_bytes(4, "little") + b"\0" * 6
    with pytest.raises(ParserLimitError):
        identify(written(tmp_path, b"PK\x03\x04" + end), "a.docx")


def test_legacy_word_file_is_told_what_to_convert_to(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="docx"):
        identify(written(tmp_path, OLE + b"\0" * 100), "letter.doc")


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Report 1.docx", "Report 1.docx"),
        ("a\x00b\n.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", "document"),
        ("", "document"),
        ("报告 2024.pdf", "报告 2024.pdf"),
        ("what?*.txt", "what__.txt"),
    ],
)
def test_display_name_is_harmless(given_name: str, expected: str) -> None:
    assert safe_name(given_name) == expected


def test_long_display_name_keeps_its_extension() -> None:
    name = safe_name("x" * 500 + ".pdf")
    assert len(name) == 200
    assert name.endswith(".pdf")


PIECES = st.sampled_from([*"/\\:. \0\u202e\u200bC", "..", "C:", "e\u0301", "x" * 90])
NAMES = st.text() | st.lists(PIECES | st.text(max_size=3)).map("".join)


@given(NAMES)
def test_display_name_is_one_visible_line_and_stays_so(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 200
    assert not set(safe) & set("/\\\0\n\r\u202e")
    assert safe_name(safe) == safe


def test_display_name_is_composed_after_invisible_marks_are_gone() -> None:
    assert safe_name("cafe\u200b\u0301.txt") == "caf\u00e9.txt"


def test_long_display_name_does_not_end_in_a_cut_space() -> None:
    name = safe_name("x" * 300 + ".aaaaaaaaaaaaaaaaaa bbb")
    assert name.endswith(".aaaaaaaaaaaaaaaaaa")
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("guides/setup.md", "guides/setup.md"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc//./passwd", "etc/passwd"),
        ("C:\\Users\\me\\Report 1.docx", "Users/me/Report 1.docx"),
        ("C:notes.txt", "C_notes.txt"),
        ("a/.. ./b?.txt", "a/b_.txt"),
        ("guides/", "guides/document"),
        ("a\x00b/in\u202evoice.exe", "ab/invoice.exe"),
        ("..", "document"),
        ("", "document"),
        ("手册/安装.md", "手册/安装.md"),
    ],
)
def test_path_keeps_its_folders_and_never_leads_up(given_name: str, expected: str) -> None:
    assert safe_path(given_name) == expected


def test_long_path_loses_its_first_folders_and_keeps_its_name() -> None:
    assert safe_path("first/" + "second/" * 30 + "third/name.pdf").endswith("/second/third/name.pdf")
    assert safe_path("folder/" + "x" * 500 + ".pdf") == "x" * 196 + ".pdf"


@given(NAMES)
def test_path_stays_in_its_folder_and_stays_so(name: str) -> None:
    safe = safe_path(name)
    parts = safe.split("/")
    assert 0 < len(safe) <= 200
    assert not set(safe) & set("\\:\0\n\r\u202e")
    assert all(part and part == part.strip(" .") and len(part) <= 200 for part in parts)
    assert safe_path(safe) == safe
    assert safe_name(safe) == parts[-1]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("Dockerfile", b"FROM scratch\n", "text/x-makefile"),
        ("CMakeLists.txt", b"project(x)\n", "text/x-makefile"),
        ("note", b"Note: bring a coat.\nMessage: none\n", "text/plain"),
        ("note", b"Received: from x\nSubject: y\n\nz\n", "message/rfc822"),
    ],
)
def test_names_without_an_extension_are_told(tmp_path: Path, name: str, content: bytes, media_type: str) -> None:
    assert identify(written(tmp_path, content), name) == media_type


def test_kinds_of_files_are_named_as_people_call_them(tmp_path: Path) -> None:
    with pytest.raises(TypeMismatchError, match=r"should be a Word document by its name, but its content is plain"):
        identify(written(tmp_path, b"Only text"), "a.docx")
    with pytest.raises(TypeMismatchError, match=r"should be a \.csv file by its name, but its content is a PDF"):
        identify(written(tmp_path, b"%PDF-1.7\n"), "a.csv")
