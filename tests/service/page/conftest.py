"""A browser with the page open. Override ``base_url`` in a module to run it against another server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from tests.service.page import answer_scripts, scripts
from tests.support.servers.browser import chromium
from tests.support.servers.page_server import PageState, create_page_app, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

WATCH_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass(slots=True)
class Faults:
    """Complaints of the browser during a test."""

    console: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    missing_files: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def page_app() -> FastAPI:
    return create_page_app(scripts.DOCUMENTS, scripts.ANSWERS | answer_scripts.ANSWERS)


@pytest.fixture(scope="module")
def base_url(page_app: FastAPI) -> Iterator[str]:
    with serve(page_app) as url:
        yield url


@pytest.fixture
def state(page_app: FastAPI) -> PageState:
    found: PageState = page_app.state.page
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """The page, open and loaded. A test fails if the browser met a policy violation, an error or a foreign address."""
    faults = Faults()
    with opened_page(browser, base_url, faults) as opened:
        opened.goto(base_url)
        opened.locator("#welcome-title:not(:empty)").wait_for()
        yield opened
        violations = opened.evaluate("window.violations")
    assert violations == []
    assert faults == Faults()


@contextmanager
def opened_page(browser: Browser, base_url: str, faults: Faults, *, locale: str = "en-GB") -> Iterator[Page]:
    """An empty page of a new context, watched; ``window.violations`` holds violations of the policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale=locale, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    context.add_init_script(WATCH_VIOLATIONS)
    page = context.new_page()
    _watch(page, faults, base_url)
    yield page
    context.close()


def _watch(page: Page, faults: Faults, base_url: str) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # The browser itself reports every failed request; the tests of failures cause some on purpose.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            faults.console.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((base_url, "data:")):
            faults.foreign_requests.append(request.url)

    def on_response(response: Response) -> None:
        if response.status >= 400 and "/v1/" not in response.url:
            faults.missing_files.append(response.url)

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.exceptions.append(str(error)))
    page.on("request", on_request)
    page.on("response", on_response)
