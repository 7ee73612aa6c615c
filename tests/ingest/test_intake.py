import io
from pathlib import Path

import pytest

from ingest.blob_store import BlobStore
from ingest.intake import Intake
from rag.catalog.catalog import Catalog
from rag.catalog.database import Database
from rag.errors import DocumentError, DocumentTooLargeError, EmptyDocumentError, UnsupportedTypeError
from rag.types import Scope

SCOPE = Scope(tenant="default", collection="default")


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def intake(database: Database, blobs: Path) -> Intake:
    return Intake(catalog=Catalog(database), blobs=BlobStore(blobs), max_bytes=100)


def test_a_file_is_stored_before_it_is_acknowledged(intake: Intake, blobs: Path) -> None:
    document, job = intake.accept(io.BytesIO(b"Some words."), name="../notes.txt", scope=SCOPE)
    assert (document.name, document.media_type, job.document_id) == ("notes.txt", "text/plain", document.document_id)
    assert [path.read_bytes() for path in blobs.rglob("*") if path.is_file()] == [b"Some words."]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.txt", b"", EmptyDocumentError),
        ("large.txt", b"a" * 101, DocumentTooLargeError),
        ("archive.zip", b"PK\x05\x06" + b"\0" * 18, UnsupportedTypeError),
    ],
)
def test_nothing_is_kept_of_a_refused_file(
    intake: Intake, blobs: Path, name: str, content: bytes, error: type[DocumentError]
) -> None:
    with pytest.raises(error):
        intake.accept(io.BytesIO(content), name=name, scope=SCOPE)
    assert [path for path in blobs.rglob("*") if path.is_file()] == []
