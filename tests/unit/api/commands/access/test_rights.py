from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from rag.access.roles import TenantRole
from rag.catalog.database.connection import Database
from tests.support.access.people import Directory, Person, World


@pytest.fixture
def _people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("CITEWELL_SERVER__ALLOWED_HOSTS", '["localhost"]')
    plan = tmp_path / "plan.md"
    plan.write_text("# Plan\n\nThe plan is secret.\n")
    assert run("ingest", str(plan), "--collection", "plans") != ""
    database = Database.open(tmp_path / "data" / "catalog.db")
    directory = Directory(database, World())
    directory.add(Person(tenant="default", name="anna", roles=frozenset({TenantRole.READER})))
    directory.add_group("default", "legal")
    database.close()


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.mark.usefixtures("_people")
def test_rights_are_given_shown_explained_and_taken() -> None:
    assert "anna may read 'plan.md'" in run("access", "explain", "anna", "plan.md")
    assert "all users of the tenant" in run("access", "show", "--collection", "plans")
    shown = run("access", "give", "--collection", "plans", "--group", "legal", "--level", "write")
    assert ("legal" in shown, "write" in shown) == (True, True)
    explained = run("access", "explain", "anna", "plan.md")
    assert "anna may not read 'plan.md': the collection 'plans' has rights" in explained
    assert "anna" in run("access", "give", "--document", "plan.md", "--user", "Anna")
    assert "gives read to user anna" in run("access", "explain", "anna", "plan.md")
    assert "of its collection" in run("access", "show", "--document", "plan.md")
    run("access", "take", "--document", "plan.md", "--user", "anna")
    assert "all users of the tenant" in run("access", "take", "--collection", "plans", "--group", "legal")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("give", "--collection", "plans"), "Name either a user"),
        (("show",), "Name a document"),
    ],
)
def test_what_is_missing_is_said(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["access", *words])
    assert result.exit_code != 0
    assert said in str(result.exception)
