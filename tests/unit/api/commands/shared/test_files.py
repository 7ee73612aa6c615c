from pathlib import Path

import pytest

from api.commands.shared.files import NO_DOCUMENT, UNSUPPORTED, FoundFiles, files_of, find_files
from rag.errors import ConfigurationError


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The words of {name}.")


def test_files_are_named_by_their_way_from_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "guides/README.md", "guides/setup/a.txt", ".git/config", "guides/.hidden.txt")
    names = ["README.md", "guides/README.md", "guides/setup/a.txt"]
    assert [file.name for file in find_files([tmp_path]).files] == names
    assert [file.name for file in files_of(tmp_path).files] == names
    assert [file.name for file in find_files([tmp_path / "guides" / "README.md"]).files] == ["README.md"]


def test_what_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    assert [file.name for file in find_files([tmp_path, tmp_path / "a.txt"]).files] == ["a.txt"]


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
    assert files_of(tmp_path) == FoundFiles(files=[], skipped=[])


def test_a_link_that_leads_out_of_the_folder_is_left_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("words")
    (folder / "link.txt").symlink_to(outside)
    (folder / "inner.txt").symlink_to(folder / "a.txt")
    assert [file.name for file in files_of(folder).files] == ["a.txt", "inner.txt"]


def test_what_no_one_means_as_a_document_is_skipped_and_said(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "no extension", "sub/~b.txt", "sub/thumbs.txt", "part.txt", "node_modules.md")
    no_documents = [
        *("~$report.docx", ".~lock.report.odt#", "Thumbs.db", "sub/desktop.ini", ".DS_Store", "sub/._a.txt"),
        *("a.txt~", "x.tmp", "film.mp4.part", "x.CRDOWNLOAD", ".env", "sub/ehthumbs.db"),
    ]
    folders = ["node_modules", "sub/__pycache__", ".git", ".venv", "__MACOSX"]
    unsupported = ["film.mp4", "old.doc", "sub/photo.HEIC"]
    write(tmp_path, *no_documents, *unsupported, *(f"{folder}/inner/README.md" for folder in folders))
    found = find_files([tmp_path])
    taken = ["a.txt", "no extension", "node_modules.md", "part.txt", "sub/thumbs.txt", "sub/~b.txt"]
    assert [file.name for file in found.files] == taken
    assert {entry.name: entry.reason for entry in found.skipped} == {
        **dict.fromkeys([*no_documents, *folders], NO_DOCUMENT),
        **dict.fromkeys(unsupported, UNSUPPORTED),
    }
    assert files_of(tmp_path) == found


def test_a_file_that_was_named_is_never_skipped(tmp_path: Path) -> None:
    write(tmp_path, "~$report.docx", "film.mp4", "node_modules/a/README.md")
    named = [tmp_path / "~$report.docx", tmp_path / "film.mp4", tmp_path / "node_modules"]
    found = find_files(named)
    assert [file.name for file in found.files] == ["~$report.docx", "film.mp4", "a/README.md"]
    assert found.skipped == []
