from typing import Any

import httpx
import pytest

from rag.settings import Settings
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.service import problem

ROW = {"id": "q1", "question": "How many days of vacation are there?", "answers": ["30"], "tags": ["draft", "cloze"]}


def store(client: httpx.Client, name: str, **body: Any) -> httpx.Response:
    return client.put(f"/v1/evals/datasets/{name}", json=body)


@pytest.mark.usefixtures("handbook")
def test_accepted_drafts_become_a_dataset_that_can_be_asked(client: httpx.Client, settings: Settings) -> None:
    drafts = client.post("/v1/evals/drafts", json={"questions": 4}).json()
    assert drafts["dropped"] == 0
    assert {tag for row in drafts["questions"] for tag in row["tags"]} == {"draft", "plain", "heading"}

    kept = store(client, "handbook", questions=drafts["questions"])

    assert kept.json() == {"name": "handbook", "questions": len(drafts["questions"])}
    assert (settings.storage.folder / "evals" / "datasets" / "handbook.jsonl").is_file()
    assert kept.json() in client.get("/v1/evals/datasets").json()["datasets"]
    rows = client.get("/v1/evals/datasets/handbook").json()["questions"]
    assert all(row["tags"][0] == "accepted" for row in rows)
    run = client.post("/v1/evals", json={"dataset": "handbook"}).json()
    assert wait_for_run(client, run["id"])["state"] == "finished"


def test_the_datasets_that_come_with_citewell_are_listed(client: httpx.Client) -> None:
    listed = client.get("/v1/evals/datasets").json()["datasets"]
    assert [each["name"] for each in listed[:2]] == ["sample", "challenge"]
    assert all(each["questions"] for each in listed)


def test_a_dataset_is_replaced_only_when_asked(client: httpx.Client) -> None:
    assert store(client, "twice", questions=[ROW]).status_code == 200
    assert problem(store(client, "twice", questions=[ROW])) == (409, "conflict")
    assert store(client, "twice", questions=[ROW], replace=True).status_code == 200


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("empty", [], (422, "wrong_dataset")),
        ("wrong", [{"id": "q1"}], (422, "wrong_dataset")),
        ("UPPER", [ROW], (422, "wrong_dataset")),
        ("-x", [ROW], (422, "wrong_dataset")),
        ("a b", [ROW], (422, "wrong_dataset")),
        ("sample", [ROW], (409, "conflict")),
    ],
)
def test_what_cannot_be_kept_is_refused(
    client: httpx.Client, settings: Settings, name: str, rows: list[dict[str, Any]], expected: tuple[int, str]
) -> None:
    assert problem(store(client, name, questions=rows)) == expected
    assert not (settings.storage.folder / "evals" / "datasets" / f"{name}.jsonl").exists()


def test_an_unknown_dataset_names_those_there_are(client: httpx.Client) -> None:
    answer = client.get("/v1/evals/datasets/none")
    assert problem(answer) == (404, "unknown_dataset")
    assert "sample" in answer.json()["detail"]


def test_drafts_of_an_unknown_collection_are_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/evals/drafts", json={"collection": "nowhere"})
    assert problem(answer) == (404, "unknown_collection")
