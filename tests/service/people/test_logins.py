"""Logins of a running service: sessions and their cookies, failures, changes of passwords, and who may do what."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.access.rules import RULES
from api.app import create_app
from rag.access.roles import Right
from rag.catalog.access.people import People
from rag.settings import Settings
from tests.support.servers.people import ORIGIN, PASSWORD, add_user, log_in
from tests.support.servers.service import problem


def test_a_login_begins_a_session_that_scripts_and_other_sites_do_not_get(client: httpx.Client) -> None:
    answer = log_in(client, "Anna")
    me = client.get("/v1/me").json()

    assert answer.status_code == 200
    assert (me["name"], me["via"], me["tenant"]) == ("anna", "session", "default")
    assert me["roles"] == ["operator", "owner"]
    assert "manage" in me["rights"]
    [cookie] = answer.headers.get_list("set-cookie")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert PASSWORD not in answer.text


def test_without_a_login_every_route_but_the_open_ones_is_refused_alike(client: httpx.Client) -> None:
    refused = 0
    for context in iter_route_contexts(create_app(Settings()).routes):
        rule = RULES.get(str(context.name))
        if rule is None or rule.right is Right.OPEN or context.name in {"proof_page", "report_page"}:
            continue
        for method in (context.methods or set()) - {"HEAD"}:
            path = str(context.path).replace("{page}", "1").replace("{number}", "1").replace("{model:path}", "m")
            answer = client.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "login_required" in answer.text
            refused += 1
    assert refused > 80


def test_a_logout_ends_the_session_for_good(client: httpx.Client) -> None:
    log_in(client, "rita")
    stolen = dict(client.cookies)

    assert client.post("/v1/logout").status_code == 204

    assert client.get("/v1/me").status_code == 401
    client.cookies.update(stolen)
    assert problem(client.get("/v1/me")) == (401, "login_required")


@pytest.mark.parametrize(
    ("name", "password"),
    [("rita", "wrong"), ("stranger", PASSWORD), ("rita", ""), ("disabled", PASSWORD), ("invited", PASSWORD)],
)
def test_faults_36_every_failure_of_a_login_is_alike(
    client: httpx.Client, people: People, name: str, password: str
) -> None:
    if name in {"disabled", "invited"}:
        user_id = add_user(people, name)
        if name == "invited":
            people.users.remove("default", user_id)
            people.users.add("default", name, roles=())
        people.users.change("default", user_id, disabled=True) if name == "disabled" else None

    answer = log_in(client, name, password)

    assert problem(answer) == (401, "login_failed")
    assert answer.text == log_in(client, f"no {name}", "wrong").text
    assert "set-cookie" not in answer.headers


def test_guesses_are_slowed_down_for_an_account_that_exists_and_for_one_that_does_not(
    client: httpx.Client, people: People
) -> None:
    add_user(people, "guessed")
    for name in ("guessed", "not-there"):
        answers = [log_in(client, name, f"guess {number}") for number in range(9)]
        assert [answer.status_code for answer in answers[:5]] == [401] * 5
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert problem(refused) == (429, "too_many_logins")
        assert int(refused.headers["retry-after"]) == refused.json()["values"]["seconds"] >= 1


def test_a_change_with_a_session_needs_a_page_of_the_service(client: httpx.Client) -> None:
    log_in(client, "rita")
    body = {"name": "forged"}
    del client.headers["origin"]
    try:
        assert problem(client.post("/v1/keys", json=body)) == (403, "origin_missing")
        foreign = client.post("/v1/keys", json=body, headers={"Origin": "http://evil.example"})
        assert problem(foreign) == (403, "cross_origin_request")
        assert problem(client.post("/v1/keys", json=body, headers={"Origin": "null"})) == (403, "cross_origin_request")
        assert client.get("/v1/keys").json() == {"keys": []}
        assert client.post("/v1/keys", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201
    finally:
        client.headers.update(ORIGIN)


def test_another_sites_page_logs_no_browser_in(client: httpx.Client) -> None:
    body = {"name": "rita", "password": PASSWORD}
    answer = client.post("/v1/login", json=body, headers={"Origin": "http://evil.example"})
    assert problem(answer) == (403, "cross_origin_request")
    assert not client.cookies


def test_a_new_password_ends_the_other_sessions(client: httpx.Client, people: People) -> None:
    add_user(people, "carla")
    log_in(client, "carla")
    other = dict(client.cookies)
    log_in(client, "carla")
    fresh = "another long passphrase"

    weak = client.put("/v1/password", json={"current": PASSWORD, "password": "short"})
    wrong = client.put("/v1/password", json={"current": "wrong", "password": fresh})
    assert problem(weak) == (422, "weak_password")
    assert problem(wrong) == (401, "login_failed")
    assert client.put("/v1/password", json={"current": PASSWORD, "password": fresh}).status_code == 204

    assert client.get("/v1/me").json()["name"] == "carla"
    client.cookies.clear()
    client.cookies.update(other)
    assert client.get("/v1/me").status_code == 401
    assert log_in(client, "carla").status_code == 401
    assert log_in(client, "carla", fresh).status_code == 200


def test_a_user_sees_and_ends_own_sessions(client: httpx.Client, people: People) -> None:
    add_user(people, "dora")
    for _ in range(2):
        log_in(client, "dora")
    sessions = client.get("/v1/sessions").json()["sessions"]
    assert sorted(each["is_own"] for each in sessions) == [False, True]
    other = next(each["id"] for each in sessions if not each["is_own"])

    assert client.delete(f"/v1/sessions/{other}").status_code == 204
    assert problem(client.delete(f"/v1/sessions/{other}")) == (404, "unknown_session")
    assert len(client.get("/v1/sessions").json()["sessions"]) == 1
    log_in(client, "dora")
    assert client.delete("/v1/sessions").status_code == 204
    assert [each["is_own"] for each in client.get("/v1/sessions").json()["sessions"]] == [True]


def test_a_role_decides_what_a_user_may_do(client: httpx.Client) -> None:
    def statuses() -> dict[str, int]:
        asked = {"read": "/v1/documents", "manage": "/v1/users", "evaluate": "/v1/evals", "operate": "/v1/tenants"}
        return {right: client.get(path).status_code for right, path in asked.items()}

    log_in(client, "rita")
    assert statuses() == {"read": 200, "manage": 403, "evaluate": 403, "operate": 403}
    refused = client.post("/v1/documents", files={"file": ("a.txt", b"Words.")})
    assert problem(refused) == (403, "forbidden")
    log_in(client, "anna")
    assert set(statuses().values()) == {200}


def test_who_is_disabled_is_out_at_once(client: httpx.Client, people: People) -> None:
    user_id = add_user(people, "emil")
    log_in(client, "emil")
    people.users.change("default", user_id, disabled=True)
    assert client.get("/v1/me").status_code == 401
    assert problem(log_in(client, "emil")) == (401, "login_failed")


def test_no_password_and_no_token_is_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    # Other tests set the log up as commands do, without lines of requests.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="uvicorn.access"):
        log_in(client, "rita", "a secret that is wrong")
        log_in(client, "rita")
        client.get("/v1/me")
    token = next(iter(client.cookies.values()))
    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert "/v1/me" in logged
    assert not [secret for secret in ("a secret that is wrong", PASSWORD, token) if secret in logged]


def test_links_of_invitations_work_once(client: httpx.Client, people: People) -> None:
    log_in(client, "anna")
    added = client.post("/v1/users", json={"name": "new@example.org", "roles": ["editor"]})
    assert added.status_code == 201
    path, _, token = added.json()["link"].partition("#")
    assert path == "http://localhost/invitation"
    client.cookies.clear()

    assert problem(log_in(client, "new@example.org")) == (401, "login_failed")
    assert client.post("/v1/invitations/user", json={"token": token}).json()["name"] == "new@example.org"
    weak = client.post("/v1/invitations/accept", json={"token": token, "password": "new@example"})
    assert problem(weak) == (422, "weak_password")
    accepted = client.post("/v1/invitations/accept", json={"token": token, "password": PASSWORD})
    assert accepted.json()["roles"] == ["editor"]
    assert client.get("/v1/me").json()["name"] == "new@example.org"
    again: dict[str, Any] = {"json": {"token": token, "password": PASSWORD}}
    assert problem(client.post("/v1/invitations/accept", **again)) == (404, "unknown_invitation")
    assert people.users.named("new@example.org").has_password


def test_faults_45_line_breaks_in_names_and_addresses_forge_no_line_and_no_header(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    forged = 'anna\r\n1.2.3.4 - "POST /v1/login HTTP/1.1" 200'
    assert problem(log_in(client, forged, "wrong")) == (401, "login_failed")
    log_in(client, "anna")
    refused = [
        client.post("/v1/users", json={"name": forged}),
        client.post("/v1/users", json={"name": "a\nb"}),
        client.post("/v1/tenants", json={"name": "a\r\nb", "owner": "o"}),
    ]
    assert {problem(answer) for answer in refused} == {(422, "invalid_request")}
    client.cookies.clear()
    led = client.get("/documents?collection=a%0d%0aSet-Cookie:%20x=1")
    assert (led.status_code, "set-cookie" in led.headers) == (303, False)
    assert led.headers["location"] == "/login?to=%2Fdocuments%3Fcollection%3Da%250d%250aSet-Cookie%3A%2520x%3D1"
    assert not [record for record in caplog.records if "\n" in record.getMessage() or "\r" in record.getMessage()]
