"""Archives that are unpacked into documents, and the test of why a passage was found or not."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests.support.servers.service import problem, take_in, wait_for_job

QUERY = "How deep may the diver go?"


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def unpack(client: httpx.Client, content: bytes, **form: str) -> httpx.Response:
    return client.post("/v1/documents/unpack", files={"file": ("all.zip", content)}, data=form)


def test_an_archive_becomes_documents_with_one_summary_of_what_failed(client: httpx.Client) -> None:
    files = {f"programs/{number}.exe": b"MZ\x90\x00" * 50 for number in range(29)}
    files |= {"a.md": b"# A\n\nFirst words.", "folder/b.txt": b"Second words.", "empty.txt": b""}
    files |= {"__MACOSX/a.md": b"x", ".hidden": b"x"}
    files |= {"a.md.meta.yaml": b"tags: [one]\nyear: 2024\n", "folder/b.txt.meta.json": b'{"fields": {"year": 2023}}'}
    answer = unpack(client, packed(files), collection="zipped", tags="all")
    assert answer.status_code == 202, answer.text
    body = answer.json()
    documents = {each["document"]["name"]: each["document"] for each in body["accepted"]}
    assert list(documents) == ["a.md", "folder/b.txt"]
    assert [(each["type"], each["count"], each["code"]) for each in body["refused"]] == [
        (".exe", 29, "unsupported_type"),
        (".txt", 1, "empty_document"),
    ]
    assert (len(body["refused"][0]["names"]), body["skipped"]) == (5, 2)
    assert documents["a.md"]["tags"] == ["all", "one"]
    assert documents["folder/b.txt"]["fields"][0]["value"] == 2023
    for each in body["accepted"]:
        assert wait_for_job(client, each["job"]["id"])["state"] == "succeeded"


def _bomb() -> bytes:
    return packed({"a.txt": b"\0" * 200_000_000})


def _nested() -> bytes:
    content = packed({"a.txt": b"words"})
    for _ in range(5):
        content = packed({"inner.zip": content})
    return content


def _encrypted() -> bytes:
    content = bytearray(packed({"a.txt": b"words"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + place] |= 1
    return bytes(content)


@pytest.mark.parametrize("made", [_bomb, _nested, _encrypted, lambda: b"no archive", lambda: b""])
def test_a_hostile_archive_is_refused_and_nothing_of_it_is_kept(client: httpx.Client, made: Any) -> None:
    answer = unpack(client, made(), collection="bombs")
    assert 400 <= answer.status_code < 500, answer.text
    assert "bombs" not in [each["name"] for each in client.get("/v1/collections").json()["collections"]]


@pytest.mark.parametrize("stray", ["../../up.txt", "/etc/x.txt", "C:\\x.txt", "a\\..\\..\\x.txt", "link"])
def test_a_file_that_leads_out_of_its_archive_is_named_and_the_others_are_taken_in(
    client: httpx.Client, stray: str
) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        member = zipfile.ZipInfo(stray)
        member.external_attr = 0o120777 << 16 if stray == "link" else 0
        archive.writestr(member, "/etc/passwd")
        archive.writestr("good.txt", "Good words.")
    body = unpack(client, target.getvalue(), collection="stray").raise_for_status().json()
    assert [each["document"]["name"] for each in body["accepted"]] == ["good.txt"]
    [refused] = body["refused"]
    assert (refused["code"], refused["names"]) == ("stray_entry", [stray])
    assert "pack the file itself" in refused["reason"]


def test_an_archive_in_an_archive_is_unpacked_and_one_below_it_is_named(client: httpx.Client) -> None:
    inner = packed({"a.txt": b"Inner words.", "a.txt.meta.yaml": b"tags: [inner]", "b.exe": b"MZ\x90\x00" * 50})
    below = packed({"third.zip": packed({"c.txt": b"words"}), "d.txt": b"Words.", "../e.txt": b"words"})
    files = {"first.txt": b"First.", "boxes/inner.zip": inner, "below.ZIP": below, "broken.zip": b"PK\x03\x04 no"}
    body = unpack(client, packed(files), collection="boxes", tags="all").raise_for_status().json()
    names = [each["document"]["name"] for each in body["accepted"]]
    assert names == ["below.ZIP/d.txt", "boxes/inner.zip/a.txt", "first.txt"]
    assert body["accepted"][1]["document"]["tags"] == ["all", "inner"]
    assert {each["code"]: each["names"] for each in body["refused"]} == {
        "unsupported_type": ["boxes/inner.zip/b.exe"],
        "nested_archive": ["below.ZIP/third.zip"],
        "stray_entry": ["below.ZIP/../e.txt"],
        "corrupt_document": ["broken.zip"],
    }


def test_a_wrong_sidecar_file_refuses_its_document_alone(client: httpx.Client) -> None:
    bomb = b"a: &a [x]\nb: [*a, *a]\n"
    body = unpack(client, packed({"a.txt": b"Words.", "a.txt.meta.yaml": bomb, "b.txt": b"Words."}), collection="side")
    assert [each["document"]["name"] for each in body.json()["accepted"]] == ["b.txt"]
    assert [(each["code"], each["names"]) for each in body.json()["refused"]] == [("wrong_field", ["a.txt"])]


@pytest.fixture(scope="module")
def dives(client: httpx.Client) -> list[dict[str, Any]]:
    deep = take_in(client, "deep.md", b"# Rules\n\nThe diver may go thirty metres deep.", collection="dives")
    far = "\n\n".join(f"## Part {number}\n\nThe cook serves soup number {number}." for number in range(30))
    soup = take_in(client, "soup.md", f"# Soups\n\n{far}".encode(), collection="dives")
    return [deep, soup]


def explain(client: httpx.Client, document_id: str, **more: object) -> dict[str, Any]:
    body = {"query": QUERY, "collection": "dives", "document_id": document_id, **more}
    answer = client.post("/v1/search/explain", json=body)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def test_a_passage_that_was_found_has_its_places(client: httpx.Client, dives: list[dict[str, Any]]) -> None:
    found = explain(client, dives[0]["id"])
    assert (found["found"], found["cuts"]["limit"]) == (True, 8)
    best = found["passages"][0]
    assert (best["rank"], best["dense"]["rank"], best["bm25"]["rank"], best["cut"]) == (1, 1, 1, None)
    assert best["fused"]["rank"] == 1
    assert best["rerank"] is not None
    assert "thirty metres" in best["text"]


def test_a_passage_that_was_not_found_says_below_which_cut(client: httpx.Client, dives: list[dict[str, Any]]) -> None:
    found = explain(client, dives[1]["id"], limit=1)
    cuts = {passage["cut"] for passage in found["passages"]}
    assert not found["found"]
    assert cuts <= {"limit", "duplicate", "retrieval"}
    assert all(len(passage["reason"]) > 20 for passage in found["passages"])
    assert all(passage["dense"] for passage in found["passages"])
    chosen = found["passages"][-1]["chunk_id"]
    assert [each["chunk_id"] for each in explain(client, dives[1]["id"], chunk_id=chosen)["passages"]] == [chosen]


def test_a_filter_that_leaves_the_document_out_is_the_reason(client: httpx.Client, dives: list[dict[str, Any]]) -> None:
    for chosen in ({"document_ids": [dives[1]["id"]]}, {"types": ["pdf"]}, {"tags": {"any": ["x"]}}):
        found = explain(client, dives[0]["id"], filter=chosen)
        assert (found["found"], found["passages"]) == (False, [])
        assert "filter" in found["reason"]
    body = {"query": QUERY, "collection": "default", "document_id": dives[0]["id"]}
    elsewhere = client.post("/v1/search/explain", json=body).json()
    assert "another collection" in elsewhere["reason"]
    unknown = client.post("/v1/search/explain", json=body | {"document_id": "none"})
    assert problem(unknown) == (404, "unknown_document")


def test_a_passage_comes_with_its_neighbours(client: httpx.Client, dives: list[dict[str, Any]]) -> None:
    path = f"/v1/documents/{dives[1]['id']}/passages"
    passages = client.get(path).json()["passages"]
    assert len(passages) >= 1
    middle = passages[len(passages) // 2]
    found = client.get(f"{path}/{middle['chunk_id']}", params={"around": 1}).json()
    assert found["passage"] == middle
    around = [each["ordinal"] for each in (*found["before"], found["passage"], *found["after"])]
    assert around == [each for each in range(middle["ordinal"] - 1, middle["ordinal"] + 2) if 0 <= each < len(passages)]
    assert problem(client.get(f"{path}/none")) == (404, "unknown_passage")


def test_the_outline_names_the_headings_with_their_places(client: httpx.Client, dives: list[dict[str, Any]]) -> None:
    outline = client.get(f"/v1/documents/{dives[1]['id']}/outline").json()
    assert [(each["text"], each["level"]) for each in outline["headings"][:2]] == [("Soups", 0), ("Part 0", 1)]
    assert json.dumps(outline["warnings"]) == "[]"
