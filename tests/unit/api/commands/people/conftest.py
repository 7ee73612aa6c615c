from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a data folder of its own."""
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "data"))

    def invoke(*arguments: str, said: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=said)

    return invoke
