"""The page of models against the real service, with scripted model servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.settings import GenerationSettings, ServerSettings, Settings, StorageSettings
from tests.service.page.test_page import expect
from tests.support.servers.axe import violations
from tests.support.servers.openai_server import Script, loopback_openai_server
from tests.support.servers.strange_servers import Answer, strange_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration
WRITTEN = ["The warranty of the kettle", " lasts 24 months", " from the day of purchase", " [1]."]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    unnamed = dict(GenerationSettings()) | {"url": "http://127.0.0.1:9/v1"}
    settings = Settings(
        storage=StorageSettings(folder=folder),
        server=ServerSettings(port=0),
        generation=GenerationSettings.model_construct(_fields_set=set(), **unnamed),
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(autouse=True)
def nothing_stays(base_url: str) -> Iterator[None]:
    yield
    path = f"{base_url}/v1/models/endpoints"
    for each in httpx.get(path).json()["endpoints"]:
        httpx.delete(f"{path}/{each['id']}")


def test_the_chat_says_that_answers_are_quotes_and_leads_to_the_page(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.locator("#model-notice")).to_contain_text("no model is connected")
    page.locator("#model-notice").get_by_role("link", name="Connect a model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")


def connected(base_url: str, url: str) -> None:
    prices = {"prompt_price": 1, "completion_price": 2, "currency": "EUR"}
    body = {"name": "tiny", "url": url, "model": "tiny-model"} | prices
    httpx.post(f"{base_url}/v1/models/endpoints", json=body).raise_for_status()


def test_a_model_is_tried_from_the_page_cancelled_and_tried_again(page: Page, base_url: str) -> None:
    script = Script(pieces=list(WRITTEN))
    with loopback_openai_server(script) as url:
        connected(base_url, url)
        page.goto(f"{base_url}/models")
        attempt = page.get_by_role("button", name="Try tiny with a set of questions")
        attempt.click()
        running = page.locator("#running-trial")
        expect(running.get_by_role("progressbar", name="Trial of tiny-model")).to_be_visible(timeout=30_000)
        page.reload()
        running.get_by_role("button", name="Cancel").click()
        expect(running).to_be_hidden(timeout=30_000)
        card = page.get_by_role("article", name="Trial of tiny-model")
        expect(card).to_contain_text("The trial of tiny-model was stopped before its end.")
        attempt.click()
        expect(card.first.get_by_role("row", name="Right")).to_contain_text("of 20", timeout=120_000)
        expect(card.get_by_role("row", name="Cost of 1,000 questions")).to_contain_text("EUR")
        expect(card).to_contain_text("fewer of 20 questions right than quoting does")
        assert violations(page) == []
        page.reload()
        expect(card.get_by_role("row", name="First word")).to_contain_text(" s")


def test_a_model_that_does_not_answer_is_not_tried(page: Page, base_url: str) -> None:
    with strange_server(Answer(status="401 Unauthorized")) as port:
        connected(base_url, f"http://127.0.0.1:{port}/v1")
        page.goto(f"{base_url}/models")
        page.get_by_role("button", name="Try tiny with a set of questions").click()
        expect(page.locator(".row-trial")).to_contain_text("The server asks for a key", timeout=30_000)
    expect(page.locator("#running-trial")).to_be_hidden()
