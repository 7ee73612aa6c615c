import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.commands.main import app
from rag.errors import ConfigurationError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["parsing", *map(str, arguments)])


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert isinstance(result.exception, ConfigurationError)
    assert "holds no documents" in str(result.exception)


def test_the_default_is_the_folder_of_documents_of_the_public_sets(tmp_path: Path) -> None:
    assert str(tmp_path / "docs") in str(run("--data", tmp_path).exception)


def test_a_reader_that_is_not_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert "acrobat is no known reader" in str(run(tmp_path, "--against", "acrobat").exception)


@pytest.mark.slow
def test_files_and_formats_are_shown_with_their_figures(tmp_path: Path) -> None:
    (tmp_path / "gate.txt").write_text("The gate is open today.")
    (tmp_path / "gate.txt.md").write_text("# The **gate** is open")
    (tmp_path / "wall.txt").write_text("The wall is high.")
    (tmp_path / "tune.mp3").write_bytes(b"ID3\x00\x01\x02")

    shown = run(tmp_path).output
    kept = json.loads(run(tmp_path, "--json", "--truth-only").output)

    assert "gate.txt\t5\t5\t1.000\t0.800\t1.000\t—\t" in shown
    assert "wall.txt\t4\t4\t—\t—\t—\t—\t" in shown
    assert "Of types that are not read: 1 of 3 files." in shown
    assert "txt\tcitewell\t1\t1.000\t0.800\t1.000\t—\t—\t" in shown
    assert [each["file"] for each in kept["files"]] == ["gate.txt"]
    assert kept["summaries"][0]["means"]["precision"] == 0.8
