from __future__ import annotations

import json
import re

from rag.errors import ConflictError, UnknownUserError, WeakPasswordError
from tests.unit.api.commands.people.conftest import Run


def test_a_user_is_added_with_a_link_or_a_password_and_listed(run: Run) -> None:
    added = run("users", "add", "anna", "--role", "owner", "--role", "operator")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitation#[\w-]{43}\n", added.stdout)
    assert "once, within 72 hours" in added.stderr.replace("\n", " ")
    assert run("users", "add", "bo", "--password", said="a long passphrase\n").stdout == "'bo' can log in.\n"
    listed = json.loads(run("users", "list", "--json").stdout)
    assert [(user["name"], user["roles"], user["state"]) for user in listed] == [
        ("anna", ["operator", "owner"], "invited"),
        ("bo", ["reader"], "active"),
    ]
    assert "anna\tdefault\toperator, owner\tinvited\t-" in run("users", "list").stdout


def test_a_link_names_the_address_that_people_use(run: Run) -> None:
    link = run("users", "add", "anna", "--json")
    assert json.loads(link.stdout)["link"].startswith("http://127.0.0.1:8000/invitation#")


def test_what_cannot_be_is_an_error(run: Run) -> None:
    run("users", "add", "anna", "--role", "owner")
    assert isinstance(run("users", "add", "ANNA").exception, ConflictError)
    assert isinstance(run("users", "add", "bo", "--password", said="short\n").exception, WeakPasswordError)
    assert isinstance(run("users", "change", "bo", "--disable").exception, UnknownUserError)
    assert isinstance(run("users", "remove", "anna", "--yes").exception, ConflictError)
    assert run("users", "add", "bo", "--role", "king").exit_code == 2


def test_a_user_is_changed_and_removed(run: Run) -> None:
    run("users", "add", "bo")
    changed = run("users", "change", "bo", "--role", "editor", "--disable")
    assert changed.stdout == "'bo' is editor, disabled.\n"
    assert "invitation#" in run("users", "link", "bo").stdout
    assert run("users", "remove", "bo", "--yes").stdout == "'bo' is removed.\n"
    assert json.loads(run("users", "list", "--json").stdout) == []


def test_a_group_is_made_filled_and_removed(run: Run) -> None:
    for name in ("anna", "bo"):
        run("users", "add", name)
    assert run("groups", "set", "hr", "anna", "bo").stdout == "'hr' has 2 users.\n"
    run("groups", "set", "hr", "bo")
    assert json.loads(run("groups", "list", "--json").stdout) == [{"name": "hr", "users": ["bo"]}]
    assert run("groups", "remove", "hr", "--yes").stdout == "'hr' is removed.\n"
    assert json.loads(run("groups", "list", "--json").stdout) == []
