"""``citewell config``: what it prints for people, for programs, and as a file to begin with."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.config import show
from api.commands.main import app
from rag.errors import ConfigurationError
from rag.settings.documentation import example_file


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CITEWELL_CONFIG", "CITEWELL_GENERATION__URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "citewell.toml").write_text("[server]\nport = 9000\n")
    monkeypatch.setenv("CITEWELL_INDEX__API_KEY", "very-secret")


def lines(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["config", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout.splitlines()


def test_show_prints_a_line_for_each_setting_where_no_terminal_is() -> None:
    printed = lines("show")
    assert "server.port = 9000  # citewell.toml" in printed
    assert 'server.host = "127.0.0.1"  # default' in printed
    assert "storage.catalog_url = (not set)  # default" in printed
    assert 'index.api_key = "********"  # CITEWELL_INDEX__API_KEY' in printed


def test_show_changed_leaves_defaults_out() -> None:
    assert lines("show", "--changed") == [
        "server.port = 9000  # citewell.toml",
        'index.api_key = "********"  # CITEWELL_INDEX__API_KEY',
    ]


def test_show_prints_json() -> None:
    assert json.loads("".join(lines("show", "--changed", "--json")))[0] == {
        "path": "server.port",
        "value": 9000,
        "source": "citewell.toml",
        "changed": True,
    }


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_show_prints_a_table_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    show(changed=True)
    text = terminal.getvalue()
    assert "server.port" in text
    assert "citewell.toml" in text
    assert "very-secret" not in text
    assert "#" not in text


def test_show_names_what_is_wrong() -> None:
    Path("citewell.toml").write_text("[server]\nprot = 1\n")
    result = CliRunner().invoke(app, ["config", "show"])
    assert isinstance(result.exception, ConfigurationError)
    assert "did you mean server.port" in str(result.exception)


def test_example_prints_the_file() -> None:
    assert "\n".join(lines("example")) + "\n" == example_file()
