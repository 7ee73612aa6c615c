"""Random people with random rights call every route of the API: nothing reaches those who may not read it.

Every document has a word that no other one has, in its name, its text, its tags and fields. An answer that holds such a
word, or an id, of a document that its receiver may not read is a crossing. There must be none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from evals.runs.store import RunStore
from rag.access.roles import Right, TenantRole
from rag.settings import FeedbackSettings, GenerationSettings, Settings, StorageSettings
from tests.support.access.calls import BROKEN, TOKENS, Call, Caller, Operation, Thing
from tests.support.access.people import Directory, Person, World, peopled_service
from tests.support.faults.counts import say
from tests.support.servers.openai_server import Script, loopback_openai_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TENANTS = ("acme", "globex")
COLLECTIONS = ("default", "open", "closed", "mixed")
ROLES = {
    "owner": {TenantRole.OWNER},
    "editor": {TenantRole.EDITOR},
    "writer": {TenantRole.EDITOR, TenantRole.EVALUATOR},
    "reader": {TenantRole.READER},
    "guest": {TenantRole.READER},
    "evaluator": {TenantRole.EVALUATOR},
    "examiner": {TenantRole.EVALUATOR},
    "operator": {TenantRole.OPERATOR},
}
SHORT_CALLS, CALLS = 1_500, 3_000
"""Of a run with the other tests, and of one at each scale of faults: 34 times as many are 100,000."""
PEOPLE = {
    *("list_users", "get_user", "add_user", "change_user", "remove_user", "make_link", "get_me"),
    *("list_groups", "add_group", "change_group", "remove_group", "list_keys", "add_key", "rotate_key", "revoke_key"),
    *("list_tenants", "add_tenant", "set_quotas"),
}
TRAIL = {"list_audit_events", "export_audit_events", "verify_audit_trail", "erase_audit_texts"}
WITHOUT_RIGHTS = {
    # Who logs in has no rights yet, and a session is that of the browser: tests/service/people is for them.
    *("login", "logout", "change_password", "list_sessions", "end_session", "end_other_sessions"),
    *("get_invited_user", "accept_invitation", "begin_oidc", "finish_oidc"),
    "try_model",  # asks the sample documents alone: tests/service/models is for it
}
RARE = {
    *("build_index", "switch_index", "discard_build", "backup", "audit", "reparse", "find_endpoints"),
    *("try_new_endpoint", "try_stored_endpoint", "add_endpoint", "change_endpoint", "remove_endpoint"),
}
"""Those of operators change the whole service, and are called in one order at the end."""
WEIGHTS = {
    **dict.fromkeys(("search", "ask", "explain_search", "create_chat_completion", "list_suggestions"), 4),
    **dict.fromkeys(("upload_document", "change_documents", "set_document_grants", "set_collection_grants"), 3),
    **dict.fromkeys(("unpack_archive", "delete_document", "dismiss_failed", "draft_questions", "follow_job"), 1),
    **dict.fromkeys(("start_evaluation", "create_collection"), 0.5),
    "delete_collection": 0.1,
    **dict.fromkeys(PEOPLE, 2),
    **dict.fromkeys(TRAIL, 1),
}
CHANGES = {"change_document", "delete_document", "delete_version", "activate_version"}


def operations() -> list[Operation]:
    """Returns every operation of the schema, and the pages."""
    return [
        Operation(name=str(each.name), method=method, path=str(each.path))
        for each in iter_route_contexts(create_app(Settings()).routes)
        if isinstance(each.original_route, APIRoute) and each.name not in WITHOUT_RIGHTS
        for method in sorted((each.methods or set()) - {"HEAD"})
    ]


@dataclass(kw_only=True)
class Trial:
    """A running service with people, and what was counted."""

    client: httpx.Client
    caller: Caller
    directory: Directory
    world: World
    random: Random
    folder: Path
    operations: dict[str, Operation]
    calls: Counter[str]
    succeeded: Counter[str]

    def person(self, tenant: str, name: str) -> Person:
        return self.world.people[f"{name}@{tenant}"]

    def go(self, call: Call) -> httpx.Response:
        """Sends a call, and looks at all that comes back."""
        before = call.document and self.world.writes(call.person, call.document)
        answer = self.caller.send(call)
        name = call.operation.name
        self.calls[name] += 1
        self.succeeded[name] += answer.status_code in {200, 201, 202, 204, 304, 307}
        assert answer.status_code < 500, f"{call} {answer.text}"
        self._look(call, answer)
        if call.operation.right not in call.person.rights:
            assert answer.status_code == 403, f"{call.person.name} may not {name}: {answer.status_code}"
        elif name in CHANGES and answer.is_success:
            assert before, f"{call.person.name} changed {call.path}"
        elif name == "get_document" and call.document and not call.document.is_gone:
            assert answer.is_success == self.world.reads(call.person, call.document), f"{call} {answer.text}"
        return answer

    def _look(self, call: Call, answer: httpx.Response) -> None:
        """Finds words and ids in an answer that its receiver may not read."""
        if answer.headers.get("content-type", "").startswith(("application/gzip", "image/")):
            return
        written = f"{answer.text} {dict(answer.headers)}"
        # Operators see that something was done in every tenant, and to what, by ids; they see no word of it.
        names_all = call.operation.name in TRAIL and Right.OPERATE in call.person.rights
        for token in set(TOKENS.findall(written)) - set(TOKENS.findall(call.words)):
            found = [each for each in self.world.documents.values() if each.secret == token]
            if not found and names_all:
                continue
            found += filter(None, [self.world.documents.get(self.caller.versions.get(token, token))])
            if found and not any(self.world.hears_of(call.person, each) for each in found):
                pytest.fail(f"{call.person.name} was told of {found} by {call}: {written}")
        if not names_all:
            self._look_for_others(call, written)

    def _look_for_others(self, call: Call, written: str) -> None:
        """Finds what is another person's, or another tenant's."""
        for other in self.world.people.values():
            is_told = (
                other.tenant != call.person.tenant and other.user_id in written and other.user_id not in call.words
            )
            assert not is_told, f"{call} names {other}: {written}"
        for kind in ("conversation", "token", "key"):
            for thing in self.caller.things[kind]:
                is_told = thing.key in written and thing.key not in call.words
                assert not is_told or thing.person == call.person.name, f"{call} shows {thing}: {written}"
        for kind in ("answer", "receipt", "run", "dataset", "user", "group"):
            for thing in self.caller.things[kind]:
                is_told = thing.key in written and thing.key not in call.words
                of = {each.tenant for each in self.caller.things[kind] if each.key == thing.key}
                assert not is_told or call.person.tenant in of, f"{call} shows {thing}: {written}"

    def until_success(self, name: str) -> None:
        """Calls an operation as those who may, with what they have, until it succeeds once."""
        operation = self.operations[name]
        able = [each for each in self.world.people.values() if operation.right in each.rights]
        for _ in range(300):
            if self.succeeded[name]:
                return
            self.go(self.caller.call(operation, self.random.choice(able), own=1.0))

    def compare_lists(self, person: Person) -> None:
        """Compares what lists and counts tell a person with what it may read, no more and no less."""
        headers = {"x-user": person.name}
        owner = {"x-user": self.person(person.tenant, "owner").name}
        there = self.client.get("/v1/documents", params={"limit": 1000}, headers=owner).json()["documents"]
        ids = {each["id"] for each in there}
        for each in self.world.of_tenant(person.tenant):
            each.is_gone = each.document_id not in ids  # a job that is cancelled, or failures that are dismissed
        expected = {each.document_id for each in self.world.of_tenant(person.tenant) if self.world.reads(person, each)}
        shown = self.client.get("/v1/documents", params={"limit": 1000}, headers=headers).json()["documents"]
        assert {each["id"] for each in shown} == expected, person
        assert self.client.get("/v1/documents/counts", headers=headers).json()["documents"] == len(expected)
        listed = self.client.get("/v1/collections", headers=headers).json()["collections"]
        names = {name for tenant, name in self.world.collections if self.world.reads_collection(person, tenant, name)}
        assert {each["name"] for each in listed} == names, person
        assert sum(each["documents"] for each in listed) == len(expected)
        for each in self.client.get("/v1/jobs", params={"limit": 1000}, headers=headers).json()["jobs"]:
            kept = self.world.documents[each["document_id"]]
            assert self.world.hears_of(person, kept), (person, kept)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, random: Random) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("crossings") / "data"
    held = dict(GenerationSettings()) | {"url": "http://127.0.0.1:9/v1"}
    settings = Settings(
        storage=StorageSettings(folder=folder),
        feedback=FeedbackSettings(keep_days=5),
        generation=GenerationSettings.model_construct(_fields_set=set(), **held),
    )
    world = World()
    with peopled_service(settings, tmp_path_factory.mktemp("socket") / "api.sock", world) as (client, directory):
        caller = Caller(client, world, random)
        made = Trial(
            client=client,
            caller=caller,
            directory=directory,
            world=world,
            random=random,
            folder=folder,
            operations={each.name: each for each in operations()},
            calls=Counter(),
            succeeded=Counter(),
        )
        populate(made)
        yield made


def populate(trial: Trial) -> None:
    """Adds people, groups, documents and rights to both tenants."""
    for tenant in TENANTS:
        for name, roles in ROLES.items():
            person = trial.directory.add(Person(tenant=tenant, name=f"{name}@{tenant}", roles=frozenset(roles)))
            trial.caller.things["person"].append(Thing(key=person.user_id, tenant=tenant))
        for group in ("legal", "sales"):
            group_id = trial.directory.add_group(tenant, group)
            for name in trial.random.sample(("editor", "reader", "evaluator"), 2):
                trial.directory.join(trial.person(tenant, name), group_id)
        owner = trial.person(tenant, "owner")
        for collection in COLLECTIONS * 3:
            trial.caller.take_in(owner, collection)
        closed = [
            {"kind": "group", "name": "legal", "level": "write"},
            {"kind": "user", "name": f"guest@{tenant}", "level": "read"},
        ]
        set_grants, path = trial.operations["set_collection_grants"], "/v1/collections/closed/grants"
        trial.go(Call(operation=set_grants, person=owner, path=path, sent={"json": {"grants": closed}}))
        for _ in range(4):
            trial.go(trial.caller.call(trial.operations["set_document_grants"], owner, own=1.0))
    for person in trial.world.people.values():
        trial.go(trial.caller.call(trial.operations["create_conversation"], person))
        call = trial.caller.call(trial.operations["store_dataset"], person)
        trial.go(replace(call, path=f"/v1/evals/datasets/set-{person.name.replace('@', '-')}"))


def test_34_and_35_no_word_and_no_id_reaches_those_who_may_not_read_it(trial: Trial, scale: int) -> None:
    random = trial.random
    names = [name for name in trial.operations if name not in RARE]
    weights = [WEIGHTS.get(name, 10) for name in names]
    people = list(trial.world.people.values())
    readers = [each for each in people if Right.READ in each.rights]
    number = 0
    while trial.calls.total() < (CALLS * scale if scale > 1 else SHORT_CALLS):
        number += 1
        [name] = random.choices(names, weights)
        trial.go(trial.caller.call(trial.operations[name], random.choice(people)))
        if number % 40 == 0:
            disturb(trial)
            trial.compare_lists(random.choice(readers))
        if number % 50 == 0:
            take_away(trial, random.choice([each for each in readers if not each.is_owner]))
    operate(trial)
    finish(trial)
    for name in trial.operations:
        trial.until_success(name)
    failed = sorted(name for name in trial.operations if not trial.succeeded[name])
    say(
        f"faults 34 and 35: {trial.calls.total():,} calls of {len(trial.calls)} operations by {len(people)} people, "
        f"{trial.succeeded.total():,} of them answered, {len(trial.world.documents)} documents: no crossing"
    )
    assert failed == [], "they never succeed, so that nothing is known of them"
    assert set(trial.calls) == set(trial.operations)


def take_away(trial: Trial, person: Person) -> None:
    """Has a person read a document in every way, takes the right away, and has it try all of that once more."""
    read = [each for each in trial.world.of_tenant(person.tenant) if trial.world.reads(person, each)]
    if not read:
        return
    kept = trial.random.choice(read)

    def call(name: str, path: str = "", json: object = None, *, by: Person = person) -> httpx.Response:
        operation = trial.operations[name]
        sent = {} if json is None else {"json": json}
        return trial.go(Call(operation=operation, person=by, path=path or operation.path, sent=sent, document=None))

    conversation = call("create_conversation", json={"collection": kept.collection}).json()["id"]
    asked = {"question": f"What is the password of the vault {kept.key}?", "collection": kept.collection}
    in_conversation = asked | {"conversation_id": conversation}
    answer = call("ask", json=in_conversation).json()
    link = call("share_conversation", f"/v1/conversations/{conversation}/share").json()["shared"]
    request_id = answer["receipt"]["request_id"]
    [other] = trial.random.sample([each for each in trial.world.people.values() if each.tenant == person.tenant], 1)
    job = next((key for key, of in trial.caller.versions.items() if of == kept.document_id), "none")

    def look() -> None:
        call("ask", json=asked)
        call("ask", json=in_conversation | {"question": "And where is it kept?"})
        call("search", json={"query": asked["question"], "collection": kept.collection})
        call("create_chat_completion", json=chat(asked))
        call("list_suggestions", f"/v1/collections/{kept.collection}/suggestions")
        call("get_conversation", f"/v1/conversations/{conversation}")
        call("list_conversations", f"/v1/conversations?search={kept.secret}")
        call("get_proof", f"/v1/answers/{request_id}/proof/1")
        call("follow_answer", f"/v1/answers/{request_id}/events")
        call("give_feedback", json={"request_id": request_id, "verdict": "down"})
        call("get_shared_conversation", f"/v1{link}")
        call("get_shared_conversation", f"/v1{link}", by=other)
        call("get_job", f"/v1/jobs/{job}")
        for name in ("list_documents", "count_documents", "list_jobs", "list_collections", "list_models"):
            call(name)

    look()
    owner = trial.person(person.tenant, "owner")
    others = [{"kind": "user", "name": owner.name, "level": "read"}]
    call("set_document_grants", f"/v1/documents/{kept.document_id}/grants", {"grants": others}, by=owner)
    look()


def chat(asked: dict[str, str]) -> dict[str, object]:
    messages = [{"role": "user", "content": asked["question"]}]
    return {"model": f"citewell/{asked['collection']}", "messages": messages}


def disturb(trial: Trial) -> None:
    """Changes who is in which group, and takes documents in where few are left."""
    tenant = trial.random.choice(TENANTS)
    person = trial.random.choice([each for each in trial.world.people.values() if each.tenant == tenant])
    group_id = trial.random.choice([found for (of, _), found in trial.world.groups.items() if of == tenant])
    change = trial.directory.leave if group_id in person.groups else trial.directory.join
    change(person, group_id)
    if len(trial.world.of_tenant(tenant)) < 15:
        collection = trial.random.choice([name for of, name in trial.world.collections if of == tenant])
        trial.caller.take_in(trial.person(tenant, "owner"), collection)


def operate(trial: Trial) -> None:
    """Calls what operators call, in an order in which it succeeds, and has the others try."""
    operator = trial.person("acme", "operator")

    def call(name: str, path: str = "", json: object = None) -> httpx.Response:
        operation = trial.operations[name]
        path = path or operation.path
        sent = {} if json is None else {"json": json}
        for person in trial.world.people.values():
            if operation.right not in person.rights:
                trial.go(Call(operation=operation, person=person, path=path, sent=sent))
        return trial.go(Call(operation=operation, person=operator, path=path, sent=sent))

    call("audit", json={"repair": True})
    call("reparse")
    call("backup")
    call("build_index", json={})
    call("discard_build")
    call("build_index", json={})
    while (
        trial.client.get("/v1/maintenance/index", headers={"x-user": operator.name}).json()["build"]["state"] != "ready"
    ):
        pass
    call("switch_index")
    call("find_endpoints")
    with loopback_openai_server(Script(pieces=["Yes [1]."])) as url:
        call("try_new_endpoint", json={"url": url})
        body = {"name": "tiny", "url": url, "model": "tiny-model", "enabled": False}
        path = f"/v1/models/endpoints/{call('add_endpoint', json=body).json()['id']}"
        call("try_stored_endpoint", f"{path}/test")
        call("change_endpoint", path, {"name": "small"})
        call("remove_endpoint", path)


def finish(trial: Trial) -> None:
    """Brings about what few of the random calls can meet: jobs that fail or wait, runs that have ended, a trial."""
    owner = trial.person("acme", "owner")
    headers = {"x-user": owner.name}

    def call(name: str, path: str, json: object = None) -> httpx.Response:
        sent = {} if json is None else {"json": json}
        return trial.go(Call(operation=trial.operations[name], person=owner, path=path, sent=sent))

    added = call("add_user", "/v1/users", {"name": "the-last-one"}).json()["user"]["id"]
    call("make_link", f"/v1/users/{added}/link")
    call("change_user", f"/v1/users/{added}", {"display_name": "Last"})
    call("remove_user", f"/v1/users/{added}")
    broken = trial.caller.take_in(owner, "open", content=BROKEN)
    [job] = [key for key, of in trial.caller.versions.items() if of == broken.document_id and _is_job(trial, key)]
    call("follow_job", f"/v1/jobs/{job}/events")
    call("retry_job", f"/v1/jobs/{job}/retry")
    for _ in range(20):
        waiting = trial.caller.take_in(owner, "open")
        [job] = [key for key, of in trial.caller.versions.items() if of == waiting.document_id and _is_job(trial, key)]
        call("cancel_job", f"/v1/jobs/{job}/cancel")
        if trial.succeeded["cancel_job"]:
            break
    read = trial.caller.take_in(owner, "open")
    [job] = [key for key, of in trial.caller.versions.items() if of == read.document_id and _is_job(trial, key)]
    trial.client.get(f"/v1/jobs/{job}/events", headers=headers)
    conversation = call("create_conversation", "/v1/conversations", {"collection": "open"}).json()["id"]
    asked = {"question": f"What is the password of the vault {read.key}?", "collection": "open"}
    answer = call("ask", "/v1/ask", asked | {"conversation_id": conversation}).json()
    assert read.secret in answer["answer"]
    request_id = answer["receipt"]["request_id"]
    call("follow_answer", f"/v1/answers/{request_id}/events")
    call("stop_answer", f"/v1/answers/{request_id}/stop")
    call("get_proof", f"/v1/answers/{request_id}/proof/1")
    call("proof_page", f"/proof/{request_id}/1")
    call("share_conversation", f"/v1/conversations/{conversation}/share")
    rows = [{"id": "q1", "question": asked["question"], "answers": [read.secret]}]
    runs = []
    for _ in range(2):
        while not (
            started := call("start_evaluation", "/v1/evals", {"questions": rows, "collection": "open"})
        ).is_success:
            pass  # another run goes on
        runs.append(started.json()["id"])
        while call("get_evaluation", f"/v1/evals/{runs[-1]}").json()["state"] == "running":
            pass
    call("compare_evaluations", f"/v1/evals/{runs[1]}/comparison?against={runs[0]}")
    store = RunStore(trial.folder / "evals")
    tried = store.run(runs[1]).model_copy(update={"run_id": f"{runs[1]}-tried", "model": "tiny", "beside": runs[0]})
    store.save(tried)
    store.replace_questions(tried.run_id, store.questions(runs[1]))
    call("get_card", f"/v1/evals/{tried.run_id}/card")
    while not (
        started := call("start_evaluation", "/v1/evals", {"questions": rows * 1, "collection": "open"})
    ).is_success:
        pass
    call("cancel_evaluation", f"/v1/evals/{started.json()['id']}/cancel")


def _is_job(trial: Trial, key: str) -> bool:
    return any(thing.key == key for thing in trial.caller.things["job"])
