from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service.page.test_page import ask_about_meals
from tests.support.servers.page_server import PageState

if TYPE_CHECKING:
    from playwright.sync_api import Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright_api.expect

pytestmark = pytest.mark.integration


def test_a_thumb_up_is_sent_and_shown(page: Page, state: PageState) -> None:
    turn = ask_about_meals(page)
    turn.get_by_role("button", name="Good answer").click()
    expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    expect(turn.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "false")
    assert state.feedback[-1]["verdict"] == "up"
    assert state.feedback[-1]["request_id"]


def test_a_thumb_down_asks_for_reasons_and_a_comment(page: Page, state: PageState) -> None:
    turn = ask_about_meals(page)
    turn.get_by_role("button", name="Good answer").click()
    turn.get_by_role("button", name="Bad answer").click()
    expect(turn.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "false")
    expect(turn.locator(".feedback-form")).to_be_in_viewport(ratio=1)
    turn.get_by_role("checkbox", name="Wrong source").check()
    turn.get_by_role("checkbox", name="Incomplete").check()
    turn.get_by_label("Comment").fill("Lunch is missing.")
    turn.get_by_role("button", name="Send feedback").click()
    expect(turn.get_by_label("Comment")).to_be_hidden()
    expect(turn.get_by_role("status")).to_have_text("Thank you.")
    assert state.feedback[-1]["reasons"] == ["incomplete", "wrong_source"]
    assert state.feedback[-1]["comment"] == "Lunch is missing."


def test_feedback_that_cannot_be_kept_says_why(page: Page, state: PageState) -> None:
    state.feedback_is_off = True
    try:
        turn = ask_about_meals(page)
        turn.get_by_role("button", name="Good answer").click()
        expect(turn.get_by_role("status")).to_contain_text("Feedback is off: this service keeps no answers.")
        expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "false")
    finally:
        state.feedback_is_off = False
