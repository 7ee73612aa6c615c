"""The page against the real service: models, sandbox and index included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.conftest import HANDBOOK
from tests.service.page.test_page import ask, expect
from tests.service.page.test_page_documents import choose, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"), server=ServerSettings(port=0)
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_document_goes_in_and_a_cited_answer_comes_out(page: Page, tmp_path: Path) -> None:
    document = tmp_path / "handbook.md"
    document.write_text(HANDBOOK)
    page.locator("#files").set_input_files(document)
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    expect(rows.first).to_contain_text("Ready", timeout=60_000)
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    turn = ask(page, "How many days of vacation do full-time employees get?")
    first = turn.locator(".sentence").first
    expect(first).to_have_text("Full-time employees get 30 days of vacation a year.", timeout=30_000)
    first.click()
    expect(page.locator("mark")).to_have_text("Full-time employees get 30 days of vacation a year.")
    assert failed == []


def test_an_earlier_version_can_be_restored_and_a_citation_of_another_one_says_so(page: Page) -> None:
    for days in ("10", "12"):
        choose(page, ("notice.txt", f"The notice period of the garage is {days} weeks.".encode()))
        expect(row(page, "notice.txt").first).to_contain_text("Ready", timeout=60_000)
    turn = ask(page, "How long is the notice period of the garage?")
    sentence = turn.locator(".sentence").first
    expect(sentence).to_have_text("The notice period of the garage is 12 weeks.", timeout=30_000)
    sentence.click()
    expect(page.locator("mark")).to_be_visible()
    expect(page.locator(".source-outdated")).to_have_count(0)

    document = row(page, "notice.txt")
    document.hover()
    document.get_by_role("button", name="Versions of notice.txt").click()
    versions = document.get_by_role("group", name="Versions of notice.txt").get_by_role("listitem")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("Active")
    document.get_by_role("button", name="Restore version 1").click()
    expect(document.get_by_role("group")).to_have_count(0)
    expect(document).to_contain_text("Ready", timeout=60_000)
    document.get_by_role("button", name="Versions of notice.txt").click()
    expect(versions.last).to_contain_text("Active")

    again = ask(page, "How long is the notice period of the garage?")
    expect(again.locator(".sentence").first).to_have_text(
        "The notice period of the garage is 10 weeks.", timeout=30_000
    )
    page.locator(".sentence", has_text="12 weeks").click()
    expect(page.locator("mark")).to_have_text("The notice period of the garage is 12 weeks.")
    expect(page.locator(".source-outdated")).to_contain_text("Another one has replaced it since")


def test_the_address_of_a_chat_citation_opens_its_words(page: Page, base_url: str) -> None:
    choose(page, ("pool.txt", b"The water of the pool is changed. Every 40 days it is tested too."))
    expect(row(page, "pool.txt").first).to_contain_text("Ready", timeout=60_000)
    asked = {"role": "user", "content": "How often is the water of the pool tested?"}
    answer = page.request.post(
        f"{base_url}/v1/chat/completions", data={"model": "citewell", "messages": [asked]}
    ).json()
    citation = next(
        each for each in answer["choices"][0]["message"]["annotations"] if "40 days" in each["citewell"]["quote"]
    )
    page.goto(citation["url_citation"]["url"])
    expect(page.locator("mark")).to_have_text("Every 40 days it is tested too.")
    expect(page.locator(".source-title")).to_have_text("pool")
    page.get_by_role("button", name="Close the source").click()
    expect(page.locator("mark")).to_be_hidden()
