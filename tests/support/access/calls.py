"""Calls of every operation of the API, with things of people, and what is learnt from their answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Any
from zipfile import ZipFile

import httpx

from api.access.rules import RULES
from rag.access.roles import Right
from tests.support.access.people import Kept, Person, World

TOKENS = re.compile(
    r"qz[0-9a-f]{12}|(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f-]{27}(?![0-9a-f])|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
)
"""Secret words of documents, ids of chunks, and all other ids."""
QUESTIONS = (
    "What is the password of the vault?",
    "Which colour has the door of the house?",
    "Which documents are there?",
    "Who wrote the plan, and when was it last updated?",
    "List all vaults with their passwords.",
    "Summarise the plan.",
    "And the other one?",
)
BROKEN = b"%PDF-1.7\nThis is no PDF at all, whatever its first line says.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of the API."""

    name: str
    method: str
    path: str

    @property
    def right(self) -> Right:
        return RULES[self.name].right


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request of a person. ``document`` is the one that it names, if it names one that there is, or was."""

    operation: Operation
    person: Person
    path: str
    sent: dict[str, Any]
    document: Kept | None = None

    @property
    def words(self) -> str:
        """All that was sent."""
        return f"{self.path} {self.sent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing of a person: its id, and the person whose it is, None for one of a whole tenant."""

    key: str
    tenant: str
    person: str | None = None


class Caller:
    """Makes calls with what there is, of this person or of others, and remembers what they bring about."""

    def __init__(self, client: httpx.Client, world: World, random: Random) -> None:
        self._client = client
        self._world = world
        self._random = random
        self.things: defaultdict[str, list[Thing]] = defaultdict(list)
        self.versions: dict[str, str] = {}  # of which document a version, a job or a chunk is

    # ---- what is sent

    def call(self, operation: Operation, person: Person, *, own: float = 0.6) -> Call:
        """Returns a call; with a probability of ``own`` it names things of the person's tenant."""
        document = self._document(person, own)
        path = operation.path.replace("{model:path}", "{model}")
        values: dict[str, str] = {}
        for name in re.findall(r"\{(\w+)\}", path):
            values[name] = self._value(name, person, document, own, operation.name)
            path = path.replace(f"{{{name}}}", values[name])
        sent = self._sent(operation.name, person, document, own)
        named = document if document and document.document_id in path else None
        return Call(operation=operation, person=person, path=path, sent=sent, document=named)

    def send(self, call: Call) -> httpx.Response:
        """Sends a call, and notes what it brought about."""
        headers = {"x-user": call.person.name} | call.sent.get("headers", {})
        sent = {name: value for name, value in call.sent.items() if name != "headers"}
        answer = self._client.request(call.operation.method, call.path, headers=headers, **sent)
        if answer.is_success:
            self._learn(call, answer)
        return answer

    def take_in(self, person: Person, collection: str, *, content: bytes | None = None) -> Kept:
        """Uploads a document with words that no other one has."""
        secret, key = f"qz{self._random.getrandbits(48):012x}", f"kw{self._random.getrandbits(32):08x}"
        upload = Operation(name="upload_document", method="POST", path="/v1/documents")
        sent = self._upload(secret, key, collection, content=content)
        answer = self.send(Call(operation=upload, person=person, path=upload.path, sent=sent))
        assert answer.status_code == 202, answer.text
        return self._world.documents[answer.json()["document"]["id"]]

    def _some(self, kind: str, person: Person, own: float) -> str:
        things = self.things[kind]
        if self._random.random() < own:
            things = [each for each in things if each.tenant == person.tenant] or things
            mine = [each for each in things if each.person == person.name]
            things = mine if mine and self._random.random() < 0.7 else things
        if not things or self._random.random() < 0.03:
            return f"{self._random.getrandbits(128):032x}"
        return self._random.choice(things[-60:]).key

    def _document(self, person: Person, own: float) -> Kept | None:
        documents = list(self._world.documents.values())
        if self._random.random() < own:
            documents = self._world.of_tenant(person.tenant) or documents
        return self._random.choice(documents) if documents and self._random.random() > 0.02 else None

    def _people(self, person: Person, own: float) -> list[Person]:
        is_near = self._random.random() < own
        return [each for each in self._world.people.values() if each.tenant == person.tenant or not is_near]

    def _collection(self, person: Person, own: float) -> str:
        names = [name for tenant, name in self._world.collections if tenant == person.tenant]
        if self._random.random() > own or not names:
            names = [name for _, name in self._world.collections]
        return self._random.choice(names)

    def _value(self, name: str, person: Person, document: Kept | None, own: float, operation: str) -> str:
        unknown = f"{self._random.getrandbits(128):032x}"
        of_document = document.document_id if document else unknown
        if name == "document_id":
            return of_document
        if name in {"version_id", "chunk_id"}:
            kind = "version" if name == "version_id" else "chunk"
            mine = [each.key for each in self.things[kind] if self.versions.get(each.key) == of_document]
            return self._random.choice(mine) if mine else unknown
        if name == "name":
            return self._some("dataset", person, own) if "dataset" in operation else self._collection(person, own)
        if name in {"page", "number", "sentence"}:
            return self._random.choice(["1", "1", "1", "2"])
        if name == "model":
            return f"citewell/{self._collection(person, own)}"
        kinds = {
            "job_id": "job",
            "receipt_id": "receipt",
            "conversation_id": "conversation",
            "token": "token",
            "request_id": "answer",
            "answer": "answer",
            "run_id": "run",
            "endpoint_id": "endpoint",
            "user_id": "person" if operation == "get_user" else "user",
            "group_id": "group",
            "key_id": "key",
            "tenant": "tenant",
        }
        return self._some(kinds[name], person, own)

    def _sent(self, operation: str, person: Person, document: Kept | None, own: float) -> dict[str, Any]:
        makers: dict[str, Callable[[Person, Kept | None, float], dict[str, Any]]] = {
            "upload_document": self._any_upload,
            "unpack_archive": self._archive,
        }
        if operation in makers:
            return makers[operation](person, document, own)
        random, collection = self._random, self._collection(person, own)
        question = random.choice(QUESTIONS)
        if document and random.random() < 0.4:
            question = f"What is the password of the vault {document.key}?"
        document_id = document.document_id if document else "none"
        asked = {"question": question, "collection": collection}
        tag: dict[str, Any] = {"action": "tag", "add_tags": ["seen"]}
        together = [*[tag, {"action": "move", "collection": collection}] * 9, {"action": "delete"}]
        bodies: dict[str, dict[str, Any]] = {
            "change_document": random.choice([{"add_tags": ["seen"]}, {"collection": collection}]),
            "change_documents": {
                "document_ids": [document_id, *[each.document_id for each in self._two()]],
                **random.choice(together),
            },
            "create_collection": {"name": f"made-{random.getrandbits(32):08x}"},
            "change_collection": {"description": f"About {collection}."},
            "explain_search": {"query": question, "collection": collection, "document_id": document_id},
            "search": {"query": question, "collection": collection, "limit": random.choice([3, 20])},
            "ask": random.choice(
                [asked, asked | {"conversation_id": self._some("conversation", person, 1.0)}, asked | {"stream": True}]
            ),
            "create_conversation": {"collection": collection},
            "change_conversation": {"pinned": True},
            "create_chat_completion": {
                "model": f"citewell/{collection}",
                "messages": [{"role": "user", "content": question}],
            },
            "give_feedback": {"request_id": self._some("answer", person, own), "verdict": "up"},
            "store_dataset": {
                "questions": [self._row(person)],
                "replace": True,
                **({"collection": collection} if random.random() < 0.5 else {}),
            },
            "draft_questions": {"collection": collection, "questions": 3},
            "start_evaluation": {"dataset": self._some("dataset", person, own), "collection": collection, "limit": 2},
            "check_coverage": {"collection": collection, "dataset": self._some("dataset", person, own)},
            "rename_evaluation": {"name": "Again"},
            "set_collection_grants": {"grants": self._grants(person)},
            "set_document_grants": {"grants": self._grants(person)},
            "audit": {"repair": False},
            "add_user": {"name": f"new-{random.getrandbits(32):08x}"},
            "change_user": {"display_name": "Renamed"},
            "add_group": {
                "name": f"made-{random.getrandbits(32):08x}",
                "user_ids": [random.choice(self._people(person, own)).user_id],
            },
            "change_group": {"name": f"made-{random.getrandbits(32):08x}"},
            "add_key": {"name": "script", "rights": ["self"]},
            "add_tenant": {
                "name": f"made-{random.getrandbits(32):08x}",
                "owner": f"first-{random.getrandbits(32):08x}",
            },
            "set_quotas": {"documents": 1_000},
        }
        queries: dict[str, dict[str, Any]] = {
            "list_documents": random.choice([{}, {"collection": collection}, {"sort": "date"}, {"limit": 3}]),
            "count_documents": random.choice([{}, {"collection": collection}]),
            "dismiss_failed": {"collection": collection},
            "compare_evaluations": {"against": self._some("run", person, own)},
            "list_jobs": random.choice([{}, {"state": "queued"}, {"collection": collection}]),
            "list_conversations": random.choice([{}, {"search": "vault"}]),
            "explain_access": {"user": random.choice(list(self._world.people)), "document": document_id},
            "usage": {"by": "tenant"},
            "erase_audit_texts": {"user": random.choice(self._people(person, own)).user_id},
            "get_text": random.choice([{}, {"version_id": self._some("version", person, own)}]),
        }
        sent: dict[str, Any] = {}
        if operation in bodies:
            sent["json"] = bodies[operation]
        if queries.get(operation):
            sent["params"] = queries[operation]
        return sent

    def _two(self) -> list[Kept]:
        return self._random.choices(list(self._world.documents.values()), k=2)

    def _row(self, person: Person) -> dict[str, Any]:
        """Returns a question that quotes a document which the person reads."""
        read = [each for each in self._world.of_tenant(person.tenant) if self._world.reads(person, each)]
        row: dict[str, Any] = {"id": "q1", "question": QUESTIONS[0], "answers": ["none"]}
        if read:
            one = self._random.choice(read)
            row["answers"] = [one.secret]
            row["gold_passages"] = [{"document": f"{one.secret}.md", "quote": f"The password is {one.secret}."}]
        return row

    def _grants(self, person: Person) -> list[dict[str, str]]:
        people = [each.name for each in self._world.people.values() if each.tenant == person.tenant]
        groups = [name for tenant, name in self._world.groups if tenant == person.tenant]
        given = []
        for _ in range(self._random.choice([0, 0, 1, 1, 2])):
            kind, names = self._random.choice([("user", people), ("group", groups)])
            level = self._random.choice(["read", "write"])
            given.append({"kind": kind, "name": self._random.choice(names), "level": level})
        return given

    def _any_upload(self, person: Person, document: Kept | None, own: float) -> dict[str, Any]:
        if document and self._world.reads(person, document) and self._random.random() < 0.5:  # a new version
            key = f"kw{self._random.getrandbits(32):08x}"
            return self._upload(document.secret, key, document.collection)
        secret, key = f"qz{self._random.getrandbits(48):012x}", f"kw{self._random.getrandbits(32):08x}"
        content = BROKEN if self._random.random() < 0.1 else None
        return self._upload(secret, key, self._collection(person, own), content=content)

    def _upload(self, secret: str, key: str, collection: str, *, content: bytes | None = None) -> dict[str, Any]:
        file = (f"{secret}.pdf", content) if content else (f"{secret}.md", text_of(secret, key))
        form = {"collection": collection, "tags": secret, "fields": f'{{"note{secret}": "{secret}"}}'}
        return {"files": {"file": file}, "data": form, "headers": {"idempotency-key": f"key of {secret} {key}"}}

    def _archive(self, person: Person, _: Kept | None, own: float) -> dict[str, Any]:
        secret, packed = f"qz{self._random.getrandbits(48):012x}", BytesIO()
        with ZipFile(packed, "w") as archive:
            archive.writestr(f"{secret}.md", text_of(secret, "kw00000000"))
        # The name is told beside the bytes, so that it counts as sent.
        return {
            "files": {"file": (f"{secret}.zip", packed.getvalue())},
            "data": {"collection": self._collection(person, own)},
        }

    # ---- what is learnt

    def _learn(self, call: Call, answer: httpx.Response) -> None:
        learn = getattr(self, f"_learn_{call.operation.name}", None)
        if learn is not None:
            learn(call, answer.json() if "json" in answer.headers.get("content-type", "") else {})

    def _note(self, kind: str, key: str, call: Call, *, of_person: bool = True) -> None:
        thing = Thing(key=key, tenant=call.person.tenant, person=call.person.name if of_person else None)
        if thing not in self.things[kind]:
            self.things[kind].append(thing)

    def _taken_in(self, call: Call, body: dict[str, Any], secret: str, key: str) -> None:
        document, job = body["document"], body["job"]
        tenant, collection = call.person.tenant, document["collection"]
        self._world.collections.setdefault((tenant, collection), frozenset())
        kept = self._world.documents.setdefault(
            document["id"],
            Kept(document_id=document["id"], tenant=tenant, collection=collection, secret=secret, key=key),
        )
        kept.known_by.add(call.person.user_id)
        kept.key = key
        self.versions |= {job["version_id"]: document["id"], job["id"]: document["id"]}
        self._note("version", job["version_id"], call)
        self._note("job", job["id"], call)

    def _learn_upload_document(self, call: Call, body: dict[str, Any]) -> None:
        words = call.sent["headers"]["idempotency-key"].split()
        self._taken_in(call, body, words[2], words[3])

    def _learn_unpack_archive(self, call: Call, body: dict[str, Any]) -> None:
        for each in body["accepted"]:
            self._taken_in(call, each, each["document"]["name"].removesuffix(".md"), "kw00000000")

    def _learn_change_document(self, _: Call, body: dict[str, Any]) -> None:
        self._world.documents[body["id"]].collection = body["collection"]

    def _learn_change_documents(self, call: Call, body: dict[str, Any]) -> None:
        for each in body["outcomes"]:
            if not each["ok"]:
                continue
            kept = self._world.documents[each["document_id"]]
            assert self._world.writes(call.person, kept), f"{call.person.name} changed {kept}"
            if call.sent["json"]["action"] == "move":
                kept.collection = call.sent["json"]["collection"]
            if call.sent["json"]["action"] == "delete":
                kept.is_gone = True
                kept.known_by.add(call.person.user_id)
                self._note("receipt", each["receipt_id"], call)

    def _learn_delete_document(self, call: Call, body: dict[str, Any]) -> None:
        kept = self._world.documents[call.path.rpartition("/")[2]]
        kept.is_gone = True
        kept.known_by.add(call.person.user_id)
        self._note("receipt", body["id"], call)

    def _learn_delete_version(self, call: Call, body: dict[str, Any]) -> None:
        self._note("receipt", body["id"], call)
        if call.document:
            call.document.known_by.add(call.person.user_id)

    def _learn_activate_version(self, call: Call, body: dict[str, Any]) -> None:
        self.versions[body["id"]] = body["document_id"]
        self._world.documents[body["document_id"]].known_by.add(call.person.user_id)
        self._note("job", body["id"], call)

    def _learn_delete_collection(self, call: Call, body: dict[str, Any]) -> None:
        name = call.path.rpartition("/")[2]
        for each in self._world.of_tenant(call.person.tenant):
            if each.collection == name:
                each.is_gone = True
                each.known_by.add(call.person.user_id)
        del self._world.collections[call.person.tenant, name]
        self._note("receipt", body["id"], call)

    def _learn_create_collection(self, call: Call, body: dict[str, Any]) -> None:
        self._world.collections[call.person.tenant, body["name"]] = frozenset()

    def _learn_set_collection_grants(self, call: Call, body: dict[str, Any]) -> None:
        self._world.collections[call.person.tenant, body["collection"]] = _given(body["grants"])

    def _learn_set_document_grants(self, _: Call, body: dict[str, Any]) -> None:
        self._world.documents[body["document_id"]].own = _given(body["grants"])

    def _learn_list_passages(self, call: Call, body: dict[str, Any]) -> None:
        for each in body["passages"]:
            self.versions[each["chunk_id"]] = body["document_id"]
            self._note("chunk", each["chunk_id"], call)

    def _learn_list_jobs(self, _: Call, body: dict[str, Any]) -> None:
        for each in body["jobs"]:
            self.versions |= {each["version_id"]: each["document_id"], each["id"]: each["document_id"]}

    def _learn_create_conversation(self, call: Call, body: dict[str, Any]) -> None:
        self._note("conversation", body["id"], call)

    def _learn_ask(self, call: Call, body: dict[str, Any]) -> None:
        if "receipt" in body:
            kind = "live" if "conversation_id" in call.sent["json"] else "answer"
            self._note(kind, body["receipt"]["request_id"], call)
            self._note("answer", body["receipt"]["request_id"], call)

    def _learn_share_conversation(self, call: Call, body: dict[str, Any]) -> None:
        self._note("token", body["shared"].rpartition("/")[2], call)

    def _learn_store_dataset(self, call: Call, body: dict[str, Any]) -> None:
        self._note("dataset", body["name"], call)
        for each in self._world.documents.values():
            if each.secret in call.words:  # the person has written it down
                each.known_by.add(call.person.user_id)

    def _learn_start_evaluation(self, call: Call, body: dict[str, Any]) -> None:
        self._note("run", body["id"], call)

    def _learn_add_user(self, call: Call, body: dict[str, Any]) -> None:
        self._note("user", body["user"]["id"], call, of_person=False)

    def _learn_add_group(self, call: Call, body: dict[str, Any]) -> None:
        self._note("group", body["id"], call, of_person=False)

    def _learn_add_key(self, call: Call, body: dict[str, Any]) -> None:
        self._note("key", body["key"]["id"], call)

    def _learn_rotate_key(self, call: Call, body: dict[str, Any]) -> None:
        self._note("key", body["key"]["id"], call)

    def _learn_add_tenant(self, call: Call, body: dict[str, Any]) -> None:
        self._note("tenant", body["tenant"]["name"], call, of_person=False)

    def _learn_add_endpoint(self, call: Call, body: dict[str, Any]) -> None:
        self._note("endpoint", body["id"], call)


def text_of(secret: str, key: str) -> bytes:
    """Returns a document in which nearly every word can be traced to it."""
    return f"""# The {secret} plan

Author: {secret} of the {key} house. Last updated: 3 May 2024.

The password of the vault {key} is {secret}. It is kept in the {secret} drawer of the {key} house.

## Which colour has the door of the {secret} house?

The door of the {secret} house is red, and the house is the one of {key}.

| Vault | Password |
|---|---|
| {key} | {secret} |
| cellar | none |
""".encode()


def _given(grants: list[dict[str, str]]) -> frozenset[tuple[str, str, str]]:
    return frozenset((each["kind"], each["id"], each["level"]) for each in grants)
