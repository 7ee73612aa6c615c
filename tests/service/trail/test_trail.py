"""The audit trail of a running service: what is done and refused is recorded, read, exported and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.requests import HTTPConnection
from sqlalchemy import create_engine, text

from api import caller
from api.caller import Caller
from rag.access.principal import Principal, Via
from rag.access.roles import TenantRole, rights_of
from rag.errors import LoginRequiredError
from rag.settings import SecuritySettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.service import problem, running_client, take_in

PASSWORD = "hunter2 is no password"  # noqa: S105 - a text that must not be found
ROLES = {
    "anna": ("acme", TenantRole.OWNER),
    "ben": ("acme", TenantRole.READER),
    "olga": ("acme", TenantRole.OPERATOR),
    "zoe": ("globex", TenantRole.OWNER),
}


async def by_header(connection: HTTPConnection) -> Caller:
    name = connection.headers.get("x-user")
    if name not in ROLES:
        raise LoginRequiredError
    tenant, role = ROLES[name]
    roles = frozenset({role})
    return Principal(tenant=tenant, user_id=name, name=name.title(), roles=roles, rights=rights_of(roles), via=Via.KEY)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("trail") / "data"),
        security=SecuritySettings(audit_questions=True),
        server=ServerSettings(allowed_hosts=("localhost",)),
    )


@pytest.fixture(scope="module")
def client(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(caller, "identify", by_header)
        with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as http:
            yield http


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    client.headers["x-user"] = "anna"
    found = take_in(client, "warranty.md", b"The warranty of the Kestrel pump lasts five years.")
    del client.headers["x-user"]
    return found


def as_user(name: str) -> dict[str, str]:
    return {"x-user": name}


def events(client: httpx.Client, user: str = "anna", **chosen: str) -> list[dict[str, Any]]:
    answer = client.get("/v1/audit", params=chosen, headers=as_user(user)).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def test_a_change_is_in_the_catalogue_before_its_answer_arrives(
    client: httpx.Client, settings: Settings, document: dict[str, Any]
) -> None:
    client.patch(f"/v1/documents/{document['id']}", json={"add_tags": ["pump"]}, headers=as_user("anna"))
    engine = create_engine(f"sqlite:///{settings.storage.folder / 'catalog.db'}")
    with engine.connect() as connection:
        last = connection.execute(text("SELECT * FROM audit_events ORDER BY number DESC LIMIT 1")).mappings().one()
    engine.dispose()
    assert (last["event"], last["target"], last["outcome"]) == (
        "document.changed",
        f"document:{document['id']}",
        "done",
    )


def test_an_upload_names_its_document_caller_and_address(client: httpx.Client, document: dict[str, Any]) -> None:
    [found] = events(client, event="document.uploaded", target=document["id"])
    assert (found["actor_id"], found["via"], found["tenant"], found["outcome"]) == ("anna", "key", "acme", "done")
    assert found["text"] == {"actor": "Anna", "address": "local", "document": "warranty.md"}
    assert found["details"]["operation"] == "upload_document"
    assert found["details"]["status"] == 202


def test_reads_and_questions_are_recorded(client: httpx.Client, document: dict[str, Any]) -> None:
    client.get(f"/v1/documents/{document['id']}/text", headers=as_user("ben")).raise_for_status()
    question = {"question": "How long does the warranty of the Kestrel pump last?"}
    answer = client.post("/v1/ask", json=question, headers=as_user("ben")).raise_for_status().json()
    read, asked = events(client, actor="ben", event="document.read")[0], events(client, event="question.asked")[0]
    assert read["target"] == f"document:{document['id']}"
    assert asked["text"]["question"] == question["question"]
    assert asked["details"]["request"] == answer["receipt"]["request_id"]
    assert asked["details"]["collection"] == "default"


def test_what_is_refused_and_what_is_not_there_is_recorded(client: httpx.Client, document: dict[str, Any]) -> None:
    client.delete(f"/v1/documents/{document['id']}", headers=as_user("ben"))
    client.delete("/v1/documents/nothing%0d%0ahere", headers=as_user("anna"))
    client.post("/v1/collections", json={"name": "?"}, headers=as_user("anna"))
    assert events(client, event="document.deleted", actor="ben")[0]["outcome"] == "refused"
    missing = events(client, event="document.deleted", actor="anna")[0]
    assert (missing["outcome"], missing["target"]) == ("not_found", "document:nothing%0D%0Ahere")
    assert events(client, event="collection.created")[0]["outcome"] == "failed"


def test_a_caller_who_is_not_known_is_recorded_also_where_a_gate_refuses(client: httpx.Client) -> None:
    client.get("/v1/documents")
    client.post("/v1/ask", json={"question": "Who?"})
    client.post("/v1/documents", files={"file": ("a.txt", b"a")})
    found = [each for each in events(client, "olga", outcome="refused") if each["via"] == "unknown"]
    assert [each["details"]["operation"] for each in found[:3]] == ["upload_document", "ask", "list_documents"]
    assert [each["event"] for each in found[:3]] == ["document.uploaded", "question.asked", "access.refused"]
    assert {each["actor_id"] for each in found} == {""}


def test_strangers_cannot_fill_the_trail(client: httpx.Client) -> None:
    for _ in range(80):
        client.get("/v1/documents", headers=as_user("nobody"))
    found = [each for each in events(client, "olga", event="access.refused", limit="1000") if each["via"] == "unknown"]
    assert len(found) <= 60


def test_owners_read_their_tenant_operators_all_without_texts_and_readers_nothing(client: httpx.Client) -> None:
    client.get("/v1/audit", headers=as_user("zoe")).raise_for_status()
    assert {each["tenant"] for each in events(client, "zoe")} == {"globex"}
    every = events(client, "olga", limit="1000")
    assert {each["tenant"] for each in every} == {"acme", "globex", ""}
    assert {tuple(each["text"]) for each in every} == {()}
    assert problem(client.get("/v1/audit", headers=as_user("ben"))) == (403, "forbidden")
    assert problem(client.get("/v1/audit?tenant=globex", headers=as_user("anna"))) == (403, "forbidden")
    assert problem(client.post("/v1/audit/verify", headers=as_user("anna"))) == (403, "forbidden")


def test_pages_follow_each_other(client: httpx.Client) -> None:
    first = client.get("/v1/audit?limit=2", headers=as_user("olga")).json()
    second = client.get(f"/v1/audit?limit=2&cursor={first['next_cursor']}", headers=as_user("olga")).json()
    assert second["events"][0]["number"] == first["events"][-1]["number"] - 1
    assert problem(client.get("/v1/audit?cursor=x", headers=as_user("olga"))) == (422, "wrong_cursor")
    early = client.get("/v1/audit", params={"since": "0001-01-01T00:00:00+09:00"}, headers=as_user("olga"))
    assert problem(early) == (422, "wrong_field")
    for number in ("0.5", "1767225600", "-1"):
        assert problem(client.get("/v1/audit", params={"until": number}, headers=as_user("olga")))[0] == 422


@pytest.mark.parametrize("form", ["jsonl", "ocsf"])
def test_fault_45_no_text_begins_a_line_of_its_own(client: httpx.Client, form: str) -> None:
    forged = 'Is it?\r\n{"number": 1}\u2028{"number": 2}\x85'
    client.post("/v1/search", json={"query": forged}, headers=as_user("anna")).raise_for_status()
    answer = client.get(f"/v1/audit/export?form={form}&event=question", headers=as_user("anna")).raise_for_status()
    lines = [json.loads(line) for line in answer.text.splitlines()]
    last = lines[-1]
    assert forged in (last["text"] if form == "jsonl" else last["unmapped"]["text"]).values()
    assert answer.headers["content-type"] == "application/jsonl"


def test_fault_47_no_secret_is_inside(client: httpx.Client, settings: Settings) -> None:
    key = "sk-0123456789-secret"
    entry = {"url": "http://127.0.0.1:9/v1", "model": "m", "name": "m", "api_key": key}
    client.post("/v1/models/endpoints", json=entry, headers=as_user("olga"))
    client.get("/v1/shared/a-token-that-opens-a-conversation", headers=as_user("anna"))
    pasted = {"question": "Why is ck_0123456789abcdef refused?"}
    client.post("/v1/ask", json=pasted, headers=as_user("anna") | {"authorization": f"Bearer {PASSWORD}"})
    found = client.get("/v1/audit?limit=1000", headers=as_user("anna")).text
    found += client.get("/v1/audit/export", headers=as_user("olga")).text
    assert "endpoint.added" in found
    assert "conversation.read" in found
    for secret in (key, "a-token-that-opens", PASSWORD, "ck_0123456789abcdef"):
        assert secret not in found
    engine = create_engine(f"sqlite:///{settings.storage.folder / 'catalog.db'}")
    with engine.connect() as connection:
        for table in ("audit_events", "audit_texts"):
            held = str(connection.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - our own words
            for secret in (key, "a-token-that-opens", PASSWORD, "ck_0123456789abcdef"):
                assert secret not in held
    engine.dispose()


def test_a_persons_texts_are_erased_by_the_owner_and_the_trail_holds(client: httpx.Client) -> None:
    client.post("/v1/search", json={"query": "Where is Ben's desk?"}, headers=as_user("ben")).raise_for_status()
    erased = client.delete("/v1/audit/texts?user=ben", headers=as_user("anna")).raise_for_status().json()["erased"]
    assert erased > 0
    of_ben = events(client, actor="ben", limit="1000")
    assert {(tuple(each["text"]), each["erased"]) for each in of_ben} == {((), True)}
    assert client.delete("/v1/audit/texts?user=ben", headers=as_user("zoe")).json() == {"erased": 0}
    verified = client.post("/v1/audit/verify", headers=as_user("olga")).raise_for_status().json()
    assert (verified["holds"], verified["sealed"], verified["findings"]) == (True, True, [])
    assert verified["erased"] >= erased
    last = events(client, event="audit.texts_erased")[0]
    assert (last["target"], last["actor_id"]) == ("user:ben", "anna")
