from pathlib import Path

import pytest

from api.commands.files import files_of, find_files
from rag.errors import ConfigurationError


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The words of {name}.")


def test_files_are_named_by_their_way_from_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "guides/README.md", "guides/setup/a.txt", ".git/config", "guides/.hidden.txt")
    names = ["README.md", "guides/README.md", "guides/setup/a.txt"]
    assert [file.name for file in find_files([tmp_path])] == names
    assert [file.name for file in files_of(tmp_path)] == names
    assert [file.name for file in find_files([tmp_path / "guides" / "README.md"])] == ["README.md"]


def test_what_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    assert [file.name for file in find_files([tmp_path, tmp_path / "a.txt"])] == ["a.txt"]


def test_two_files_that_would_be_one_document_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a/README.md", "b/README.md")
    with pytest.raises(ConfigurationError, match="would both be the document 'README"):
        find_files([tmp_path / "a", tmp_path / "b"])


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no file or folder"):
        find_files([tmp_path / "missing"])
    with pytest.raises(ConfigurationError, match="no files"):
        find_files([tmp_path])
    with pytest.raises(ConfigurationError, match="no folder"):
        files_of(tmp_path / "missing")
    assert files_of(tmp_path) == []


def test_a_link_that_leads_out_of_the_folder_is_left_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("words")
    (folder / "link.txt").symlink_to(outside)
    (folder / "inner.txt").symlink_to(folder / "a.txt")
    assert [file.name for file in files_of(folder)] == ["a.txt", "inner.txt"]
