from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hostile_files.catalogue import hostile_files
from tests.hostile_files.measure import main, word_share


def test_share_of_words_by_hand() -> None:
    assert word_share("One two, two three.", "two ONE two four") == 0.75
    assert word_share("two two", "two") == 0.5
    assert word_share("", "anything") == 1.0


def test_every_hostile_file_has_a_name_of_its_own() -> None:
    names = [name for name, _ in hostile_files("file:///x")]
    assert len(names) == len(set(names)) > 90


@pytest.mark.slow
def test_section_says_what_became_of_each_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "docs" / "encoding"
    folder.mkdir(parents=True)
    (folder / "a.html").write_bytes(
        "<p>Die Straße ist länger, als wir dachten, und die Lösung fällt aus.</p>".encode("cp1252")
    )
    (tmp_path / "docs" / "truth.txt").write_text("Die Straße ist kürzer")
    entry = {
        "file": "docs/encoding/a.html",
        "category": "encoding",
        "note": "cp1252",
        "groundtruth": ["docs/truth.txt"],
    }
    (tmp_path / "docs" / "manifest.jsonl").write_text(json.dumps(entry) + "\n")
    out = tmp_path / "report.json"
    main(["--documents", "1", "--data", str(tmp_path), "--out", str(out)])
    assert capsys.readouterr().out.rstrip().endswith("over its limits: 0")
    documents, summary = json.loads(out.read_text())
    page, bomb = documents["rows"]
    assert (page["outcome"], page["word_recall"], page["words_right"]) == ("read", 0.75, 1.0)
    assert bomb["outcome"] == "refused: parser_limit"
    assert page["peak_mib"] > 50
    assert [row["files"] for row in summary["rows"]] == [1, 1]
