from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.commands.main import app
from rag.errors import ConfigurationError


def test_judging_needs_a_judge() -> None:
    result = CliRunner().invoke(app, ["judge", "2026"])
    assert isinstance(result.exception, ConfigurationError)
    assert "CITEWELL_JUDGE__URL" in str(result.exception)


def test_only_a_kept_run_can_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path))
    result = CliRunner().invoke(app, ["judge", "2026", "--set", "judge.url=http://127.0.0.1:9/v1"])
    assert isinstance(result.exception, ConfigurationError)
    assert "no run 2026" in str(result.exception)
