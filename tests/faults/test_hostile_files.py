"""Faults 24 to 28 and 30: bad files, through the real sandbox. Each is read right, or refused with a reason."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.intake.file_types import identify
from ingest.parsing.parser import DocumentParser
from ingest.sandbox.sandbox import Sandbox
from rag.errors import (
    CorruptDocumentError,
    DocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    ParserLimitError,
    TypeMismatchError,
    UnsupportedTypeError,
)
from rag.settings import OcrBackend
from tests.hostile_files import archives, containers, markup, messages, pdfs, pictures, texts
from tests.hostile_files.containers import KINDS, WORDS
from tests.hostile_files.markup import MARKUP_KINDS, extension
from tests.support.faults.reading import SCALE, assert_still_reads, read_text, small_sandbox

MIB = 1_048_576
OTHER_WORDS = "words of another file"
REACHES = (markup.external_entity, markup.external_parameter_entity, markup.external_dtd)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with small_sandbox() as started:
        yield started


@pytest.fixture(scope="module")
def hasty_sandbox() -> Iterator[Sandbox]:
    with small_sandbox(timeout_seconds=3.0) as started:
        yield started


def refused(sandbox: Sandbox, folder: Path, name: str, content: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_text(sandbox, folder, name, content)
    assert_still_reads(sandbox, folder)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_sound_document_is_read(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    assert read_text(sandbox, tmp_path, f"a.{kind}", containers.document(kind)).endswith(WORDS)


@pytest.mark.parametrize("kind", KINDS)
def test_zip_bomb_is_refused_before_it_is_unpacked(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    for bomb in (
        archives.dense(kind, size_bytes=80 * MIB),
        archives.large(kind, size_bytes=1_100 * MIB),
        archives.crowded(kind, count=10_000),
        archives.overlapping(kind, count=100),
        archives.linked(kind, target="/etc/passwd"),
        archives.leading_outside(kind, member="../../x"),
    ):
        assert isinstance(refused(sandbox, tmp_path, f"a.{kind}", bomb), ParserLimitError | CorruptDocumentError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output", "upload"]


@pytest.mark.parametrize("kind", KINDS if SCALE > 1 else ["epub"])
def test_zip_bomb_that_lies_about_its_size_is_refused(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    bomb = archives.lying(kind, size_bytes=200 * MIB)
    assert "more than its directory says" in str(refused(sandbox, tmp_path, f"a.{kind}", bomb))


def test_archives_nested_too_deeply_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    bomb = archives.nested("docx", depth=6)
    assert isinstance(refused(sandbox, tmp_path, "a.docx", bomb), ParserLimitError)


@pytest.mark.parametrize("kind", MARKUP_KINDS)
@pytest.mark.parametrize("reach", REACHES)
def test_markup_does_not_read_other_files(sandbox: Sandbox, tmp_path: Path, kind: str, reach: markup.Reach) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{OTHER_WORDS}<!ENTITY x '{OTHER_WORDS}'>")
    try:
        text = read_text(sandbox, tmp_path, f"a.{extension(kind)}", reach(kind, secret.as_uri()))
    except CorruptDocumentError as error:
        text = str(error)
    else:
        assert "stand here." in text  # what follows the entity is not lost
    assert OTHER_WORDS not in text


@pytest.mark.integration
@pytest.mark.parametrize("kind", [*MARKUP_KINDS, "pdf"])
def test_no_connection_is_tried_even_where_there_is_a_network(tmp_path: Path, kind: str) -> None:
    parser = DocumentParser(OcrBackend.NONE, "eng")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        uri = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for content in (pdfs.remote(uri),) if kind == "pdf" else (reach(kind, uri) for reach in REACHES):
            name = f"a.{extension(kind)}"
            path = tmp_path / name
            path.write_bytes(content)
            with suppress(CorruptDocumentError):
                parser.parse(path, name=name, media_type=identify(path, name))
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("kind", MARKUP_KINDS)
@pytest.mark.parametrize("grow", [markup.billion_laughs, markup.quadratic_blowup])
def test_entities_do_not_grow(sandbox: Sandbox, tmp_path: Path, kind: str, grow: markup.Grow) -> None:
    try:
        text = read_text(sandbox, tmp_path, f"a.{extension(kind)}", grow(kind))
    except CorruptDocumentError:
        text = ""
    assert len(text) < 100_000
    assert_still_reads(sandbox, tmp_path)


@pytest.mark.parametrize("make", [pdfs.sound, pdfs.circular_xref, pdfs.circular_page_tree, pdfs.circular_length])
def test_pdf_that_leads_in_circles_is_read_once(sandbox: Sandbox, tmp_path: Path, make: pdfs.Make) -> None:
    assert read_text(sandbox, tmp_path, "a.pdf", make()) == WORDS


def test_pdf_that_claims_100_000_pages_gives_the_one_it_has(sandbox: Sandbox, tmp_path: Path) -> None:
    assert read_text(sandbox, tmp_path, "a.pdf", pdfs.claimed_pages(100_000)) == WORDS


def test_pdf_of_100_000_pages_is_stopped_in_time(hasty_sandbox: Sandbox, tmp_path: Path) -> None:
    error = refused(hasty_sandbox, tmp_path, "a.pdf", pdfs.repeated_page(100_000))
    assert "longer than 3 seconds" in str(error)


def test_flate_bomb_ends_at_the_memory_limit(sandbox: Sandbox, tmp_path: Path) -> None:
    refused(sandbox, tmp_path, "a.pdf", pdfs.flate_bomb(size_bytes=600 * MIB))


def test_pdf_runs_neither_scripts_nor_programs(sandbox: Sandbox, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for content in (
        pdfs.script(f"this.saveAs('{mark}'); app.launchURL('{mark}')"),
        pdfs.launch("/bin/touch", str(mark)),
    ):
        assert read_text(sandbox, tmp_path, "a.pdf", content) == WORDS
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", markup.deep_json(100_000)),
        ("a.html", markup.deep_html(100_000)),
        ("a.xml", markup.deep_xml(100_000)),
        ("a.eml", b"Subject: s\nContent-Type: text/html\n\n" + markup.deep_html(100_000)),
    ],
)
def test_deep_nesting_is_refused_with_that_reason(sandbox: Sandbox, tmp_path: Path, name: str, content: bytes) -> None:
    error = refused(sandbox, tmp_path, name, content)
    assert "nested too deeply" in str(error) or "Excessive depth" in str(error)


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv"] if SCALE > 1 else ["a.txt"])
def test_one_line_of_50_mb_is_bounded(hasty_sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    refused(hasty_sandbox, tmp_path, name, texts.one_line(50_000_000))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", pictures.png_flood(20_000)),
        *([("a.tif", pictures.tiff_flood(60_000))] if SCALE > 1 else []),
        ("a.tif", pictures.tiff_flood(100, frames=2_000)),
        ("a.png", pictures.png_flood(9_900)),
    ],
)
def test_pixel_flood_is_refused(sandbox: Sandbox, tmp_path: Path, name: str, content: bytes) -> None:
    assert isinstance(refused(sandbox, tmp_path, name, content), ParserLimitError)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.pdf", containers.document("docx"), TypeMismatchError),
        ("a.docx", containers.document("xlsx"), TypeMismatchError),
        ("a.docx", b"plain words", TypeMismatchError),
        ("a.txt", pdfs.sound(), TypeMismatchError),
        ("a.exe", b"MZ\x90\x00", UnsupportedTypeError),
        ("a.txt", b"", EmptyDocumentError),
        ("a.pdf", b"", EmptyDocumentError),
        ("a.docx", messages.locked_office_file(), EncryptedDocumentError),
        ("a.xlsx", messages.locked_office_file(), EncryptedDocumentError),
        ("a.docx", archives.locked("docx"), EncryptedDocumentError),
        ("a.pdf", pdfs.locked(), EncryptedDocumentError),
        ("a.txt", texts.impossible_encoding(), CorruptDocumentError),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    sandbox: Sandbox, tmp_path: Path, name: str, content: bytes, error: type[DocumentError]
) -> None:
    assert type(refused(sandbox, tmp_path, name, content)).code == error.code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", markup.laughing_yaml()),
        ("a.yaml", WORDS.encode() + b"\n" + markup.deep_list(10_000)),
        ("a.toml", WORDS.encode() + b"\n" + markup.deep_list(10_000, head=b"a = ")),
        ("a.eml", messages.many_parts(3_000)),
        ("a.py", WORDS.encode() + b"\n" + b'"""' * 2_001),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + WORDS.encode() + b"\n\n" + b"0:00 --> " * 100_000),
        ("a.md", WORDS.encode() + b"\n\n" + b"![" * 100_000),
        ("a.html", b"<p>" + WORDS.encode() + b"</p>" + b"<p style='" + b"color:" * 100_000 + b"'>x</p>"),
        ("a.html", b"<style>" + b"a{" * 100_000 + b"</style><p>" + WORDS.encode() + b"</p>"),
    ],
)
def test_text_that_grows_or_nests_without_end_is_read_in_time(
    hasty_sandbox: Sandbox, tmp_path: Path, name: str, content: bytes
) -> None:
    assert WORDS in read_text(hasty_sandbox, tmp_path, name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ipynb", markup.deep_list(100_000, head=b'{"cells": ')),
        ("a.eml", messages.deep_message(2_000)),
        ("a.zip", archives.nested_archive(12)),
        ("a.dat", messages.claiming_container()),
    ],
)
def test_what_is_nested_or_claimed_without_end_is_refused(
    hasty_sandbox: Sandbox, tmp_path: Path, name: str, content: bytes
) -> None:
    refused(hasty_sandbox, tmp_path, name, content)


@pytest.mark.parametrize("encoding", texts.ENCODINGS)
def test_text_in_an_undeclared_encoding_is_read_right(sandbox: Sandbox, tmp_path: Path, encoding: str) -> None:
    assert read_text(sandbox, tmp_path, "a.txt", texts.encoded(encoding)) == texts.ENCODINGS[encoding]


@pytest.mark.parametrize("name", ["a.msg", "a.eml"])
@pytest.mark.parametrize("attachment", ["../../x", "/etc/x", "..\\..\\x", "x" * 4_000])
def test_attachment_is_not_written_anywhere(sandbox: Sandbox, tmp_path: Path, name: str, attachment: str) -> None:
    work = tmp_path / "a" / "b"
    work.mkdir(parents=True)
    make = messages.outlook_message if name == "a.msg" else messages.internet_message
    text = read_text(sandbox, work, name, make(attachment=attachment))
    assert WORDS in text
    assert "Attachments: " in text
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path == "a/b/upload" or path.startswith("a/b/output/") for path in written)
