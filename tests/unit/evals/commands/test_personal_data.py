import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.commands.main import app


@pytest.fixture
def data(tmp_path: Path) -> Path:
    label = {"entity_type": "EMAIL_ADDRESS", "start_position": 9, "end_position": 24}
    rows = [
        {"full_text": "Write to ada@example.com.", "spans": [label], "template_id": template} for template in range(4)
    ]
    path = tmp_path / "presidio_research" / "sentences.json"
    path.parent.mkdir()
    path.write_text(json.dumps(rows))
    return tmp_path


def test_each_kind_has_a_row_for_each_half(data: Path) -> None:
    result = CliRunner().invoke(app, ["personal-data", "--data", str(data)])
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines() if line.startswith("email")]
    assert rows == [
        ["email", "held", "out", "citewell", "2", "1.000", "1.000", "2", "1.000"],
        ["email", "looked", "at", "citewell", "2", "1.000", "1.000", "2", "1.000"],
    ]


def test_json_has_the_counts(data: Path) -> None:
    result = CliRunner().invoke(app, ["personal-data", "--data", str(data), "--json"])
    body = json.loads(result.output)
    assert [report["half"] for report in body["reports"]] == ["looked_at", "held_out"]
    assert {score["kind"]: score["found"] for score in body["reports"][0]["scores"]}["email"] == 2


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["personal-data", "--data", str(tmp_path)])
    assert result.exit_code != 0
    assert "presidio-research" in str(result.exception)
