"""One function says who calls: replaced, it parts the tenants on every route. The routes are taken from the app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute, iter_route_contexts

import api
from api import caller, paths
from api.app import create_app
from api.caller import Caller, get_caller
from rag.access.principal import single_user
from rag.errors import ConflictError
from rag.settings import FeedbackSettings, Settings, StorageSettings
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.service import problem, running_client, take_in, upload, wait_for_job

MINE, THEIRS = "globex", "acme"
WORDS = {MINE: "walrus", THEIRS: "quetzal"}
QUESTION = "What is the password of the vault?"
# They show nothing of a tenant, or they are for the operator, who answers for all tenants.
SERVICE_WIDE = {
    *(
        "openapi",
        "chat_page",
        "documents_page",
        "document_page",
        "shared_page",
        "proof_page",
        "docs_page",
        "runs_page",
        "drafts_page",
        "healthz",
        "readyz",
        "metrics",
    ),
    *("audit", "backup", "get_index", "build_index", "discard_build", "switch_index"),
    *("list_endpoints", "find_endpoints", "try_new_endpoint", "add_endpoint", "change_endpoint", "remove_endpoint"),
    *("try_stored_endpoint", "models_page"),  # the operator's: a model writes answers for all tenants
    *("audit_page", "list_audit_events", "export_audit_events", "verify_audit_trail"),
    *("list_tenants", "add_tenant", "set_quotas", "login_page", "invitation_page", "account_page", "users_page"),
    # A login, and what is a person's own: tests/service/people is for them.
    *("login", "get_invited_user", "accept_invitation", "begin_oidc", "finish_oidc", "logout", "change_password"),
    *("list_sessions", "end_session", "end_other_sessions", "list_keys", "add_key", "rotate_key", "revoke_key"),
    *("get_reparse", "reparse"),  # counts of the caller's own documents: a test below is for them
}
CREATES = {
    "upload_document",
    "unpack_archive",
    "store_dataset",
    "create_collection",
}  # under a name that the other tenant has, too
OF_EACH = {"change_documents"}  # it says of each document that there is none
FOR_A_MINUTE = {"follow_answer", "get_card"}  # after an answer, or of a model's trial; other tests follow some


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the application."""

    name: str
    method: str
    path: str


def routes() -> list[Route]:
    found = [
        Route(name=str(each.name), method=method, path=str(each.path))
        for each in iter_route_contexts(create_app(Settings()).routes)
        for method in sorted((each.methods or set()) - {"HEAD"})
    ]
    return [each for each in found if each.name not in SERVICE_WIDE]


def row(word: str) -> dict[str, Any]:
    return {"id": "q1", "question": f"{QUESTION} It has to do with a {word}.", "answers": [word]}


class Tenant:
    """A tenant's client, and what it has of everything."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self.name = name
        self._client = client
        self._client.headers["x-tenant"] = name
        word, things = WORDS[name], f"{name}-things"
        table = f"| Vault | Password |\n|---|---|\n| {name} | {word} |\n| cellar | none |"
        text = f"# The {word} vault\n\nThe password of the vault is {word}.\n\n{table}".encode()
        take_in(client, "plan.md", text)
        document = take_in(client, f"{word}.md", text, collection=things, tags=word)
        door = f"# Doors\n\n## Which colour has the door of the {word} house?\n\nThe door of the {word} house is red."
        take_in(client, f"{word}-door.md", door.encode(), collection=things)
        doomed = take_in(client, f"{word}-old.md", b"The old password is no secret.", collection=f"{name}-old")
        queued = upload(client, f"{word}-new.md", text, key=f"key of {name}", collection=things).json()
        wait_for_job(client, queued["job"]["id"])
        conversation = client.post("/v1/conversations", json={"title": word}).raise_for_status().json()["id"]
        asked = {"question": QUESTION, "conversation_id": conversation}
        self.answer = client.post("/v1/ask", json=asked).raise_for_status().json()
        shared = client.post(f"/v1/conversations/{conversation}/share").raise_for_status().json()["shared"]
        given = {"request_id": self.answer["receipt"]["request_id"], "verdict": "up", "comment": word}
        client.post("/v1/feedback", json=given).raise_for_status()
        for dataset in (things, f"{name}-others"):
            client.put(f"/v1/evals/datasets/{dataset}", json={"questions": [row(word)]}).raise_for_status()
        run = client.post("/v1/evals", json={"dataset": things, "collection": things}).raise_for_status().json()
        ended = wait_for_run(client, run["id"])
        assert ended["state"] == "finished", ended
        receipt = client.delete(f"/v1/documents/{doomed['id']}").raise_for_status().json()
        group = client.post("/v1/groups", json={"name": f"{word} keepers"}).raise_for_status().json()
        member = {"name": f"{word}@{name}", "group_ids": [group["id"]]}
        user = client.post("/v1/users", json=member).raise_for_status().json()["user"]
        passages = client.get(f"/v1/documents/{document['id']}/passages").raise_for_status().json()["passages"]
        self.has = {
            "document_id": document["id"],
            "chunk_id": passages[0]["chunk_id"],
            "page": "1",
            "number": "1",
            "sentence": "1",
            "version_id": document["version_id"],
            "job_id": queued["job"]["id"],
            "receipt_id": receipt["id"],
            "run_id": run["id"],
            "name": things,
            "model:path": f"citewell/{things}",
            "request_id": given["request_id"],
            "conversation_id": conversation,
            "token": shared.removeprefix("/shared/"),
            "user_id": user["id"],
            "group_id": group["id"],
        }

    @property
    def secrets(self) -> set[str]:
        """The words and ids that only this tenant has."""
        return {self.name, WORDS[self.name], *self.has.values()}

    def send(self, route: Route, other: Tenant) -> tuple[httpx.Response, str]:
        """Sends a request that names what ``other`` has. Returns the answer and all that was sent."""
        has = other.has | ({"name": f"{other.name}-others"} if route.name == "store_dataset" else {})
        path = route.path
        for name, value in has.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"{route.name} has a parameter that this test has no value for"
        query = {
            "list_documents": {"collection": has["name"]} if other is self else {},
            "count_documents": {"collection": has["name"]},
            "dismiss_failed": {"collection": has["name"]},
            "compare_evaluations": {"against": has["run_id"]},
            "usage": {"by": "tenant"},
        }.get(route.name, {})
        sent = {"params": query} | self._body(route, other)
        headers = {"x-tenant": self.name, "idempotency-key": f"key of {other.name}"}
        answer = self._client.request(route.method, path, headers=headers, follow_redirects=True, **sent)
        return answer, f"{path} {sent}"

    def _body(self, route: Route, other: Tenant) -> dict[str, Any]:
        word, has = WORDS[self.name], other.has
        if route.name == "upload_document":
            file = ("plan.md", f"The password of the vault is {word}, and no other one.".encode())
            return {"files": {"file": file}}
        if route.name == "unpack_archive":
            archive = BytesIO()
            with ZipFile(archive, "w") as packed:
                packed.writestr("plan.md", f"The password of the vault is {word}, and no other.")
            return {"files": {"file": ("plans.zip", archive.getvalue())}}
        bodies: dict[str, dict[str, Any]] = {
            "change_document": {"add_tags": [word]},
            "change_documents": {"document_ids": [has["document_id"]], "action": "tag", "add_tags": [word]},
            "create_collection": {"name": f"{other.name}-others"},
            "change_collection": {"description": word},
            "explain_search": {"query": QUESTION, "collection": has["name"], "document_id": has["document_id"]},
            "search": {"query": QUESTION, "collection": has["name"]},
            "ask": {"question": QUESTION, "collection": has["name"]},
            "create_conversation": {"collection": has["name"]},
            "change_conversation": {"title": word},
            "create_chat_completion": {
                "model": has["model:path"],
                "messages": [{"role": "user", "content": QUESTION}],
            },
            "give_feedback": {"request_id": has["request_id"], "verdict": "down"},
            "store_dataset": {"questions": [row(word)], "replace": True},
            "draft_questions": {"collection": has["name"]},
            "start_evaluation": {"dataset": has["name"]},
            "check_coverage": {"collection": has["name"], "dataset": has["name"]},
            "rename_evaluation": {"name": word},
            "add_user": {"name": f"another-{word}", "group_ids": [has["group_id"]]},
            "change_user": {"display_name": word},
            "add_group": {"name": f"another {word}", "user_ids": [has["user_id"]]},
            "change_group": {"name": word},
        }
        return {"json": bodies[route.name]} if route.name in bodies else {}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that finds its caller in a header: the one function that authentication will be."""

    async def from_header(connection: HTTPConnection) -> Caller:
        if "x-tenant" not in connection.headers:
            raise ConflictError("Say who you are in the header X-Tenant.")
        return single_user(connection.headers["x-tenant"])

    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("tenants") / "data"),
        feedback=FeedbackSettings(keep_days=5),
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(caller, "identify", from_header)
        with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as http:
            yield http


@pytest.fixture(scope="module")
def tenants(client: httpx.Client) -> dict[str, Tenant]:
    found = {name: Tenant(client, name) for name in (MINE, THEIRS)}
    del client.headers["x-tenant"]
    return found


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_route_shows_and_changes_nothing_of_another_tenant(tenants: dict[str, Tenant], route: Route) -> None:
    answer, sent = tenants[MINE].send(route, tenants[THEIRS])
    shown = {secret for secret in tenants[THEIRS].secrets if secret not in sent and secret in answer.text}
    assert shown == set()
    if route.name in CREATES:
        assert answer.is_success
    elif route.name in OF_EACH:
        assert [each["error"]["code"] for each in answer.json()["outcomes"]] == ["unknown_document"]
    elif "{" in route.path or route.method == "POST":
        assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(
    "route",
    [each for each in routes() if each.method == "GET" and each.name not in FOR_A_MINUTE],
    ids=lambda route: route.name,
)
def test_the_same_request_shows_a_tenant_what_it_has(tenants: dict[str, Tenant], route: Route) -> None:
    theirs = tenants[THEIRS]
    answer, _ = theirs.send(route, theirs)
    assert answer.status_code == 200, answer.text
    assert any(secret in answer.text for secret in theirs.secrets), answer.text


def test_each_tenants_own_documents_are_counted_and_read_again(
    client: httpx.Client, tenants: dict[str, Tenant]
) -> None:
    path = "/v1/maintenance/reparse"
    for name in tenants:
        headers = {"x-tenant": name}
        listed = client.get("/v1/documents", headers=headers).json()["documents"]
        assert client.get(path, headers=headers).json()["documents"] == len(listed)
        assert client.post(path, headers=headers).json()["documents"] == len(listed)
    for method in ("GET", "POST"):
        named = client.request(method, path, params={"collection": f"{THEIRS}-things"}, headers={"x-tenant": MINE})
        assert problem(named) == (404, "unknown_collection")


def test_the_same_question_is_answered_from_each_tenants_own_documents(tenants: dict[str, Tenant]) -> None:
    for name, tenant in tenants.items():
        assert WORDS[name] in tenant.answer["answer"]
        assert {source["document_id"] for source in tenant.answer["sources"]}
    ids = [{source["document_id"] for source in tenant.answer["sources"]} for tenant in tenants.values()]
    assert not ids[0] & ids[1]


def test_a_tenant_is_not_told_which_run_of_another_one_goes_on(
    client: httpx.Client, tenants: dict[str, Tenant]
) -> None:
    assert set(tenants) == {MINE, THEIRS}
    many = [row(WORDS[THEIRS]) | {"id": f"q{number}"} for number in range(900)]
    theirs, mine = {"x-tenant": THEIRS}, {"x-tenant": MINE}
    run = client.post("/v1/evals", json={"questions": many}, headers=theirs).raise_for_status().json()

    refused = client.post("/v1/evals", json={"questions": [row(WORDS[MINE])]}, headers=mine)

    assert problem(refused) == (409, "conflict")
    assert run["id"] not in refused.text
    assert problem(client.post(f"/v1/evals/{run['id']}/cancel", headers=mine)) == (404, "unknown_evaluation")
    assert client.post(f"/v1/evals/{run['id']}/cancel", headers=theirs).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/v1/documents", {"files": {"file": ("a.txt", b"Words.")}}),
        ("POST", "/v1/ask", {"json": {"question": QUESTION}}),
        ("GET", "/v1/documents", {}),
        ("GET", "/evals/none", {}),
    ],
)
def test_a_caller_that_is_refused_is_told_so_by_middleware_and_routes(
    client: httpx.Client, tenants: dict[str, Tenant], method: str, path: str, sent: dict[str, Any]
) -> None:
    assert tenants
    assert problem(client.request(method, path, **sent)) == (409, "conflict")


def test_every_route_but_those_of_the_whole_service_asks_who_calls() -> None:
    names = {each.name for each in routes()}
    for context in iter_route_contexts(create_app(Settings()).routes):
        if context.name in names:
            assert isinstance(context.original_route, APIRoute)
            asked = {each.call for each in context.original_route.dependant.dependencies}
            assert get_caller in asked, context.name


def test_the_settings_tenant_is_read_in_one_place_and_in_one_more_for_commands() -> None:
    folder = Path(api.__file__).parent
    found = {path.name for path in folder.rglob("*.py") if "settings.tenant" in path.read_text()}
    assert found == {"caller.py", "opening.py"}


def test_middleware_knows_the_paths_of_routes_that_there_are() -> None:
    posts = {each.path: each.name for each in routes() if each.method == "POST"}
    assert posts[paths.UPLOAD] == "upload_document"
    assert {posts[path] for path in paths.QUESTIONS} == {"ask", "search", "explain_search", "create_chat_completion"}
