"""Logins, keys and users in the audit trail, of a service whose users log in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.servers.people import PASSWORD, log_in, service_with_users, with_logins

TYPED = "my secret passphrase in the wrong field"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = with_logins(tmp_path_factory.mktemp("service") / "data")
    with service_with_users(settings, tmp_path_factory.mktemp("socket")) as http:
        yield http


def events(client: httpx.Client, **chosen: str) -> list[dict[str, Any]]:
    log_in(client, "anna").raise_for_status()
    found: list[dict[str, Any]] = client.get("/v1/audit", params=chosen).raise_for_status().json()["events"]
    return found


def test_a_failed_login_names_the_account_and_no_name_that_is_no_users(client: httpx.Client) -> None:
    rita = client.get("/v1/me").json() if log_in(client, "rita").is_success else {}
    log_in(client, "rita", "not her password")
    log_in(client, TYPED)
    refused = events(client, event="login", outcome="refused")
    assert [each["target"] for each in refused] == ["", f"user:{rita['user_id']}"]
    assert [each["tenant"] for each in refused] == ["", "default"]
    begun = events(client, event="login.begun", actor=rita["user_id"])
    assert [(each["outcome"], each["via"], each["text"]["actor"]) for each in begun] == [("done", "session", "rita")]
    everything = client.get("/v1/audit/export").text
    assert TYPED not in everything
    assert PASSWORD not in everything


def test_a_key_is_recorded_without_its_secret(client: httpx.Client) -> None:
    log_in(client, "anna").raise_for_status()
    made = client.post("/v1/keys", json={"name": "backup", "rights": ["read"]}).raise_for_status().json()
    secret = made["secret"]
    client.cookies.clear()
    client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}"}).raise_for_status()
    client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}x"})
    [key] = events(client, event="key")
    assert (key["event"], key["target"], key["details"]["rights"]) == ("key.made", f"key:{made['key']['id']}", "read")
    assert events(client, event="access.refused")[0]["details"]["operation"] == "list_documents"
    assert secret not in client.get("/v1/audit/export").text


def test_users_are_recorded_with_their_roles_and_their_names_can_be_erased(client: httpx.Client) -> None:
    log_in(client, "anna").raise_for_status()
    made = client.post("/v1/users", json={"name": "zoe@example.org", "roles": ["editor"]}).raise_for_status().json()
    zoe = made["user"]["id"]
    client.patch(f"/v1/users/{zoe}", json={"roles": ["reader"]}).raise_for_status()
    changed, added = events(client, event="user", target=zoe)
    assert (added["event"], added["details"]["roles"], added["text"]["name"]) == (
        "user.added",
        "editor",
        "zoe@example.org",
    )
    assert (changed["event"], changed["details"]["roles"]) == ("user.changed", "reader")
    assert made["link"].rpartition("#")[2] not in client.get("/v1/audit/export").text
    client.delete("/v1/audit/texts", params={"user": zoe}).raise_for_status()
    assert "zoe@example.org" not in client.get("/v1/audit/export").text
