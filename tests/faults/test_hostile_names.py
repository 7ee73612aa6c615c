"""Fault 23: whatever a file is called, only paths that we made are used, and what is shown of the name is harmless."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.intake.file_types import safe_name, safe_path
from ingest.intake.intake import Intake
from ingest.parsing import PARSER_VERSION
from ingest.sandbox.sandbox import Sandbox
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from rag.catalog.database.connection import Database
from rag.catalog.job_board import JobBoard
from rag.catalog.versions import Uploads
from rag.settings import Settings, StorageSettings
from rag.types import Scope
from tests.support.faults.reading import read_text, small_sandbox

CONTENT = b"Some words."
SCOPE = Scope(tenant="default", collection="default")
NAMES = (
    "../../../etc/cron.d/x.txt",
    "/etc/x.txt",
    "..\\..\\windows\\x.txt",
    "C:\\windows\\x.txt",
    "\\\\server\\share\\x.txt",
    "a\0.txt",
    "a.txt\0.exe",
    "a\r\nSet-Cookie: x.txt",
    "x" * 4_096 + ".txt",
    "../" * 1_365 + "x.txt",
    "invoice\u202etxt.exe.txt",
    "\u200b\u2066\ufeff.txt",
    "....//....//x.txt",
    "%2e%2e%2fx.txt",
    "~/x.txt",
    "$(touch x).txt",
    "-rf.txt",
    "CON.txt",
    ".txt",
    "..",
    ".",
    "",
    " ",
    "\ud800.txt",
)


def with_extension(name: str) -> str:
    return name if name.endswith(".txt") else f"{name}.txt"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with small_sandbox() as started:
        yield started


@pytest.mark.parametrize("name", NAMES)
def test_shown_name_is_one_visible_line_that_leads_nowhere(name: str) -> None:
    for shown in (safe_name(name), safe_path(name)):
        assert 0 < len(shown) <= 200
        assert shown.isprintable()
        assert not Path(shown).is_absolute()
        assert not {"..", ".", ""} & set(shown.split("/"))
        shown.encode("utf-8")


def test_file_is_kept_under_its_checksum_whatever_it_is_called(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path / "catalog.db")) as database:
        settings = Settings(storage=StorageSettings(folder=tmp_path))
        blobs = BlobStore(tmp_path / "blobs", litter_bin=Bin(tmp_path / "bin"))
        intake = Intake(
            settings, uploads=Uploads(database, parser_version=PARSER_VERSION), board=JobBoard(database), blobs=blobs
        )
        for name in NAMES:
            document, _ = intake.accept(io.BytesIO(CONTENT), name=with_extension(name), scope=SCOPE)
            assert document.name == safe_path(with_extension(name))
    checksum = hashlib.sha256(CONTENT).hexdigest()
    assert blobs.hashes() == {checksum}
    assert [path.name for path in (tmp_path / "blobs").glob("??/*")] == [checksum]
    assert len(list((tmp_path / "blobs" / "labels").iterdir())) == len(
        {safe_path(with_extension(name)) for name in NAMES}
    )
    assert all(path.name.startswith("catalog.db") for path in tmp_path.iterdir() if path.name != "blobs")


def test_sandbox_uses_no_name_as_a_path(sandbox: Sandbox, tmp_path: Path) -> None:
    work = tmp_path / "a" / "b" / "c"
    work.mkdir(parents=True)
    for name in map(with_extension, NAMES):
        assert read_text(sandbox, work, name, CONTENT) == CONTENT.decode()
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path == "a/b/c/upload" or path.startswith("a/b/c/output/") for path in written)
