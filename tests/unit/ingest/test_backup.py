import gzip
import io
import tarfile
from pathlib import Path

import pytest

from ingest.backup import pack_snapshot, restore_backup
from rag.errors import ConfigurationError


@pytest.fixture
def backup(tmp_path: Path) -> bytes:
    snapshot = tmp_path / "snapshot"
    (snapshot / "blobs" / "ab").mkdir(parents=True)
    (snapshot / "blobs" / "ab" / "abc").write_bytes(b"words" * 1_000)
    (snapshot / "catalog.db").write_bytes(b"rows")
    (snapshot / ("long-" * 40)).write_bytes(b"")
    return b"".join(pack_snapshot(snapshot))


def test_a_backup_is_a_tar_file_that_brings_everything_back(backup: bytes, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(backup)) as archive:
        assert archive.getnames()[-1] == "backup.json"
    folder = tmp_path / "data"
    assert restore_backup(io.BytesIO(backup), folder) == 3
    assert (folder / "blobs" / "ab" / "abc").read_bytes() == b"words" * 1_000
    assert (folder / "catalog.db").read_bytes() == b"rows"
    assert sorted(path.name for path in folder.iterdir()) == ["blobs", "catalog.db", "long-" * 40]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_backup_that_was_cut_off_changes_nothing(
    backup: bytes, tmp_path: Path, share: float, *, compressed: bool
) -> None:
    folder = tmp_path / "data"
    whole = backup if compressed else gzip.decompress(backup)
    with pytest.raises(ConfigurationError, match="Nothing was changed"):
        restore_backup(io.BytesIO(whole[: int(len(whole) * share)]), folder)
    assert list(folder.iterdir()) == []


def test_a_backup_with_a_changed_byte_is_refused(backup: bytes, tmp_path: Path) -> None:
    changed = gzip.compress(gzip.decompress(backup).replace(b"wordswords", b"wordsw0rds", 1))
    with pytest.raises(ConfigurationError, match="not those it lists"):
        restore_backup(io.BytesIO(changed), tmp_path / "data")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no backup"):
        restore_backup(io.BytesIO(b"Dear diary, " * 100), tmp_path / "data")


def test_a_folder_that_holds_something_is_not_touched(backup: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(ConfigurationError, match="not empty"):
        restore_backup(io.BytesIO(backup), folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside"])  # noqa: S108 - a name in an archive
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
    packed.seek(0)
    with pytest.raises(ConfigurationError, match="leads out"):
        restore_backup(packed, tmp_path / "data")
