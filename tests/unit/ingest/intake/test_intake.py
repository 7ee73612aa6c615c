import io
from pathlib import Path

import pytest

from ingest.intake.intake import Intake
from ingest.parsing import PARSER_VERSION
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from rag.catalog.database.connection import Database
from rag.catalog.job_board import JobBoard
from rag.catalog.versions import Uploads
from rag.errors import (
    DocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    IdempotencyMismatchError,
    QueueFullError,
    StorageFullError,
    UnsupportedTypeError,
)
from rag.settings import IngestionSettings, Settings, StorageSettings
from rag.types import Scope

SCOPE = Scope(tenant="default", collection="default")


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def intake(database: Database, blobs: Path) -> Intake:
    settings = Settings(
        storage=StorageSettings(folder=blobs.parent),
        ingestion=IngestionSettings(max_upload_bytes=100, max_waiting_jobs=2),
    )
    return Intake(
        settings,
        uploads=Uploads(database, parser_version=PARSER_VERSION),
        board=JobBoard(database),
        blobs=BlobStore(blobs, litter_bin=Bin(blobs.with_name("bin"))),
    )


def test_a_file_is_stored_before_it_is_acknowledged(intake: Intake, blobs: Path) -> None:
    document, job = intake.accept(io.BytesIO(b"Some words."), name="../notes.txt", scope=SCOPE)
    assert (document.name, document.media_type, job.document_id) == ("notes.txt", "text/plain", document.document_id)
    assert [path.read_bytes() for path in blobs.glob("??/*")] == [b"Some words."]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.txt", b"", EmptyDocumentError),
        ("large.txt", b"a" * 101, DocumentTooLargeError),
        ("archive.rar", b"Rar!\x1a\x07", UnsupportedTypeError),
    ],
)
def test_nothing_is_kept_of_a_refused_file(
    intake: Intake, blobs: Path, name: str, content: bytes, error: type[DocumentError]
) -> None:
    with pytest.raises(error):
        intake.accept(io.BytesIO(content), name=name, scope=SCOPE)
    assert [path for path in blobs.rglob("*") if path.is_file()] == []


def test_a_key_is_bound_to_bytes_name_and_collection(intake: Intake) -> None:
    def accept(content: bytes, name: str = "a.txt", scope: Scope = SCOPE) -> str:
        return intake.accept(io.BytesIO(content), name=name, scope=scope, idempotency_key="k")[1].job_id

    assert accept(b"Words.") == accept(b"Words.")
    other = Scope(tenant="default", collection="other")
    for content, name, scope in (
        (b"Others.", "a.txt", SCOPE),
        (b"Words.", "b.txt", SCOPE),
        (b"Words.", "a.txt", other),
    ):
        with pytest.raises(IdempotencyMismatchError):
            accept(content, name, scope)


def test_a_full_queue_takes_nothing_more(intake: Intake) -> None:
    intake.refuse_when_full(expected_bytes=10)
    for name in ("a.txt", "b.txt"):
        intake.accept(io.BytesIO(b"Words."), name=name, scope=SCOPE)
    with pytest.raises(QueueFullError, match="2 documents wait"):
        intake.refuse_when_full(expected_bytes=10)


def test_a_file_for_which_there_is_no_room_is_refused_before_it_is_sent(intake: Intake) -> None:
    with pytest.raises(StorageFullError):
        intake.refuse_when_full(expected_bytes=2**60)
