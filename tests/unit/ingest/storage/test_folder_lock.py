import re
from pathlib import Path

import pytest

from ingest.storage.folder_lock import FolderLock, running_service_address
from rag.errors import FolderInUseError


def test_a_second_owner_is_told_who_has_the_folder(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.acquire()
    first.announce("http://127.0.0.1:8000")
    with pytest.raises(FolderInUseError, match=re.escape("http://127.0.0.1:8000")):
        FolderLock(tmp_path).acquire()
    assert running_service_address(tmp_path) == "http://127.0.0.1:8000"
    first.release()


def test_a_released_folder_can_be_taken_again(tmp_path: Path) -> None:
    first = FolderLock(tmp_path / "new")
    first.acquire()
    first.release()
    assert running_service_address(tmp_path / "new") is None
    second = FolderLock(tmp_path / "new")
    second.acquire()
    second.release()


def test_a_folder_that_is_not_there_has_no_service(tmp_path: Path) -> None:
    assert running_service_address(tmp_path / "missing") is None
    assert not (tmp_path / "missing").exists()
