"""Users, groups and tenants of a running service: who may change whom."""

from __future__ import annotations

import httpx

from rag.access.roles import TenantRole
from rag.catalog.access.people import People
from tests.support.servers.people import PASSWORD, add_user, log_in
from tests.support.servers.service import problem


def test_an_owner_adds_changes_and_removes_users_and_groups(client: httpx.Client) -> None:
    log_in(client, "anna")
    group = client.post("/v1/groups", json={"name": "Personnel"}).json()
    new = {"name": "fay@example.org", "display_name": "Fay", "roles": ["reader"], "group_ids": [group["id"]]}
    user = client.post("/v1/users", json=new).json()["user"]
    assert (user["name"], user["group_ids"], user["has_password"]) == ("fay@example.org", [group["id"]], False)
    assert client.get("/v1/groups").json()["groups"] == [group | {"user_ids": [user["id"]]}]

    changed = client.patch(f"/v1/users/{user['id']}", json={"roles": ["editor"], "group_ids": [], "disabled": True})
    assert (changed.json()["roles"], changed.json()["group_ids"], changed.json()["disabled"]) == (["editor"], [], True)
    renamed = client.patch(f"/v1/groups/{group['id']}", json={"name": "Staff", "user_ids": [user["id"]]}).json()
    assert (renamed["name"], renamed["user_ids"]) == ("Staff", [user["id"]])
    assert client.get(f"/v1/users/{user['id']}").json()["group_ids"] == [group["id"]]

    assert client.delete(f"/v1/users/{user['id']}").status_code == 204
    assert client.delete(f"/v1/groups/{group['id']}").status_code == 204
    assert problem(client.get(f"/v1/users/{user['id']}")) == (404, "unknown_user")
    assert problem(client.delete(f"/v1/groups/{group['id']}")) == (404, "unknown_group")


def test_what_cannot_be_is_refused(client: httpx.Client) -> None:
    log_in(client, "anna")
    for body, expected in (
        ({"name": "RITA"}, (409, "conflict")),
        ({"name": "two words"}, (422, "invalid_request")),
        ({"name": "new", "roles": []}, (422, "invalid_request")),
        ({"name": "new", "roles": ["king"]}, (422, "invalid_request")),
        ({"name": "new", "group_ids": ["none"]}, (404, "unknown_group")),
    ):
        assert problem(client.post("/v1/users", json=body)) == expected
    assert "new" not in client.get("/v1/users").text
    client.post("/v1/groups", json={"name": "once"})
    assert problem(client.post("/v1/groups", json={"name": "once"})) == (409, "conflict")
    assert problem(client.post("/v1/groups", json={"name": "g", "user_ids": ["none"]})) == (404, "unknown_user")
    assert [group["name"] for group in client.get("/v1/groups").json()["groups"]] == ["once"]


def test_a_tenant_keeps_an_owner(client: httpx.Client) -> None:
    log_in(client, "anna")
    anna = client.get("/v1/me").json()["user_id"]
    last = [
        client.patch(f"/v1/users/{anna}", json={"roles": ["reader"]}),
        client.patch(f"/v1/users/{anna}", json={"disabled": True}),
        client.delete(f"/v1/users/{anna}"),
    ]
    assert {problem(answer) for answer in last} == {(409, "conflict")}
    assert client.get("/v1/me").json()["roles"] == ["operator", "owner"]


def test_an_owner_who_is_no_operator_makes_none_and_changes_none(client: httpx.Client, people: People) -> None:
    add_user(people, "olga", TenantRole.OWNER)
    log_in(client, "olga")
    anna = people.users.named("anna").user_id
    refused = [
        client.post("/v1/users", json={"name": "mole", "roles": ["operator"]}),
        client.patch(f"/v1/users/{anna}", json={"display_name": "Annie"}),
        client.patch(f"/v1/users/{people.users.named('olga').user_id}", json={"roles": ["owner", "operator"]}),
        client.post(f"/v1/users/{anna}/link"),
        client.delete(f"/v1/users/{anna}"),
    ]
    assert {problem(answer) for answer in refused} == {(403, "forbidden")}
    assert problem(client.get("/v1/tenants")) == (403, "forbidden")


def test_faults_35_users_and_groups_of_another_tenant_are_unknown(client: httpx.Client, people: People) -> None:
    stranger = add_user(people, "stranger@acme", TenantRole.OWNER, tenant="acme")
    group = people.groups.add("acme", "acme-staff").group_id
    log_in(client, "anna")
    theirs = [
        client.get(f"/v1/users/{stranger}"),
        client.patch(f"/v1/users/{stranger}", json={"disabled": True}),
        client.delete(f"/v1/users/{stranger}"),
        client.post(f"/v1/users/{stranger}/link"),
        client.post("/v1/groups", json={"name": "g", "user_ids": [stranger]}),
    ]
    assert {problem(answer) for answer in theirs} == {(404, "unknown_user")}
    unknown = client.get(f"/v1/users/{'0' * 32}").text.replace("0" * 32, "?")
    assert theirs[0].text.replace(stranger, "?") == unknown
    assert problem(client.patch(f"/v1/groups/{group}", json={"name": "mine"})) == (404, "unknown_group")
    assert problem(client.delete(f"/v1/groups/{group}")) == (404, "unknown_group")
    assert "acme" not in client.get("/v1/users").text + client.get("/v1/groups").text


def test_an_operator_makes_a_tenant_whose_owner_sees_its_documents_alone(client: httpx.Client) -> None:
    log_in(client, "anna")
    assert client.post("/v1/documents", files={"file": ("ours.txt", b"Ours alone.")}).status_code == 202
    made = client.post("/v1/tenants", json={"name": "globex", "owner": "gus"})
    assert made.status_code == 201
    assert made.json()["tenant"]["quotas"]["documents"] is None
    bounded = client.put("/v1/tenants/globex/quotas", json={"documents": 5, "cost_a_day": 1.5}).json()
    assert (bounded["quotas"]["documents"], bounded["quotas"]["cost_a_day"]) == (5, 1.5)
    assert problem(client.post("/v1/tenants", json={"name": "globex", "owner": "guy"})) == (409, "conflict")
    assert problem(client.post("/v1/tenants", json={"name": "initech", "owner": "gus"})) == (409, "conflict")
    assert "initech" not in client.get("/v1/tenants").text
    assert problem(client.put("/v1/tenants/none/quotas", json={})) == (404, "unknown_tenant")

    token = made.json()["link"].partition("#")[2]
    client.cookies.clear()
    client.post("/v1/invitations/accept", json={"token": token, "password": PASSWORD})
    assert client.get("/v1/me").json()["tenant"] == "globex"
    assert client.get("/v1/documents").json()["documents"] == []
    log_in(client, "anna")
    assert "ours.txt" in client.get("/v1/documents").text
