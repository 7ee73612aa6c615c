"""``citewell backup`` and what it does to a file that is there, with a service from a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.commands.shared.client import Client
from rag.errors import ConfigurationError


class Service:
    """Sends a backup in two pieces, or breaks off after the first one."""

    def __init__(self) -> None:
        self.breaks_off = False
        self.asked = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(200, content=self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield b"new "
        if self.breaks_off:
            raise httpx.ReadError("connection lost")
        yield b"backup"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    script = Service()

    @contextmanager
    def connect(*_: object) -> Iterator[Client]:
        with httpx.Client(transport=httpx.MockTransport(script), base_url="http://citewell") as http:
            yield Client(http)

    monkeypatch.setattr("api.commands.maintenance.connect", connect)
    return script


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A backup of last week."""
    path = tmp_path / "monday.tar.gz"
    path.write_bytes(b"old backup")
    return path


def backup(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["backup", *map(str, arguments)])


def test_a_backup_is_written_where_nothing_was(service: Service, tmp_path: Path) -> None:
    assert backup(tmp_path / "new.tar.gz").exit_code == 0
    assert service.asked == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"new.tar.gz": b"new backup"}


def test_a_file_that_is_there_is_kept_and_the_way_to_replace_it_is_named(service: Service, old: Path) -> None:
    refused = backup(old)
    assert isinstance(refused.exception, ConfigurationError)
    assert "monday.tar.gz is there already" in str(refused.exception)
    assert "--force" in str(refused.exception)
    assert service.asked == 0
    assert old.read_bytes() == b"old backup"


def test_force_replaces_a_file(service: Service, old: Path) -> None:
    assert backup(old, "--force").exit_code == 0
    assert service.asked == 1
    assert {path.name: path.read_bytes() for path in old.parent.iterdir()} == {"monday.tar.gz": b"new backup"}


def test_a_backup_that_breaks_off_leaves_the_one_before_it_and_no_draft(service: Service, old: Path) -> None:
    service.breaks_off = True
    broken = backup(old, "--force")
    assert isinstance(broken.exception, ConfigurationError)
    assert "connection lost" in str(broken.exception)
    assert {path.name: path.read_bytes() for path in old.parent.iterdir()} == {"monday.tar.gz": b"old backup"}


def test_adopt_changes_nothing_without_a_terminal_and_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "data"))
    refused = CliRunner().invoke(app, ["adopt"])
    assert isinstance(refused.exception, ConfigurationError)
    assert "Add --yes" in str(refused.exception)
    assert not (tmp_path / "data").exists()
