"""API keys of a running service: scopes, ends, rotation, and what is never shown."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import httpx
import pytest

from rag.access.roles import Right, TenantRole
from rag.access.tokens import digest_of, new_key
from rag.catalog.access.people import People
from rag.settings import Settings
from tests.support.servers.people import add_key, add_user, bearer, log_in
from tests.support.servers.service import problem


def test_faults_36_a_key_that_does_not_hold_is_refused_as_one_that_never_was(
    client: httpx.Client, people: People
) -> None:
    user_id = add_user(people, "keeper", TenantRole.EDITOR)
    revoked, expired, good = (add_key(people, "keeper", Right.READ) for _ in range(3))
    ids = {key.start: key.key_id for key in people.keys.of(user_id)}
    people.keys.revoke(user_id, ids[revoked[:10]])
    people.keys.rotate(user_id, ids[expired[:10]], overlap=timedelta(0))

    wrong = (revoked, expired, new_key(), good[:-1], good.upper(), f"{good}x", "ck_", "sk-1", "ck_\xff")
    sent = [*(f"Bearer {key}" for key in wrong), "", "Bearer", good, f"Basic {good}", f"Bearer{good}"]
    answers = [client.get("/v1/documents", headers=[(b"authorization", each.encode("latin-1"))]) for each in sent]
    assert {problem(answer) for answer in answers} == {(401, "login_required")}
    assert len({answer.text for answer in answers}) == 1
    assert client.get("/v1/documents", headers=bearer(good)).status_code == 200
    assert client.get("/v1/documents", headers={"Authorization": f"bearer  {good}"}).status_code == 200


def test_faults_36_a_key_may_what_it_was_made_for_and_never_more_than_its_user(
    client: httpx.Client, people: People
) -> None:
    user_id = add_user(people, "writer", TenantRole.EDITOR)
    reads, writes = add_key(people, "writer", Right.READ), add_key(people, "writer", Right.READ, Right.WRITE)

    def upload(key: str) -> httpx.Response:
        return client.post("/v1/documents", headers=bearer(key), files={"file": ("a.txt", b"The gate opens at six.")})

    assert problem(upload(reads)) == (403, "forbidden")
    assert upload(writes).status_code == 202
    assert problem(client.get("/v1/users", headers=bearer(writes))) == (403, "forbidden")
    people.users.change("default", user_id, roles=[TenantRole.READER])
    assert problem(upload(writes)) == (403, "forbidden")
    people.users.change("default", user_id, disabled=True)
    assert problem(client.get("/v1/documents", headers=bearer(writes))) == (401, "login_required")


def test_faults_36_a_key_is_stored_as_a_hash_shown_once_and_never_logged(
    client: httpx.Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    log_in(client, "ed")
    made = client.post("/v1/keys", json={"name": "nightly import", "rights": ["read", "write"]}).json()
    secret = made["secret"]
    client.cookies.clear()
    assert client.get("/v1/me", headers=bearer(secret)).json()["via"] == "key"
    client.get("/v1/me", headers=bearer(secret + "x"))

    log_in(client, "ed")
    listed = client.get("/v1/keys").text
    assert made["key"]["start"] in listed
    assert secret not in listed
    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert secret[10:] not in logged
    with sqlite3.connect(settings.storage.folder / "catalog.db") as database:
        stored = database.execute("SELECT digest, start FROM api_keys WHERE name = 'nightly import'").fetchall()
        dump = "\n".join(database.iterdump())
    database.close()
    assert stored == [(digest_of(secret), secret[:10])]
    assert secret not in dump


def test_an_openai_client_is_told_in_its_own_form(client: httpx.Client) -> None:
    answer = client.get("/v1/models", headers=bearer("sk-of-someone-else"))
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


def test_a_user_makes_replaces_and_revokes_own_keys_alone(client: httpx.Client) -> None:
    log_in(client, "rita")
    assert problem(client.post("/v1/keys", json={"name": "more", "rights": ["write"]})) == (403, "forbidden")
    made = client.post("/v1/keys", json={"name": "mine", "days": 30}).json()
    replaced = client.post(f"/v1/keys/{made['key']['id']}/rotate").json()
    assert (replaced["key"]["name"], replaced["key"]["rights"]) == ("mine", ["read"])
    both = [made["secret"], replaced["secret"]]
    assert [client.get("/v1/me", headers=bearer(key)).status_code for key in both] == [200, 200]

    log_in(client, "ed")
    foreign = [
        client.post(f"/v1/keys/{made['key']['id']}/rotate"),
        client.delete(f"/v1/keys/{made['key']['id']}"),
        client.delete("/v1/keys/none"),
    ]
    assert {problem(answer) for answer in foreign} == {(404, "unknown_key")}
    log_in(client, "rita")
    assert client.delete(f"/v1/keys/{made['key']['id']}").json()["revoked_at"]
    assert client.get("/v1/me", headers=bearer(made["secret"])).status_code == 401


def test_a_key_makes_no_keys_and_changes_no_password(client: httpx.Client, people: People) -> None:
    key = add_key(people, "anna", *(right for right in Right if right not in {Right.OPEN, Right.SELF}))
    for method, path, body in (
        ("POST", "/v1/keys", {"name": "another"}),
        ("GET", "/v1/keys", None),
        ("PUT", "/v1/password", {"current": "a", "password": "b"}),
        ("GET", "/v1/sessions", None),
    ):
        answer = client.request(method, path, json=body, headers=bearer(key))
        assert problem(answer) == (403, "only_in_person"), path


def test_a_key_goes_before_a_session(client: httpx.Client, people: People) -> None:
    log_in(client, "anna")
    key = add_key(people, "rita", Right.READ)
    assert client.get("/v1/me", headers=bearer(key)).json()["name"] == "rita"
    assert client.get("/v1/me", headers=bearer(new_key())).status_code == 401
