"""Rights of collections and documents, one promise a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.access.roles import TenantRole
from rag.settings import (
    EndpointSettings,
    FeedbackSettings,
    GenerationSettings,
    GeneratorBackend,
    SecuritySettings,
    Settings,
    StorageSettings,
)
from tests.support.access.people import Directory, Person, World, peopled_service
from tests.support.servers.openai_server import Script, loopback_openai_server
from tests.support.servers.service import events, problem, upload

pytestmark = pytest.mark.integration

CANARY = "marzipan"
QUESTION = "What is the password of the vault?"
TEXT = f"# The vault\n\nThe password of the vault is {CANARY}, and it is changed every May.\n".encode()
PUBLIC = b"# Doors\n\nThe door of the house is red, and it was painted in June.\n"


@dataclass(kw_only=True)
class House:
    """A service with an owner, two readers, an editor, an evaluator, and a person of another tenant."""

    client: httpx.Client
    directory: Directory
    world: World
    number: int = 0

    def call(self, name: str, method: str, path: str, **sent: Any) -> httpx.Response:
        headers = {"x-user": f"{name}"} | sent.pop("headers", {})
        return self.client.request(method, path, headers=headers, **sent)

    def json(self, name: str, method: str, path: str, **sent: Any) -> Any:
        answer = self.call(name, method, path, **sent)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def take_in(self, content: bytes, collection: str, *, by: str = "owner", name: str = "plan.md") -> str:
        """Takes a document in, waits until it is found, and returns its id."""
        files, data = {"file": (name, content)}, {"collection": collection}
        accepted = self.json(by, "POST", "/v1/documents", files=files, data=data)
        events_of_job = self.call(by, "GET", f"/v1/jobs/{accepted['job']['id']}/events")
        assert "event: done" in events_of_job.text, events_of_job.text
        return str(accepted["document"]["id"])

    def collection(self) -> str:
        """Returns a new name."""
        self.number += 1
        return f"room-{self.number}"

    def give(self, what: str, *grants: tuple[str, str, str]) -> None:
        """Replaces the rights of ``documents/ID`` or ``collections/NAME``."""
        body = {"grants": [{"kind": kind, "name": name, "level": level} for kind, name, level in grants]}
        self.json("owner", "PUT", f"/v1/{what}/grants", json=body)

    def ask(self, name: str, collection: str, **more: Any) -> Any:
        return self.json(name, "POST", "/v1/ask", json={"question": QUESTION, "collection": collection} | more)


def people(directory: Directory) -> None:
    roles = {
        "owner": TenantRole.OWNER,
        "anna": TenantRole.READER,
        "ben": TenantRole.READER,
        "carl": TenantRole.EDITOR,
        "dora": TenantRole.EVALUATOR,
        "olga": TenantRole.OPERATOR,
    }
    for name, role in roles.items():
        directory.add(Person(tenant="acme", name=name, roles=frozenset({role})))
    directory.add(Person(tenant="globex", name="gwen", roles=frozenset({TenantRole.OWNER})))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    held = dict(GenerationSettings()) | {"url": "http://127.0.0.1:9/v1"}
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("rights") / "data"),
        feedback=FeedbackSettings(keep_days=5),
        generation=GenerationSettings.model_construct(_fields_set=set(), **held),
        security=SecuritySettings(logins=True),
    )
    world = World()
    with peopled_service(settings, tmp_path_factory.mktemp("socket") / "api.sock", world) as (client, directory):
        people(directory)
        yield House(client=client, directory=directory, world=world)


def test_without_rights_the_role_decides_and_with_them_only_those_named(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    assert house.call("anna", "GET", f"/v1/documents/{document}").is_success
    house.give(f"collections/{room}", ("user", "ben", "read"))
    assert problem(house.call("anna", "GET", f"/v1/documents/{document}")) == (404, "unknown_document")
    assert house.call("ben", "GET", f"/v1/documents/{document}").is_success
    assert house.call("owner", "GET", f"/v1/documents/{document}").is_success
    assert room not in house.call("anna", "GET", "/v1/collections").text
    house.give(f"documents/{document}", ("user", "anna", "read"))  # in place of those of the collection
    assert house.call("anna", "GET", f"/v1/documents/{document}").is_success
    assert problem(house.call("ben", "GET", f"/v1/documents/{document}")) == (404, "unknown_document")
    [shown] = [each for each in house.json("anna", "GET", "/v1/collections")["collections"] if each["name"] == room]
    assert (shown["documents"], shown["description"]) == (1, "")
    house.give(f"documents/{document}")
    assert house.call("ben", "GET", f"/v1/documents/{document}").is_success


def test_a_group_gives_its_members_its_rights(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    group = house.directory.add_group("acme", f"group of {room}")
    house.give(f"collections/{room}", ("group", f"group of {room}", "read"))
    anna = house.world.people["anna"]
    assert house.call("anna", "GET", f"/v1/documents/{document}").status_code == 404
    house.directory.join(anna, group)
    assert house.call("anna", "GET", f"/v1/documents/{document}").is_success
    house.directory.leave(anna, group)
    assert house.call("anna", "GET", f"/v1/documents/{document}").status_code == 404


def test_a_right_to_read_changes_nothing_and_a_role_is_never_exceeded(house: House) -> None:
    room, other = house.collection(), house.collection()
    document = house.take_in(TEXT, room)
    house.take_in(PUBLIC, other)
    house.give(f"collections/{room}", ("user", "carl", "read"), ("user", "anna", "write"))
    path = f"/v1/documents/{document}"
    tag, move = {"add_tags": ["seen"]}, {"collection": other}
    for sent in (tag, move):
        assert problem(house.call("carl", "PATCH", path, json=sent)) == (403, "read_only")
    assert problem(house.call("carl", "DELETE", path)) == (403, "read_only")
    files = {"files": {"file": ("new.md", PUBLIC)}, "data": {"collection": room}}
    assert problem(house.call("carl", "POST", "/v1/documents", **files)) == (403, "read_only")
    assert problem(house.call("anna", "PATCH", path, json=tag)) == (403, "forbidden")  # a reader writes nothing
    house.give(f"collections/{room}", ("user", "carl", "write"))
    assert house.call("carl", "PATCH", path, json=tag).is_success
    house.give(f"collections/{other}", ("user", "carl", "read"))
    assert problem(house.call("carl", "PATCH", path, json=move)) == (403, "read_only")  # it must be write on both
    batch = {"document_ids": [document], "action": "move", "collection": other}
    assert problem(house.call("carl", "POST", "/v1/documents/batch", json=batch)) == (403, "read_only")


def test_a_name_that_a_hidden_document_has_is_refused_without_a_word_of_it(house: House) -> None:
    room, hidden = house.collection(), house.collection()
    house.give(f"documents/{house.take_in(TEXT, room)}", ("user", "anna", "read"))
    house.take_in(TEXT, hidden)
    house.give(f"collections/{hidden}", ("user", "anna", "read"))
    for collection in (room, hidden):
        sent = {"files": {"file": ("plan.md", PUBLIC)}, "data": {"collection": collection}}
        refused = house.call("carl", "POST", "/v1/documents", **sent)
        assert problem(refused) == (409, "conflict")
        assert "cannot be used" in refused.json()["detail"]
        assert house.call("anna", "GET", "/v1/documents").json()["documents"], "nothing was changed"


def test_moving_takes_the_rights_of_the_new_place_and_keeps_those_of_its_own(house: House) -> None:
    room, closed = house.collection(), house.collection()
    document = house.take_in(TEXT, room)
    house.take_in(PUBLIC, closed, name="doors.md")
    house.give(f"collections/{closed}", ("user", "ben", "read"))
    house.json("owner", "PATCH", f"/v1/documents/{document}", json={"collection": closed})
    assert house.call("anna", "GET", f"/v1/documents/{document}").status_code == 404
    assert house.call("ben", "GET", f"/v1/documents/{document}").is_success
    house.give(f"documents/{document}", ("user", "anna", "read"))
    house.json("owner", "PATCH", f"/v1/documents/{document}", json={"collection": room})
    assert house.call("anna", "GET", f"/v1/documents/{document}").is_success
    assert house.call("ben", "GET", f"/v1/documents/{document}").status_code == 404
    renamed = f"{closed}-renamed"
    house.json("owner", "PATCH", f"/v1/collections/{closed}", json={"name": renamed})
    assert house.call("anna", "GET", f"/v1/collections/{renamed}").status_code == 404
    assert house.call("ben", "GET", f"/v1/collections/{renamed}").is_success


def test_a_cached_answer_is_not_given_once_the_right_is_taken(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    house.take_in(PUBLIC, room, name="doors.md")
    assert CANARY in house.ask("anna", room)["answer"]
    again = house.ask("anna", room)
    assert again["receipt"]["cached"]
    house.give(f"documents/{document}", ("user", "ben", "read"))
    assert CANARY not in json.dumps(house.ask("anna", room))
    assert CANARY in house.ask("ben", room)["answer"]
    assert CANARY not in json.dumps(house.ask("anna", room))


def test_a_collection_of_hidden_documents_is_as_an_empty_one(house: House) -> None:
    room, empty = house.collection(), house.collection()
    house.give(f"documents/{house.take_in(TEXT, room)}", ("user", "ben", "read"))
    house.json("owner", "POST", "/v1/collections", json={"name": empty})
    [hidden, nothing] = [house.ask("anna", name) for name in (room, empty)]
    assert hidden["abstention"]["reason"] == nothing["abstention"]["reason"] == "empty_collection"
    for path in ("/v1/documents", "/v1/documents/counts"):
        both = [house.json("anna", "GET", path, params={"collection": name}) for name in (room, empty)]
        assert both[0] == both[1]
    unknown = [
        house.call("anna", "GET", "/v1/documents", params={"collection": name, "filter": '{"fields": {"x": 1}}'})
        for name in (room, empty)
    ]
    assert unknown[0].json() == unknown[1].json()


def conversation_of(house: House, room: str, name: str) -> tuple[str, str]:
    """Asks in a new conversation, and returns its id and that of the answer."""
    conversation = house.json(name, "POST", "/v1/conversations", json={"collection": room})["id"]
    answer = house.ask(name, room, conversation_id=conversation)
    assert CANARY in answer["answer"]
    return str(conversation), str(answer["receipt"]["request_id"])


def test_a_conversation_withholds_what_its_owner_may_not_read_any_more(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    house.take_in(PUBLIC, room, name="doors.md")
    conversation, answer = conversation_of(house, room, "anna")
    path = f"/v1/conversations/{conversation}"
    house.give(f"documents/{document}", ("user", "ben", "read"))
    shown = house.json("anna", "GET", path)
    assert CANARY not in json.dumps(shown)
    [turn] = shown["turns"]
    assert (turn["question"], turn["answer"], turn["problem"]["code"]) == (QUESTION, None, "sources_withheld")
    assert house.json("anna", "GET", "/v1/conversations", params={"search": CANARY})["conversations"] == []
    for refused in (f"/v1/answers/{answer}/events", f"/v1/answers/{answer}/proof/1", f"/proof/{answer}/1"):
        assert house.call("anna", "GET", refused).status_code == 404
    given = {"request_id": answer, "verdict": "up"}
    assert house.call("anna", "POST", "/v1/feedback", json=given).status_code == 404
    follow_up = house.ask("anna", room, conversation_id=conversation, question="And when is it changed?")
    assert CANARY not in json.dumps(follow_up)
    house.give(f"documents/{document}")
    assert CANARY in json.dumps(house.json("anna", "GET", path))


def test_conversations_are_their_owners_and_a_link_shows_them_to_those_who_may_read_all_of_it(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    conversation, answer = conversation_of(house, room, "anna")
    path = f"/v1/conversations/{conversation}"
    for other in ("ben", "owner", "gwen"):
        assert house.call(other, "GET", path).status_code == 404
        assert house.call(other, "DELETE", path).status_code == 404
        assert conversation not in house.call(other, "GET", "/v1/conversations").text
    for other in ("ben", "gwen"):
        assert house.call(other, "GET", f"/v1/answers/{answer}/events").status_code == 404
        assert house.call(other, "GET", f"/v1/answers/{answer}/proof/1").status_code == 404
    link = house.json("anna", "POST", f"{path}/share")["shared"]
    assert CANARY in house.call("ben", "GET", f"/v1{link}").text
    assert house.call("ben", "GET", f"/v1/answers/{answer}/proof/1").is_success
    assert house.call("ben", "POST", "/v1/feedback", json={"request_id": answer, "verdict": "up"}).status_code == 404
    assert house.call("gwen", "GET", f"/v1{link}").status_code == 404
    house.give(f"documents/{document}", ("user", "anna", "read"))
    unknown = house.call("ben", "GET", "/v1/shared/none")
    assert house.call("ben", "GET", f"/v1{link}").json() == unknown.json()
    assert house.call("ben", "GET", f"/v1/answers/{answer}/proof/1").status_code == 404
    assert CANARY in house.call("anna", "GET", f"/v1{link}").text


def test_evaluations_and_datasets_are_for_those_who_may_read_what_they_quote(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room, name=f"{room}.md")
    gold = [{"document": f"{room}.md", "quote": f"The password of the vault is {CANARY}"}]
    rows = [{"id": "q1", "question": QUESTION, "answers": [CANARY], "gold_passages": gold}]
    dataset = f"set-{room}"
    stored = {"questions": rows, "collection": room}
    house.json("owner", "PUT", f"/v1/evals/datasets/{dataset}", json=stored)
    run = house.json("owner", "POST", "/v1/evals", json={"dataset": dataset, "collection": room})["id"]
    while house.json("owner", "GET", f"/v1/evals/{run}")["state"] == "running":
        pass
    paths = [f"/v1/evals/datasets/{dataset}", f"/v1/evals/{run}/questions", f"/evals/{run}"]
    assert all(CANARY in house.call("dora", "GET", path).text for path in paths)
    house.give(f"documents/{document}", ("user", "ben", "read"))
    for path in paths:
        assert house.call("dora", "GET", path).status_code == 404
    for path in ("/v1/evals/datasets", "/v1/evals"):
        listed = house.call("dora", "GET", path).text
        assert (dataset in listed, run in listed) == (False, False)
    refused = house.call("dora", "POST", "/v1/evals", json={"dataset": "none", "collection": room})
    assert problem(refused) == (404, "unknown_dataset")
    assert dataset not in refused.text
    replaced = {"questions": rows, "replace": True}
    assert house.call("dora", "PUT", f"/v1/evals/datasets/{dataset}", json=replaced).status_code == 409
    drafts = house.call("dora", "POST", "/v1/evals/drafts", json={"collection": room})
    assert CANARY not in drafts.text
    own = house.json("dora", "POST", "/v1/evals", json={"questions": rows, "collection": room})["id"]
    while house.json("dora", "GET", f"/v1/evals/{own}")["state"] == "running":
        pass
    assert document not in house.call("dora", "GET", f"/v1/evals/{own}/questions").text


def test_a_dataset_that_may_quote_a_hidden_document_of_the_same_name_is_hidden(house: House) -> None:
    room, closed = house.collection(), house.collection()
    document = house.take_in(TEXT, room, name=f"{room}.md")
    gold = [{"document": f"{room}.md", "quote": f"The password of the vault is {CANARY}"}]
    rows = [{"id": "q1", "question": QUESTION, "answers": [CANARY], "gold_passages": gold}]
    path = f"/v1/evals/datasets/set-{room}"
    house.json("owner", "PUT", path, json={"questions": rows, "collection": room})
    assert house.call("dora", "GET", path).is_success
    house.take_in(PUBLIC, closed, name="doors.md")
    house.give(f"collections/{closed}", ("user", "ben", "read"))
    house.json("owner", "PATCH", f"/v1/documents/{document}", json={"collection": closed})
    house.take_in(PUBLIC, room, name=f"{room}.md")  # another one takes its name
    assert house.call("dora", "GET", path).status_code == 404


def test_a_dataset_without_a_collection_is_its_storers_and_the_owners(house: House) -> None:
    rows = {"questions": [{"id": "q1", "question": QUESTION, "answers": ["none"]}]}
    name = f"own-{house.collection()}"
    house.json("dora", "PUT", f"/v1/evals/datasets/{name}", json=rows)
    house.directory.add(Person(tenant="acme", name=f"eva-{name}", roles=frozenset({TenantRole.EVALUATOR})))
    assert house.call("dora", "GET", f"/v1/evals/datasets/{name}").is_success
    assert house.call("owner", "GET", f"/v1/evals/datasets/{name}").is_success
    assert house.call(f"eva-{name}", "GET", f"/v1/evals/datasets/{name}").status_code == 404


def test_suggestions_are_of_documents_that_the_reader_may_read(house: House) -> None:
    room = house.collection()
    text = f"# Doors\n\n## Which colour has the door of the {CANARY} house?\n\nThe door of the {CANARY} house is red."
    document = house.take_in(text.encode(), room)
    path = f"/v1/collections/{room}/suggestions"
    assert CANARY in house.call("anna", "GET", path).text
    house.give(f"documents/{document}", ("user", "ben", "read"))
    assert house.json("anna", "GET", path) == {"suggestions": []}
    assert CANARY in house.call("ben", "GET", path).text


def test_a_receipt_is_for_the_user_who_deleted_and_tells_nothing_of_others_with_the_same_bytes(house: House) -> None:
    room, twin = house.collection(), house.collection()
    document = house.take_in(b"# Twins\n\nTwo that are the same.", room)
    hidden = house.take_in(b"# Twins\n\nTwo that are the same.", twin)
    house.give(f"documents/{hidden}", ("user", "ben", "read"))
    receipt = house.json("carl", "DELETE", f"/v1/documents/{document}")["id"]
    path = f"/v1/receipts/{receipt}"
    while house.json("carl", "GET", path)["state"] != "purged":
        pass
    [version] = house.json("carl", "GET", path)["versions"]
    assert not version["original_kept_for_others"]
    assert version["original_purged_at"]
    [version] = house.json("owner", "GET", path)["versions"]
    assert version["original_kept_for_others"]
    for other in ("anna", "ben", "gwen"):
        assert house.call(other, "GET", path).status_code == 404


def test_35_what_may_not_be_read_is_answered_exactly_as_what_is_not_there(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    version = house.json("owner", "GET", f"/v1/documents/{document}")["version_id"]
    job = next(each for each in house.json("owner", "GET", "/v1/jobs")["jobs"] if each["document_id"] == document)["id"]
    house.give(f"collections/{room}", ("user", "ben", "read"))
    none = "0" * 32
    paths = [
        *(("GET", f"/v1/documents/{{}}{rest}") for rest in ("", "/text", "/pages", "/pages/1", "/passages", "/tables")),
        *(("GET", f"/v1/documents/{{}}{rest}") for rest in ("/tables/1", "/versions", "/outline", "/place", "/grants")),
        *(("GET", f"/v1/documents/{{}}/versions/{version}{rest}") for rest in ("", "/original")),
        ("GET", "/v1/documents/{}/passages/none"),
    ]
    changes = [
        ("PATCH", "/v1/documents/{}", {"add_tags": ["x"]}),
        ("DELETE", "/v1/documents/{}", None),
        ("DELETE", f"/v1/documents/{{}}/versions/{version}", None),
        ("POST", f"/v1/documents/{{}}/versions/{version}/activate", None),
        ("POST", "/v1/jobs/{}/cancel", None),
        ("POST", "/v1/jobs/{}/retry", None),
        *[(method, path, None) for method, path in paths],
        ("GET", "/v1/jobs/{}", None),
        ("GET", "/v1/jobs/{}/events", None),
    ]
    for name in ("carl", "gwen"):
        for method, path, body in changes:
            known = job if "/jobs/" in path else document
            sent = {} if body is None else {"json": body}
            hidden = house.call(name, method, path.format(known), **sent)
            unknown = house.call(name, method, path.format(none), **sent)
            assert hidden.status_code == 404, f"{name} {method} {path}: {hidden.text}"
            assert hidden.text.replace(known, none) == unknown.text, f"{name} {method} {path}"
    for name in ("carl", "gwen"):
        for path in ("", "/suggestions", "/grants"):
            hidden, unknown = (
                house.call(name, "GET", f"/v1/collections/{collection}{path}") for collection in (room, "not-there")
            )
            assert hidden.status_code == 404
            assert hidden.text.replace(room, "not-there") == unknown.text
        for collection in (room, "not-there"):
            assert house.call(name, "GET", f"/v1/models/citewell/{collection}").status_code == 404
            asked = {"query": "x", "collection": collection}
            assert problem(house.call(name, "POST", "/v1/search", json=asked)) == (404, "unknown_collection")


def test_an_answer_that_is_being_written_ends_when_the_right_is_taken(tmp_path: Path) -> None:
    words = ["The password", f" of the vault is {CANARY}", " [1].", " It is changed", " every May", " [1].", " Yes."]
    script = Script(pieces=words, token_seconds=0.4)
    with loopback_openai_server(script) as url:
        endpoint = EndpointSettings(name="tiny", url=url, model="tiny-model")
        settings = Settings(
            storage=StorageSettings(folder=tmp_path / "data"),
            generation=GenerationSettings(backend=GeneratorBackend.VLLM, endpoints=(endpoint,)),
        )
        world = World()
        with peopled_service(settings, tmp_path / "api.sock", world) as (client, directory):
            people(directory)
            house = House(client=client, directory=directory, world=world)
            document = house.take_in(TEXT, "vaults")
            asked = {"question": QUESTION, "collection": "vaults", "stream": True}
            seen = ""
            with client.stream("POST", "/v1/ask", json=asked, headers={"x-user": "anna"}) as answer:
                for piece in answer.iter_text():
                    if not seen:
                        house.give(f"documents/{document}", ("user", "ben", "read"))
                    seen += piece
    names = [name for name, _ in events(httpx.Response(200, text=seen))]
    assert names[-1] == "error", seen
    assert "sentence" not in names
    assert "sources_changed" in seen


def test_why_is_told_to_owners(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)

    def why(user: str) -> tuple[bool, bool, str]:
        found = house.json("owner", "GET", "/v1/access/explain", params={"user": user, "document": document})
        assert found["reason"].endswith(".")
        return found["may_read"], found["may_write"], found["basis"]

    assert (why("anna"), why("carl")) == ((True, False, "open"), (True, True, "open"))
    assert (why("owner"), why("olga")) == ((True, True, "owner"), (False, False, "no_role"))
    house.give(f"collections/{room}", ("user", "ANNA", "write"))
    assert (why("anna"), why("carl")) == ((True, False, "collection"), (False, False, "collection"))
    house.give(f"documents/{document}", ("user", "carl", "write"))
    assert (why("anna"), why("carl")) == ((False, False, "document"), (True, True, "document"))
    asked = {"user": "gwen", "document": document}
    assert problem(house.call("owner", "GET", "/v1/access/explain", params=asked)) == (404, "unknown_subject")
    assert house.call("carl", "GET", "/v1/access/explain", params=asked).status_code == 403


def test_readers_are_told_their_own_rights_and_nobody_elses(house: House) -> None:
    room = house.collection()
    house.take_in(TEXT, room)
    house.give(f"collections/{room}", ("user", "anna", "read"), ("user", "ben", "write"))
    path = f"/v1/collections/{room}/grants"
    [own] = house.json("anna", "GET", path)["grants"]
    assert (own["name"], own["level"]) == ("anna", "read")
    assert not house.json("anna", "GET", path)["may_change"]
    assert len(house.json("owner", "GET", path)["grants"]) == 2
    assert house.json("owner", "GET", path)["may_change"]
    assert house.call("anna", "PUT", path, json={"grants": []}).status_code == 403


def test_a_right_of_a_user_that_is_gone_keeps_others_out(house: House) -> None:
    room = house.collection()
    document = house.take_in(TEXT, room)
    unknown = {"grants": [{"kind": "user", "name": "nobody", "level": "read"}]}
    assert problem(house.call("owner", "PUT", f"/v1/collections/{room}/grants", json=unknown)) == (
        404,
        "unknown_subject",
    )
    assert house.call("anna", "GET", f"/v1/documents/{document}").is_success  # nothing was changed


def test_jobs_are_of_documents_that_may_be_read_and_places_count_no_others(tmp_path: Path) -> None:
    settings, world = Settings(storage=StorageSettings(folder=tmp_path / "data")), World()
    with peopled_service(settings, tmp_path / "api.sock", world, with_worker=False) as (client, directory):
        people(directory)
        house = House(client=client, directory=directory, world=world)
        client.headers["x-user"] = "gwen"
        assert upload(client, "theirs.txt", b"Theirs.").status_code == 202
        client.headers["x-user"] = "owner"
        first = upload(client, "first.txt", b"First.", collection="closed").json()
        second = upload(client, "second.txt", b"Second.", collection="open").json()
        assert second["job"]["position"] == 2
        house.give("collections/closed", ("user", "ben", "read"))
        for path in ("/v1/jobs", f"/v1/jobs/{second['job']['id']}"):
            found = house.json("anna", "GET", path)
            [job] = found.get("jobs", [found])
            assert (job["name"], job["position"]) == ("second.txt", 1)
        assert house.call("anna", "GET", f"/v1/jobs/{first['job']['id']}").status_code == 404
        own = house.json("carl", "POST", "/v1/documents", files={"file": ("own.txt", b"Own.")})
        assert own["job"]["position"] == 2  # behind the second, of which it may know
        cancelled = house.json("carl", "POST", f"/v1/jobs/{own['job']['id']}/cancel")
        assert cancelled["state"] == "cancelled"
        assert house.json("carl", "GET", f"/v1/jobs/{own['job']['id']}")["state"] == "cancelled"  # its own, though gone
        assert house.call("anna", "GET", f"/v1/jobs/{own['job']['id']}").status_code == 404
