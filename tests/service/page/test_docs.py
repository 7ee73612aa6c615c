"""The API reference: Swagger UI from the service itself, under the page's policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"), server=ServerSettings(port=0)
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """The reference, open and rendered. A test fails if it met a policy violation, an error or a foreign address."""
    faults = Faults()
    with opened_page(browser, base_url, faults) as opened:
        opened.goto(f"{base_url}/docs")
        opened.locator(".opblock").first.wait_for()
        yield opened
        assert opened.evaluate("window.violations") == []
    assert faults == Faults()


def test_it_shows_every_operation_of_the_schema(page: Page) -> None:
    schema = create_app(Settings()).openapi()
    described = {(method.upper(), path) for path, operations in schema["paths"].items() for method in operations}
    blocks = page.locator(".opblock").all()
    shown = {
        (
            block.locator(".opblock-summary-method").inner_text(),
            str(block.locator(".opblock-summary-path").get_attribute("data-path")),
        )
        for block in blocks
    }
    assert shown == described
    assert len(blocks) == len(described)


def test_an_operation_can_be_opened_and_tried(page: Page) -> None:
    block = page.locator("#operations-health-healthz")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table .response-col_status", has_text="200").wait_for()


def test_a_large_operation_opens_with_its_models(page: Page) -> None:
    block = page.locator("#operations-questions-ask")
    block.locator(".opblock-summary-control").click()
    block.locator(".responses-table").wait_for()
    page.locator("section.models button").first.click()
    page.locator("section.models .json-schema-2020-12, section.models .model-container").first.wait_for()


def test_the_examples_of_requests_can_be_sent_as_they_are(page: Page) -> None:
    block = page.locator("#operations-questions-search")
    block.locator(".opblock-summary-control").click()
    example = json.loads(block.locator(".opblock-section-request-body .highlight-code").inner_text())
    assert example["query"] == "How long is the warranty?"
    assert example["filter"]["document_ids"] == ["string"]


def test_the_page_leads_to_it(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_role("link", name="API reference").click()
    page.locator(".opblock").first.wait_for()
    assert page.url == f"{base_url}/docs"
