import hashlib
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore, StagedBlob
from rag.catalog.database.records import VersionLabel


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs", litter_bin=Bin(tmp_path / "bin"))


def _label(staged: StagedBlob, *, version_id: str = "v1", number: int = 1) -> VersionLabel:
    return VersionLabel(
        version_id=version_id,
        document_id="d1",
        number=number,
        tenant="acme",
        collection="manuals",
        name="Größe.txt",
        media_type="text/plain",
        sha256=staged.sha256,
        size_bytes=staged.size_bytes,
    )


def _keep(store: BlobStore, content: bytes = b"words") -> VersionLabel:
    with store.stage(io.BytesIO(content)) as staged:
        label = _label(staged)
        store.keep(staged, label)
    return label


def test_a_kept_file_lies_under_its_hash_and_its_label_says_what_it_is(store: BlobStore) -> None:
    label = _keep(store)
    sha256 = hashlib.sha256(b"words").hexdigest()
    assert (label.sha256, label.size_bytes) == (sha256, 5)
    assert store.path(sha256).read_bytes() == b"words"
    assert store.labels() == [label]
    store.remove(sha256)
    store.remove(sha256)
    store.remove_label("v1")
    assert not store.path(sha256).exists()
    assert store.labels() == []


def test_what_is_not_kept_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    with store.stage(io.BytesIO(b"words")) as staged:
        assert staged.path.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_label_of_an_older_build_is_of_the_first_parser(store: BlobStore) -> None:
    label = _keep(store)
    path = store.label_path("v1")
    content = json.loads(path.read_text("utf-8"))
    del content["parser_version"]
    path.write_text(json.dumps(content), "utf-8")
    assert store.labels() == [replace(label, parser_version=1)]


def test_a_label_that_cannot_be_read_is_passed_over(store: BlobStore) -> None:
    label = _keep(store)
    store.label_path("torn").write_text('{"version_id": "to')
    assert store.labels() == [label]


def test_what_is_discarded_can_be_brought_back_for_a_day(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label, litter_bin = _keep(store), Bin(tmp_path / "bin")
    store.discard(label.sha256)
    store.remove_old()
    assert store.hashes() == frozenset()
    assert litter_bin.restore(label.sha256, store.path(label.sha256))
    assert store.hashes() == {label.sha256}
    store.discard(label.sha256)
    later = time.time() + 86_500
    monkeypatch.setattr(time, "time", lambda: later)
    store.remove_old()
    assert not litter_bin.restore(label.sha256, store.path(label.sha256))


def test_what_is_removed_is_gone_from_the_bin_too(store: BlobStore, tmp_path: Path) -> None:
    label = _keep(store)
    store.discard(label.sha256)
    store.discard_label("v1")
    _keep(store)
    store.remove(label.sha256)
    store.remove_label("v1")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_process_left_goes_after_an_hour(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blobs" / "incoming-left").write_bytes(b"half")
    label = _keep(store)
    store.remove_old()
    assert (tmp_path / "blobs" / "incoming-left").exists()
    assert store.old_labels() == frozenset()
    later = time.time() + 3_700
    monkeypatch.setattr(time, "time", lambda: later)
    store.remove_old()
    assert store.hashes() == {label.sha256}
    assert store.old_labels() == {"v1"}
    assert not (tmp_path / "blobs" / "incoming-left").exists()
