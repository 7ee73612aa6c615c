"""The page in the languages of its readers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    faults = Faults()
    with opened_page(browser, base_url, faults, locale="de-AT") as opened:
        opened.goto(base_url)
        opened.locator("#welcome-title:not(:empty)").wait_for()
        yield opened
        assert opened.evaluate("window.violations") == []
    assert faults == Faults()


def test_the_language_is_that_of_the_browser_until_another_is_chosen(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "de")
    choice = page.get_by_label("Sprache")
    expect(choice).to_have_value("de")
    choice.select_option("Español")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.reload()
    expect(page.get_by_label("Idioma")).to_have_value("es")
