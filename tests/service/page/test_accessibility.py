"""Every page without a violation of axe's rules, light and dark, wide and narrow; and how heavy the page is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from api.views.words import LANGUAGE_COOKIE, dictionaries
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.conftest import HANDBOOK
from tests.service.page import answer_scripts, scripts
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import ask, expect
from tests.support.servers.axe import violations
from tests.support.servers.evaluations import wait_for_run
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration
MOST_BYTES = 300_000
MOST_MILLISECONDS = 1_000
SHOWN = {
    "/": "#welcome-title:not(:empty)",
    "/models": "#writing:not(:empty)",
    "/documents?collection=staff": ".grid-row",
    "/documents/DOCUMENT": ".version",
    "/evals": ".run",
    "/evals/drafts": "h1",
    "/evals/RUN": "h1",
    "/docs": ".opblock",
    "/?conversation=CONVERSATION": ".turn .receipt",
    "SHARED": ".turn .receipt",
    "/proof/ANSWER/1": "mark, .page-box, iframe, .document-pane",
}
"""Each page, with what is there once it is complete."""
QUESTION = {"id": "q1", "question": "How many days of vacation do employees get?", "answers": ["30 days"]}
WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
  .map(({ tagName, id, className }) => `${tagName} ${id} ${className}`).concat("the page")"""
FIRST_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0].startTime"""


def found(page: Page) -> list[str]:
    """Returns the violations of the page as it is, in each of its looks."""
    seen = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            seen += [f"{scheme} {width}: {each}" for each in violations(page)]
    return seen


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A real service with a finished run and a shared conversation, and the ids that stand in the addresses."""
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(port=0))
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60) as client:
            document = take_in(client, "handbook.md", HANDBOOK.encode(), collection="staff")
            begun = client.post("/v1/evals", json={"collection": "staff", "questions": [QUESTION]}).json()
            wait_for_run(client, begun["id"])
            conversation = client.post("/v1/conversations", json={"collection": "staff"}).json()["id"]
            asked = {"question": QUESTION["question"], "collection": "staff", "conversation_id": conversation}
            answer = client.post("/v1/ask", json=asked).raise_for_status().json()["receipt"]["request_id"]
            share = client.post(f"/v1/conversations/{conversation}/share").raise_for_status().json()["shared"]
        ids = {"RUN": begun["id"], "CONVERSATION": conversation, "SHARED": share, "ANSWER": answer}
        ids["DOCUMENT"] = document["id"]
        yield url, ids


def test_the_chat_with_all_that_it_shows(page: Page) -> None:
    assert found(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    for question in (
        *(scripts.MEALS_QUESTION, scripts.CAR_QUESTION, scripts.TABLE_QUESTION, scripts.ABSTAIN_QUESTION),
        *(scripts.ERROR_QUESTION, answer_scripts.ALIKE_QUESTION, answer_scripts.PRICES_QUESTION),
        answer_scripts.MARKDOWN_QUESTION,
    ):
        turn = ask(page, question)
        expect(turn.locator(".receipt, .problem")).to_be_visible()
    turn.locator("summary", has_text="How this was answered").click()
    turn.get_by_role("button", name="Bad answer").click()
    turn.get_by_role("button", name="Ask again…").click()
    turn.locator("summary", has_text="Export").click()
    assert found(page) == []
    turn.get_by_role("button", name="Source 1, page 6").first.click()
    expect(page.locator("mark")).to_be_visible()
    assert found(page) == []


@pytest.mark.parametrize(("path", "shown"), SHOWN.items())
def test_the_pages_of_the_service(browser: Browser, service: tuple[str, dict[str, str]], path: str, shown: str) -> None:
    url, ids = service
    for name, value in ids.items():
        path = path.replace(name, value)
    with opened_page(browser, url, Faults()) as page:
        page.goto(url + path, wait_until="networkidle")
        page.locator(shown).first.wait_for()
        assert found(page) == []


@pytest.mark.parametrize(("path", "shown"), SHOWN.items())
def test_no_page_is_wider_than_a_phone(
    browser: Browser, service: tuple[str, dict[str, str]], path: str, shown: str
) -> None:
    url, ids = service
    for name, value in ids.items():
        path = path.replace(name, value)
    wide = {}
    with opened_page(browser, url, Faults()) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        for language in dictionaries():
            page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": url}])
            page.goto(url + path)
            page.locator(shown).first.wait_for()
            wide[language] = page.evaluate(TOO_WIDE)
    assert {language: nodes for language, nodes in wide.items() if nodes} == {}


@pytest.mark.parametrize("path", [path for path in SHOWN if path != "/docs"])  # its files are those of Swagger UI
def test_every_view_is_light_and_quick(browser: Browser, service: tuple[str, dict[str, str]], path: str) -> None:
    url, ids = service
    for name, value in ids.items():
        path = path.replace(name, value)
    with opened_page(browser, url, Faults()) as page:
        page.goto(url + path, wait_until="networkidle")
        assert 0 < page.evaluate(WEIGHT) < MOST_BYTES
        # The best of three: the machine may be busy, the page is not.
        times = []
        for _ in range(3):
            page.reload(wait_until="networkidle")
            times.append(page.evaluate(FIRST_PAINT))
        assert min(times) < MOST_MILLISECONDS
