"""The pages of evaluations against the real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.conftest import HANDBOOK
from tests.service.page.test_page import expect
from tests.support.servers.axe import violations
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration
QUESTION = {
    "id": "q1",
    "question": "How many days of vacation do full-time employees get?",
    "answers": ["30 days"],
}


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(port=0))
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60) as client:
            take_in(client, "handbook.md", HANDBOOK.encode(), collection="staff")
        yield url


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#collection")).to_have_value("staff")


def test_the_page_of_documents_leads_to_evaluations(page: Page) -> None:
    page.get_by_role("link", name="Evaluations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Evaluations")


def test_pasted_questions_are_asked_and_reported(page: Page, base_url: str) -> None:
    open_page(page, f"{base_url}/evals")
    page.get_by_label("Questions", exact=True).select_option("Paste questions…")
    page.get_by_label("One question a line, as JSON").fill(json.dumps(QUESTION))
    page.get_by_role("button", name="Start").click()
    run = page.locator('.run[data-state="finished"]')
    expect(run).to_contain_text("1 of 1 right", timeout=30_000)
    run.get_by_role("link", name="Report").click()
    report = page.get_by_role("article")
    expect(report).to_contain_text(QUESTION["question"])
    page.get_by_label("Language").select_option("de")
    expect(report).to_contain_text("1 von 1")
    expect(report.locator("time")).not_to_contain_text("UTC")
    assert violations(page) == []
    page.get_by_role("link", name="Alle Auswertungen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Auswertungen")
    page.get_by_label("Sprache").select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Evaluations")


def test_two_runs_are_compared(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        for _ in range(2):
            begun = client.post("/v1/evals", json={"collection": "staff", "dataset": "sample", "limit": 3})
            wait_for_run(client, begun.json()["id"])
    page.goto(f"{base_url}/evals")
    page.get_by_label("Compare").first.select_option(index=1)
    expect(page.get_by_role("heading", level=1)).to_have_text("All 3 questions came out as before", timeout=30_000)


def test_a_run_has_a_name_that_can_be_changed(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        body = {"collection": "staff", "questions": [QUESTION], "name": "Before"}
        begun = client.post("/v1/evals", json=body).raise_for_status().json()
        wait_for_run(client, begun["id"])
    page.goto(f"{base_url}/evals")
    run = page.locator(f'[data-run="{begun["id"]}"]')
    expect(run).to_contain_text("Before")
    run.get_by_role("button", name="Rename Before").click()
    run.get_by_label("Name of this run").fill("After the new model")
    run.get_by_role("button", name="Save").click()
    expect(run.locator(".run-name")).to_have_text("After the new model")


def test_a_collection_without_the_documents_of_the_questions_is_warned_of_before(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/evals?collection=staff")
    expect(page.locator("#coverage")).to_contain_text("has none of the documents that the questions are about")
    page.get_by_label("Questions", exact=True).select_option("Paste questions…")
    expect(page.locator("#coverage")).to_be_hidden()


def test_the_comparison_of_two_collections_says_that_they_are_two(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        take_in(client, "other.md", HANDBOOK.encode(), collection="visitors")
        client.put("/v1/evals/datasets/vacation", json={"questions": [QUESTION], "replace": True}).raise_for_status()
        runs = []
        for collection in ("staff", "visitors"):
            begun = client.post("/v1/evals", json={"collection": collection, "dataset": "vacation"}).json()
            runs.append(wait_for_run(client, begun["id"])["id"])
    page.goto(f"{base_url}/evals/{runs[1]}?against={runs[0]}")
    row = page.get_by_role("row", name="Collection")
    expect(row).to_contain_text("staff")
    expect(row).to_contain_text("visitors")


def test_a_run_is_deleted_once_asked_twice(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        begun = client.post("/v1/evals", json={"collection": "staff", "questions": [QUESTION]}).json()
        wait_for_run(client, begun["id"])
    page.goto(f"{base_url}/evals")
    run = page.locator(f'[data-run="{begun["id"]}"]')
    run.get_by_role("button", name="Delete").click()
    run.get_by_role("button", name="Keep").click()
    run.get_by_role("button", name="Delete").click()
    run.get_by_role("group").get_by_role("button", name="Delete").click()
    expect(run).to_have_count(0)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ('{"id": "q1", "question": "Why?"}\n{"id":', "Line 2 is not JSON"),
        ('{"id": "q1"}', "line 1: question: Field required"),
        ("", "There are no questions"),
    ],
)
def test_what_is_wrong_with_pasted_questions_is_said(page: Page, base_url: str, pasted: str, said: str) -> None:
    open_page(page, f"{base_url}/evals")
    page.get_by_label("Questions", exact=True).select_option("Paste questions…")
    page.get_by_label("One question a line, as JSON").fill(pasted)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#start-note")).to_contain_text(said)


def test_drafts_are_accepted_edited_dropped_kept_and_evaluated(page: Page, base_url: str) -> None:
    open_page(page, f"{base_url}/evals/drafts")
    page.get_by_label("How many at most").fill("4")
    page.get_by_role("button", name="Draft questions").click()
    drafts = page.get_by_role("region", name="Drafts").get_by_role("listitem")
    expect(drafts).to_have_count(4)
    drafts.nth(0).get_by_role("button", name="Accept").click()
    drafts.nth(1).get_by_role("button", name="Drop").click()
    drafts.nth(2).get_by_role("button", name="Edit").click()
    page.get_by_label("Question", exact=True).fill("How <b>many</b> days?")
    page.get_by_label("Answers").fill("30 | thirty")
    page.get_by_role("button", name="Save and accept").click()
    expect(drafts.nth(2)).to_contain_text("How <b>many</b> days?")

    page.reload()

    expect(page.locator("#keep-count")).to_have_text("2 questions accepted, 1 undecided")
    page.get_by_label("Name of the dataset").fill("handbook")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#kept")).to_contain_text("2 questions kept as handbook")
    expect(drafts).to_have_count(1)
    rows = page.request.get(f"{base_url}/v1/evals/datasets/handbook").json()["questions"]
    assert rows[1]["answers"] == ["30", "thirty"]

    page.get_by_role("link", name="Evaluate with it").click()
    expect(page.locator("#dataset")).to_have_value("handbook")


def test_a_name_that_is_taken_is_not_replaced_unasked(page: Page, base_url: str) -> None:
    taken = {"questions": [QUESTION]}
    assert page.request.put(f"{base_url}/v1/evals/datasets/taken", data=taken).ok
    open_page(page, f"{base_url}/evals/drafts")
    page.get_by_role("button", name="Draft questions").click()
    page.get_by_role("button", name="Accept").first.click()
    page.get_by_label("Name of the dataset").fill("taken")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#keep-note")).to_contain_text("There is a dataset 'taken' already")
    page.get_by_label("Replace a dataset of this name").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#kept")).to_contain_text("1 question kept as taken")
