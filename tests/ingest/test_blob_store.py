import hashlib
import io
import time
from pathlib import Path

import pytest

from ingest.blob_store import BlobStore


def test_a_kept_file_lies_under_its_hash(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with store.stage(io.BytesIO(b"words")) as staged:
        store.keep(staged)
    sha256 = hashlib.sha256(b"words").hexdigest()
    assert (staged.sha256, staged.size_bytes) == (sha256, 5)
    assert store.path(sha256).read_bytes() == b"words"
    store.remove(sha256)
    store.remove(sha256)
    assert not store.path(sha256).exists()


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with store.stage(io.BytesIO(b"words")) as staged:
        assert staged.path.exists()
    assert list(tmp_path.rglob("*")) == []


def test_what_a_killed_process_left_goes_after_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BlobStore(tmp_path)
    (tmp_path / "incoming-left").write_bytes(b"half")
    with store.stage(io.BytesIO(b"words")) as staged:
        store.keep(staged)
    store.sweep()
    assert (tmp_path / "incoming-left").exists()
    later = time.time() + 3_700
    monkeypatch.setattr(time, "time", lambda: later)
    store.sweep()
    assert store.hashes() == {staged.sha256}
    assert not (tmp_path / "incoming-left").exists()
