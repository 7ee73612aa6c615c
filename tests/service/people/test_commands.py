"""Commands beside a service with logins: with a key, without one, and where no service runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.server import bind, serving
from rag.access.roles import Right
from rag.settings import ServerSettings
from tests.support.servers.people import add_key, add_user, people_of, with_logins

pytestmark = pytest.mark.integration


def documents(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["documents", "--json", *arguments])


def test_a_command_needs_a_key_where_a_service_asks_and_none_where_it_opens_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_logins(tmp_path / "data").model_copy(update={"server": ServerSettings(port=0)})
    with people_of(settings) as people:
        add_user(people, "rita")
        key = add_key(people, "rita", Right.READ)
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(settings.storage.folder))
    monkeypatch.setenv("CITEWELL_SECURITY__LOGINS", "true")
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "Set CITEWELL_API_KEY" in str(documents("--url", url).exception)
        monkeypatch.setenv("CITEWELL_API_KEY", key)
        assert documents("--url", url).stdout == "[]\n"
    monkeypatch.delenv("CITEWELL_API_KEY")
    assert documents().stdout == "[]\n"
