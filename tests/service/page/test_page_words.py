"""The page in the languages of its readers: chosen by the browser or on the page, for a whole question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from api.views.words import dictionaries
from tests.service.page import scripts
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import expect
from tests.support.readers_remarks import expected_remarks
from tests.support.servers.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration
LANGUAGES = sorted(dictionaries())
READING_WORDS = """async (remarks) => {
  const { readingWords } = await import("/page/documents/reading_words.js");
  return remarks.map(readingWords);
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


def words(language: str, key: str, **values: object) -> str:
    found = dictionaries()[language][key]
    return (found if isinstance(found, str) else found["other"]).format(**values)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, base_url: str, language: str) -> Iterator[Page]:
    faults = Faults()
    with opened_page(browser, base_url, faults, locale=language) as opened:
        opened.goto(base_url)
        opened.locator("#welcome-title:not(:empty)").wait_for()
        yield opened
        assert opened.evaluate("window.violations") == []
    assert faults == Faults()


def test_a_question_is_asked_and_answered_in_the_language_of_the_browser(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", name=words(language, "welcome.ready"))).to_be_visible()
    box = page.get_by_label(words(language, "chat.question"))
    box.fill(scripts.MEALS_QUESTION)
    box.press("Enter")
    turn = page.get_by_role("article", name=words(language, "chat.turn")).last
    expect(turn.locator(".receipt")).to_be_visible()
    expect(turn.locator(".checked")).to_contain_text(words(language, "answer.checked"))
    expect(turn.get_by_role("group", name=words(language, "chat.sources"))).to_be_visible()
    turn.get_by_text(words(language, "answer.how")).click()
    turn.get_by_role("button", name=words(language, "feedback.bad")).click()
    turn.get_by_role("button", name=words(language, "answer.source_page", number=1, page=6)).first.click()
    expect(page.locator("mark")).to_have_text([scripts.MEALS_QUOTE])
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(OVERFLOW) <= 0


def test_a_failure_is_told_in_the_language_with_its_details_folded(page: Page, language: str) -> None:
    box = page.get_by_label(words(language, "chat.question"))
    box.fill(scripts.ERROR_QUESTION)
    box.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(words(language, "problem.generator_failed"))
    technical = alert.get_by_text("connection reset")
    expect(technical).to_be_hidden()
    alert.get_by_text(words(language, "common.details")).click()
    expect(technical).to_be_visible()


def test_another_language_can_be_chosen_and_is_remembered(page: Page, language: str) -> None:
    other = LANGUAGES[LANGUAGES.index(language) - 1]
    choice = page.get_by_label(words(language, "language.choice"))
    expect(choice).to_have_value(language)
    choice.select_option(words(other, "language.name"))
    expect(page.locator("html")).to_have_attribute("lang", other)
    expect(page.get_by_role("heading", name=words(other, "welcome.ready"))).to_be_visible()
    page.reload()
    expect(page.get_by_label(words(other, "language.choice"))).to_have_value(other)


def test_no_language_costs_a_request(page: Page) -> None:
    names = page.evaluate('performance.getEntriesByType("resource").map(({ name }) => name)')
    assert names != []
    assert not any("/page/words/" in name for name in names)


def test_what_readers_say_of_files_is_told_in_the_language(page: Page, language: str) -> None:
    remarks = sorted(expected_remarks())
    assert len(remarks) > 40
    told = page.evaluate(READING_WORDS, [*remarks, "list.xlsx: 1 hidden sheet left out: 'A', 'B' and 2 more"])
    if language == "en":
        assert told[0] == sentence(remarks[0])
        return
    assert [remark for remark, said in zip(remarks, told, strict=False) if said == sentence(remark)] == []
    names = words(language, "reading.and_some_more", names="'A', 'B'", count=2)
    assert told[-1].startswith("List.xlsx: ")
    assert names in told[-1]
    assert [said for said in told if "{" in said] == []


def sentence(remark: str) -> str:
    return f"{remark[0].upper()}{remark[1:]}."
