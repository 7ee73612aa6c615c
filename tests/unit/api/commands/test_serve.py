"""The options of ``citewell serve``, with a server that only notes what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.commands.serve import _own_url
from rag.errors import ConfigurationError
from rag.settings import ServerSettings, Settings
from rag.terminal.exit_status import ExitStatus


class Listener:
    def getsockname(self) -> tuple[str, int]:
        return ("", 8000)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of the servers that were started."""
    settings_seen: list[Settings] = []

    @contextmanager
    def bind(_: ServerSettings) -> Iterator[Listener]:
        yield Listener()

    class Server:
        def __init__(self, settings: Settings, _: socket, **__: Any) -> None:
            settings_seen.append(settings)

        def run(self) -> None: ...

    monkeypatch.setattr("api.server.bind", bind)
    monkeypatch.setattr("api.server.Server", Server)
    monkeypatch.setattr("api.monitoring.logs.log_to_terminal", lambda _: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    return settings_seen


def serve(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["serve", *map(str, arguments)])


def test_options_go_before_the_environment(
    started: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "9000")
    monkeypatch.setenv("CITEWELL_SERVER__HOST", "127.0.0.3")
    done = serve("--host", "127.0.0.2", "--port", "8123", "--folder", tmp_path)
    assert done.exit_code == 0, done.exception
    [settings] = started
    assert (settings.server.host, settings.server.port, settings.storage.folder) == ("127.0.0.2", 8123, tmp_path)
    assert done.stderr == ""
    assert serve("--port", "0").exit_code == 0
    assert (started[1].server.host, started[1].server.port) == ("127.0.0.3", 0)


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--port", "http"), ("--folder", __file__), ("a.txt",)])
def test_a_wrong_option_is_named_and_nothing_starts(started: list[Settings], arguments: tuple[str, ...]) -> None:
    wrong = serve(*arguments)
    assert wrong.exit_code == ExitStatus.WRONG_USAGE
    assert arguments[0] in wrong.stderr
    assert started == []


def test_ingest_takes_several_paths_repeated_or_in_a_row(started: list[Settings], tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("Words.")
    a, b, c = (tmp_path / name for name in ("a.txt", "b.txt", "c.txt"))
    ways: list[list[str | Path]] = [["--ingest", a, "--ingest", b], ["--ingest", a, b, c], ["--ingest", tmp_path]]
    for arguments in ways:
        assert serve(*arguments).exit_code == 0
    assert len(started) == 3


def test_a_path_that_does_not_exist_is_an_error_before_the_start(started: list[Settings], tmp_path: Path) -> None:
    wrong = serve("--ingest", __file__, tmp_path / "none.pdf")
    assert isinstance(wrong.exception, ConfigurationError)
    assert "none.pdf" in str(wrong.exception)
    assert started == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "citewell.example.org"])  # noqa: S104 - nothing listens
def test_other_machines_are_not_let_in_without_a_login(started: list[Settings], host: str) -> None:
    refused = serve("--host", host)
    assert isinstance(refused.exception, ConfigurationError)
    assert "CITEWELL_SECURITY__LOGINS=true" in str(refused.exception)
    assert "--allow-open" in str(refused.exception)
    assert started == []


def test_other_machines_are_let_in_with_logins_or_where_that_is_said(
    started: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = serve("--host", "0.0.0.0", "--allow-open").stderr  # noqa: S104 - nothing listens
    assert "asks for no login" in said.replace("\n", " ")
    assert "127.0.0.1, localhost" in said
    monkeypatch.setenv("CITEWELL_SECURITY__ALLOW_OPEN", "true")
    assert serve("--host", "::").exit_code == 0
    monkeypatch.delenv("CITEWELL_SECURITY__ALLOW_OPEN")
    monkeypatch.setenv("CITEWELL_SECURITY__LOGINS", "true")
    assert "asks for no login" not in serve("--host", "192.0.2.7").stderr
    assert [settings.security.logins for settings in started] == [False, False, True]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - nothing listens
        ("::", "http://[::1]:8000"),
        ("citewell.example.org", "http://citewell.example.org:8000"),
    ],
)
def test_clients_on_this_machine_get_an_address_that_they_can_use(host: str, url: str) -> None:
    assert _own_url(host, 8000) == url
