from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from ingest.intake.archives import check_contents, open_checked
from ingest.intake.file_types import identify
from ingest.intake.formats import MEDIA_TYPES
from rag.errors import CorruptDocumentError, EncryptedDocumentError, ParserLimitError
from tests.hostile_files import archives, containers
from tests.hostile_files.containers import KINDS

MIB = 1_048_576


def written(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


def identified(folder: Path, kind: str, content: bytes) -> str:
    return identify(written(folder, content), f"a.{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_sound_document_passes_both_checks(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, containers.document(kind))
    assert identify(path, f"a.{kind}") == MEDIA_TYPES[f".{kind}"]
    check_contents(path, "a")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spoil", "error", "reason"),
    [
        (lambda kind: archives.dense(kind, size_bytes=80 * MIB), ParserLimitError, "times its size"),
        (lambda kind: archives.large(kind, size_bytes=1_100 * MIB), ParserLimitError, "more than 1,024 MiB"),
        (lambda kind: archives.crowded(kind, count=10_000), ParserLimitError, "more than 10,000"),
        (lambda kind: archives.overlapping(kind, count=3), CorruptDocumentError, "overlap"),
        (lambda kind: archives.linked(kind, target="/etc/passwd"), CorruptDocumentError, "is a link"),
        (lambda kind: archives.leading_outside(kind, member="../../x"), CorruptDocumentError, "elsewhere"),
        (lambda kind: archives.leading_outside(kind, member="/etc/x"), CorruptDocumentError, "elsewhere"),
        (lambda kind: archives.leading_outside(kind, member="a\\..\\..\\x"), CorruptDocumentError, "elsewhere"),
        (lambda kind: archives.leading_outside(kind, member="C:/x"), CorruptDocumentError, "elsewhere"),
        (archives.locked, EncryptedDocumentError, "password"),
    ],
)
def test_bad_directory_is_refused_at_intake(
    tmp_path: Path, kind: str, spoil: archives.Spoil, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        identified(tmp_path, kind, spoil(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_member_that_says_it_is_small_is_caught_before_a_library_unpacks_it(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, archives.lying(kind, size_bytes=20 * MIB))
    assert identify(path, f"a.{kind}") == MEDIA_TYPES[f".{kind}"]
    with pytest.raises(ParserLimitError, match="more than its directory says"):
        check_contents(path, "a")


def test_size_that_only_the_members_own_header_gives_must_agree_with_the_directory(tmp_path: Path) -> None:
    data = bytearray(containers.document("epub"))
    data[18:22] = struct.pack("<I", 10_000)  # the packed size in the first local header
    with pytest.raises(CorruptDocumentError, match="not what its directory says"):
        check_contents(written(tmp_path, bytes(data)), "a")


def test_archives_may_stand_in_each_other_but_not_deeply(tmp_path: Path) -> None:
    check_contents(written(tmp_path, archives.nested("docx", depth=3)), "a")
    with pytest.raises(ParserLimitError, match="4 deep"):
        check_contents(written(tmp_path, archives.nested("docx", depth=4)), "a")


def test_bomb_inside_an_archive_is_found(tmp_path: Path) -> None:
    bomb = {"bomb.docx": archives.dense("docx", size_bytes=80 * MIB)}
    with pytest.raises(ParserLimitError, match="times its size"):
        check_contents(written(tmp_path, containers.zipped(bomb)), "a")


def test_members_of_all_levels_count(tmp_path: Path) -> None:
    crowd = archives.crowded("docx", count=4_000)
    many = {f"{number}.docx": crowd for number in range(3)}
    with pytest.raises(ParserLimitError, match="more than 10,000"):
        check_contents(written(tmp_path, containers.zipped(many)), "a")


def test_damaged_or_locked_archive_inside_a_document_is_only_an_attachment(tmp_path: Path) -> None:
    inner = {"cut.zip": containers.document("docx")[:300], "locked.docx": archives.locked("docx")}
    check_contents(written(tmp_path, containers.zipped({**containers.members("docx"), **inner})), "a")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1_000_003])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_size_is_unpacked_to_its_end(tmp_path: Path, size: int, method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("even", b"a" * size)
        archive.writestr("mixed", (bytes(range(256)) * (size // 256 + 1))[:size])
    check_contents(written(tmp_path, target.getvalue()), "a")


class Pipe(io.RawIOBase):
    """Takes what is written and cannot go back, so that a writer must give sizes behind each member."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += data
        return len(data)


def test_document_written_to_a_pipe_passes(tmp_path: Path) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in containers.members("docx").items():
            archive.writestr(name, content)
    assert identified(tmp_path, "docx", bytes(pipe.written)) == MEDIA_TYPES[".docx"]
    check_contents(tmp_path / "upload", "a")


@pytest.mark.parametrize("cut", [40, 200, -30])
def test_cut_off_or_changed_archive_is_corrupt(tmp_path: Path, cut: int) -> None:
    with pytest.raises(CorruptDocumentError):
        check_contents(written(tmp_path, containers.document("docx")[:cut]), "a")


def test_damaged_content_is_corrupt(tmp_path: Path) -> None:
    data = bytearray(containers.document("docx"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        place = archive.getinfo("word/document.xml").header_offset + 60
    data[place : place + 8] = b"\xff" * 8
    with pytest.raises(CorruptDocumentError):
        check_contents(written(tmp_path, bytes(data)), "a")


def test_uncommon_compression_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", b"words")
    with pytest.raises(CorruptDocumentError, match="compressed"):
        identified(tmp_path, "docx", target.getvalue())


def test_directory_is_measured_where_a_zip64_record_gives_its_size(tmp_path: Path) -> None:
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 10**9, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0)
    with pytest.raises(ParserLimitError, match="zip directory"):
        identified(tmp_path, "docx", b"PK\x03\x04" + record + locator + end)


@pytest.mark.parametrize("declaration", ["<!DOCTYPE x []>", "<?xml version='1.0'?>\n<!-- c --><!DOCTYPE x []>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_office_file_that_declares_a_document_type_is_refused(tmp_path: Path, declaration: str, encoding: str) -> None:
    files = {**containers.members("docx"), "docProps/custom.xml": f"{declaration}<x/>".encode(encoding)}
    with pytest.raises(CorruptDocumentError, match="document type"):
        check_contents(written(tmp_path, containers.zipped(files)), "a")


def test_words_about_a_document_type_and_books_that_have_one_are_fine(tmp_path: Path) -> None:
    files = {**containers.members("docx"), "customXml/item1.xml": b"<x><![CDATA[<!DOCTYPE html>]]></x>"}
    check_contents(written(tmp_path, containers.zipped(files)), "a")
    book = containers.members("epub")
    book["chapter.xhtml"] = b"<!DOCTYPE html>" + book["chapter.xhtml"].partition(b"?>\n")[2]
    check_contents(written(tmp_path, containers.zipped(book)), "a")


def test_names_of_a_checked_archive_can_be_listed(tmp_path: Path) -> None:
    with open_checked(written(tmp_path, containers.zipped({"notes.txt": b"words"})), "a") as archive:
        assert archive.namelist() == ["notes.txt"]
    assert identified(tmp_path, "zip", containers.zipped({"notes.txt": b"words"})) == "application/zip"


def test_encrypted_open_document_and_locked_book_are_told(tmp_path: Path) -> None:
    odt = containers.members("odt")
    odt["META-INF/manifest.xml"] = odt["META-INF/manifest.xml"].replace(b"/>", b"><manifest:encryption-data/>", 1)
    book = {**containers.members("epub"), "META-INF/rights.xml": b"<rights/>"}
    for kind, files in (("odt", odt), ("epub", book)):
        with pytest.raises(EncryptedDocumentError):
            identified(tmp_path, kind, containers.zipped(files))
