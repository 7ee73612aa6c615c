from __future__ import annotations

import json

from rag.access.tokens import is_key
from rag.errors import ConfigurationError, UnknownKeyError
from tests.unit.api.commands.people.conftest import Run


def test_a_key_is_shown_once_replaced_and_revoked(run: Run) -> None:
    run("users", "add", "anna", "--role", "editor")
    made = run("keys", "add", "nightly", "--user", "anna", "--right", "read", "--right", "write", "--days", "30")
    assert is_key(made.stdout.strip())
    [key] = json.loads(run("keys", "list", "--json").stdout)
    assert (key["name"], key["user"], key["rights"]) == ("nightly", "anna", ["read", "write"])
    assert made.stdout.strip() not in run("keys", "list").stdout
    assert is_key(run("keys", "rotate", key["id"]).stdout.strip())
    assert "does not hold any more" in run("keys", "revoke", key["id"]).stdout
    assert "revoked" in run("keys", "list", "--user", "anna").stdout


def test_a_key_has_no_right_that_its_user_lacks(run: Run) -> None:
    run("users", "add", "rita")
    assert isinstance(run("keys", "add", "k", "--user", "rita", "--right", "manage").exception, ConfigurationError)
    assert isinstance(run("keys", "revoke", "none").exception, UnknownKeyError)
    assert json.loads(run("keys", "list", "--json").stdout) == []
