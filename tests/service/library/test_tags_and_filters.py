"""Tags and fields of documents, and the one filter language: lists, searches, answers, conversations and chat."""

import json
from typing import Any

import httpx
import pytest

from tests.support.servers.service import problem, take_in, upload

QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def contracts(client: httpx.Client) -> dict[str, str]:
    """The ids of three contracts in a collection of their own, by customer."""
    texts = {"acme": "three months", "globex": "six weeks", "initech": "one year"}
    ids = {}
    for number, (name, period) in enumerate(texts.items()):
        document = take_in(
            client,
            f"{name}.md",
            f"# Contract with {name.title()}\n\nThe notice period is {period}.".encode(),
            collection="contracts",
            tags=json.dumps(["Contract", name]),
            fields=json.dumps({"year": 2022 + number, "signed": f"202{2 + number}-03-01", "Customer": name.title()}),
        )
        ids[name] = document["id"]
    return ids


def named(client: httpx.Client, **parameters: str) -> list[str]:
    listed = client.get("/v1/documents", params={"collection": "contracts", **parameters}).raise_for_status().json()
    return [each["name"].removesuffix(".md") for each in listed["documents"]]


def test_an_upload_gives_a_document_tags_and_typed_fields(client: httpx.Client, contracts: dict[str, str]) -> None:
    document = client.get(f"/v1/documents/{contracts['acme']}").json()
    assert document["tags"] == ["acme", "Contract"]
    assert document["fields"] == [
        {"name": "customer", "type": "text", "value": "Acme", "source": "given"},
        {"name": "signed", "type": "date", "value": "2022-03-01", "source": "given"},
        {"name": "year", "type": "number", "value": 2022, "source": "given"},
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"tags": {"any": ["ACME", "globex"]}}, ["acme", "globex"]),
        ({"tags": {"all": ["contract", "globex"]}}, ["globex"]),
        ({"tags": {"none": ["acme"]}}, ["globex", "initech"]),
        ({"fields": {"year": 2023}}, ["globex"]),
        ({"fields": {"Year": "2023"}}, ["globex"]),
        ({"fields": {"year": {"from": 2023}}}, ["globex", "initech"]),
        ({"fields": {"year": {"after": 2023}}}, ["initech"]),
        ({"fields": {"signed": {"from": "2022-03-01", "before": "2024-03-01"}}}, ["acme", "globex"]),
        ({"fields": {"customer": {"in": ["acme", "INITECH"]}}}, ["acme", "initech"]),
        ({"fields": {"customer": {"contains": "lob"}}}, ["globex"]),
        ({"fields": {"customer": {"exists": False}}}, []),
        ({"name": "CONTRACT WITH G"}, ["globex"]),
        ({"types": ["md"]}, ["acme", "globex", "initech"]),
        ({"types": ["pdf"]}, []),
        ({"states": ["failed"]}, []),
        ({"uploaded": {"from": "2020-01-01"}}, ["acme", "globex", "initech"]),
        ({"uploaded": {"before": "2020-01-01"}}, []),
        ({"tags": {"any": ["nothing"]}}, []),
    ],
)
def test_a_list_is_narrowed(
    client: httpx.Client, contracts: dict[str, str], chosen: dict[str, Any], expected: list[str]
) -> None:
    assert contracts
    assert named(client, filter=json.dumps(chosen), sort="name") == expected
    counted = client.get("/v1/documents/counts", params={"collection": "contracts", "filter": json.dumps(chosen)})
    assert counted.json()["documents"] == len(expected)


def test_a_list_is_sorted_and_comes_in_pages(client: httpx.Client, contracts: dict[str, str]) -> None:
    assert contracts
    assert named(client, sort="date", order="desc") == ["initech", "globex", "acme"]
    sizes = named(client, sort="size")
    assert sizes != []
    assert named(client, sort="size", order="desc") == sizes[::-1]
    for sort in ("name", "date", "size", "pages", "state", "type"):
        parameters, seen = {"collection": "contracts", "sort": sort, "limit": "1"}, []
        while True:
            page = client.get("/v1/documents", params=parameters).raise_for_status().json()
            seen += [each["name"] for each in page["documents"]]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
        assert sorted(seen) == ["acme.md", "globex.md", "initech.md"]
    other = client.get("/v1/documents", params={"sort": "size", "cursor": "bm9uZQ"})
    assert problem(other) == (422, "wrong_cursor")


def test_counts_name_states_types_tags_and_fields(client: httpx.Client, contracts: dict[str, str]) -> None:
    assert contracts
    counts = client.get("/v1/documents/counts", params={"collection": "contracts"}).json()
    assert counts["states"] == {"ready": 3}
    assert counts["types"] == {"text/markdown": 3}
    assert counts["tags"] == {"Contract": 3, "acme": 1, "globex": 1, "initech": 1}
    assert {"name": "year", "type": "number", "documents": 3} in counts["fields"]


@pytest.mark.parametrize(
    ("chosen", "period"), [({"tags": {"any": ["globex"]}}, "six weeks"), ({"fields": {"year": 2024}}, "one year")]
)
def test_search_answers_and_chat_keep_to_the_filter(
    client: httpx.Client, contracts: dict[str, str], chosen: dict[str, Any], period: str
) -> None:
    assert contracts
    asked = {"question": QUESTION, "collection": "contracts", "filter": chosen}
    answer = client.post("/v1/ask", json=asked).raise_for_status().json()
    assert period in answer["answer"]
    assert len({source["document_id"] for source in answer["sources"]}) == 1
    found = client.post("/v1/search", json={"query": QUESTION, "collection": "contracts", "filter": chosen}).json()
    assert all(period in hit["source"]["text"] for hit in found["hits"])
    message = {"messages": [{"role": "user", "content": QUESTION}], "model": "citewell/contracts", "citewell": chosen}
    chat = client.post("/v1/chat/completions", json=message).raise_for_status().json()
    assert period in chat["choices"][0]["message"]["content"]


def test_a_filter_that_no_document_fits_finds_nothing(client: httpx.Client, contracts: dict[str, str]) -> None:
    assert contracts
    asked = {"question": QUESTION, "collection": "contracts", "filter": {"tags": {"any": ["none"]}}}
    answer = client.post("/v1/ask", json=asked).json()
    assert (answer["abstention"]["reason"], answer["sources"]) == ("nothing_found", [])
    counted = client.post("/v1/ask", json=asked | {"question": "How many documents are there?"}).json()
    assert "3" not in counted["answer"]


def test_questions_about_the_documents_themselves_keep_to_the_filter(
    client: httpx.Client, contracts: dict[str, str]
) -> None:
    assert contracts
    asked = {"question": "Which documents are there?", "collection": "contracts"}
    assert "Initech" in client.post("/v1/ask", json=asked).json()["answer"]
    narrowed = client.post("/v1/ask", json=asked | {"filter": {"tags": {"any": ["acme"]}}}).json()["answer"]
    assert "Acme" in narrowed
    assert "Initech" not in narrowed


def test_a_conversation_goes_on_with_its_filter(client: httpx.Client, contracts: dict[str, str]) -> None:
    assert contracts
    conversation = client.post("/v1/conversations", json={"collection": "contracts"}).json()["id"]
    asked = {"question": QUESTION, "collection": "contracts", "conversation_id": conversation}
    first = client.post("/v1/ask", json=asked | {"filter": {"fields": {"year": {"from": 2024}}}}).json()
    second = client.post("/v1/ask", json=asked | {"search_query": "notice period"}).json()
    third = client.post("/v1/ask", json=asked | {"filter": {}}).json()
    documents = [{source["document_id"] for source in answer["sources"]} for answer in (first, second, third)]
    assert documents[0] == documents[1] == {contracts["initech"]}
    assert len(documents[2]) == 3
    turns = client.get(f"/v1/conversations/{conversation}").json()["turns"]
    assert [turn["filter"] and turn["filter"]["fields"]["year"]["from"] for turn in turns] == [2024, 2024, None]


def test_changed_tags_hold_at_once_and_nothing_is_read_again(client: httpx.Client, contracts: dict[str, str]) -> None:
    path = f"/v1/documents/{contracts['acme']}"
    before = client.get(path).json()
    asked = {"question": QUESTION, "collection": "contracts", "filter": {"tags": {"any": ["old"]}}}
    assert client.post("/v1/ask", json=asked).json()["sources"] == []
    changed = client.patch(path, json={"add_tags": ["Old"], "fields": {"year": None, "note": "a"}}).json()
    assert changed["tags"] == ["acme", "Contract", "Old"]
    assert [field["name"] for field in changed["fields"]] == ["customer", "note", "signed"]
    assert "three months" in client.post("/v1/ask", json=asked).json()["answer"]
    assert (changed["version_id"], changed["updated_at"]) == (before["version_id"], before["updated_at"])
    restored = client.patch(path, json={"remove_tags": ["OLD"], "fields": {"year": 2022, "note": None}}).json()
    assert restored == before


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"fields": {"yaer": 2024}}, "unknown_field"),
        ({"fields": {"year": {"from": "soon"}}}, "wrong_field"),
        ({"fields": {"year": {"from": 2020, "to": "2024-01-01"}}}, "wrong_field"),
        ({"uploaded": {"from": 2020}}, "wrong_field"),
        ({"types": ["exe"]}, "wrong_field"),
        ({"colour": "red"}, "invalid_request"),
        ({"fields": {"year": {"like": 1}}}, "invalid_request"),
        ({"tags": {"any": ["a" * 100]}}, "invalid_request"),
        ({"fields": {"year": True}}, "invalid_request"),
    ],
)
def test_a_wrong_filter_is_refused_with_what_to_do(
    client: httpx.Client, contracts: dict[str, str], chosen: dict[str, Any], code: str
) -> None:
    assert contracts
    asked = {"question": QUESTION, "collection": "contracts", "filter": chosen}
    assert problem(client.post("/v1/ask", json=asked)) == (422, code)
    listed = client.get("/v1/documents", params={"collection": "contracts", "filter": json.dumps(chosen)})
    assert listed.status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {"tags": "x" * 100},
        {"tags": "[1, [2]]"},
        {"fields": "[]"},
        {"fields": "{"},
        {"fields": '{"a": []}'},
        {"fields": '{"": 1}'},
        {"fields": '{"a": 1e300}'},
        {"fields": '{"a": {"type": "date", "value": "soon"}}'},
        {"fields": json.dumps({"a": "x" * 2_000})},
        {"fields": json.dumps({f"f{number}": 1 for number in range(100)})},
        {"fields": '{"a":' * 20_000},
    ],
)
def test_wrong_tags_and_fields_are_refused_with_the_file(client: httpx.Client, form: dict[str, str]) -> None:
    answer = upload(client, "refused.txt", b"Some words.", collection="refusals", **form)
    assert answer.status_code == 422, answer.text
    assert problem(client.get("/v1/documents", params={"collection": "refusals"})) == (404, "unknown_collection")
