"""A connected model is tried in the service: in the background, followed, cancelled, and its card kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.models.test_model_endpoints import add, settings_for, unnamed
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.openai_server import Fault, Script, loopback_openai_server
from tests.support.servers.service import problem, running_client

pytestmark = pytest.mark.integration


@pytest.fixture
def script() -> Script:
    return Script(pieces=["The warranty lasts 24 months", " [1]."])


@pytest.fixture
def model_server(script: Script) -> Iterator[str]:
    with loopback_openai_server(script) as url:
        yield url


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("tried") / "data"
    with running_client(settings_for(folder, unnamed()), folder.with_name("api.sock")) as http:
        yield http


@pytest.fixture
def endpoint(client: httpx.Client, model_server: str) -> Iterator[dict[str, Any]]:
    added = add(client, model_server, prompt_price=1, completion_price=2, currency="EUR", enabled=False)
    yield added
    client.delete(f"/v1/models/endpoints/{added['id']}").raise_for_status()


def begin(client: httpx.Client, endpoint: dict[str, Any], questions: int = 3) -> httpx.Response:
    return client.post(f"/v1/models/endpoints/{endpoint['id']}/try", json={"questions": questions})


def test_a_model_is_tried_in_the_background_and_has_a_card(client: httpx.Client, endpoint: dict[str, Any]) -> None:
    answer = begin(client, endpoint)
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert (run["state"], run["model"], run["questions"]) == ("running", "tiny-model", 3)
    assert problem(begin(client, endpoint)) == (409, "conflict")
    done = wait_for_run(client, run["id"])
    assert (done["state"], done["asked"], done["failure"]) == ("finished", 3, None)
    assert wait_for_run(client, run["beside"])["state"] == "finished"
    card = client.get(f"/v1/evals/{run['id']}/card").raise_for_status().json()
    assert (card["model"]["writer"], card["model"]["questions"]) == ("tiny-model", 3)
    assert card["extractive"]["right"] > card["model"]["right"]  # it says the same to every question
    assert card["model"]["cost_per_1000"] > 0
    assert card["model"]["first_word_milliseconds"] is not None
    assert client.get("/v1/collections").json()["collections"] == []  # the documents of the trial are not the service's


def test_a_trial_is_cancelled_in_mid_answer(client: httpx.Client, endpoint: dict[str, Any], script: Script) -> None:
    script.fault = Fault.HANGS_AMID
    run = begin(client, endpoint).raise_for_status().json()
    assert script.begun.wait(60)
    cancelled = client.post(f"/v1/evals/{run['id']}/cancel").raise_for_status().json()
    assert (cancelled["state"], cancelled["failure"]) == ("failed", "It was cancelled.")
    assert client.get(f"/v1/evals/{run['beside']}").json()["state"] == "finished"
    assert problem(client.get(f"/v1/evals/{run['id']}/card")) == (409, "conflict")
    script.go_on.set()


def test_a_model_that_cannot_be_used_is_said_at_once(client: httpx.Client) -> None:
    added = add(client, "http://127.0.0.1:9/v1", enabled=False)
    answer = begin(client, added)
    assert problem(answer) == (409, "conflict")
    assert "Nothing answers" in answer.json()["detail"]
    assert problem(begin(client, {"id": "gone"}))[0] == 404
    assert begin(client, added, questions=61).status_code == 422
