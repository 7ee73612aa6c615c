"""Rows of documents whose newest version is on its way, was cancelled or failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from tests.service.page.test_page_documents import choose, expect, row
from tests.support.servers.page_server import PageState, ScriptedDocument, create_page_app, serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration

FAILURE = "cannot be read. Open it in its own program, save it anew, and add that."


@pytest.fixture
def page_app() -> FastAPI:
    names = ("slow-rules.txt", "broken-rules.txt")
    return create_page_app(
        [ScriptedDocument(document_id=name, name=name, title=name, text="The rules.") for name in names], {}
    )


@pytest.fixture
def base_url(page_app: FastAPI) -> Iterator[str]:
    with serve(page_app) as url:
        yield url


@pytest.mark.parametrize("reloaded", [False, True])
def test_cancelled_first_upload_leaves_the_list(page: Page, state: PageState, *, reloaded: bool) -> None:
    choose(page, ("slow-new.txt", b"Words."))
    new = row(page, "slow-new.txt")
    expect(new).to_contain_text("Reading the file")
    if reloaded:
        page.reload()
    new.hover()
    expect(new.get_by_role("button", name="Delete slow-new.txt")).to_have_count(0)
    expect(new.get_by_role("button", name="Versions of slow-new.txt")).to_have_count(0)
    new.get_by_role("button", name="Cancel slow-new.txt").click()
    expect(new).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("slow-new.txt was cancelled.")
    assert [job["state"] for job in state.jobs.values()] == ["cancelled"]


def test_cancelled_update_leaves_the_version_before_it_ready(page: Page) -> None:
    choose(page, ("slow-rules.txt", b"Newer rules."))
    rules = row(page, "slow-rules.txt")
    expect(rules).to_have_count(1)
    expect(rules).to_contain_text("Reading the file")
    rules.hover()
    rules.get_by_role("button", name="Versions of slow-rules.txt").click()
    expect(rules.get_by_role("group", name="Versions of slow-rules.txt")).to_contain_text("Active")
    rules.get_by_role("button", name="Cancel slow-rules.txt").click()
    expect(rules.locator(".row-state")).to_have_text("Ready1 passage")
    expect(rules.get_by_role("progressbar")).to_have_count(0)
    expect(rules.get_by_role("button", name="Delete slow-rules.txt")).to_have_count(1)


def test_cancel_that_the_service_refuses_says_so_and_can_be_repeated(page: Page) -> None:
    refusal = {"status": 503, "code": "catalog_unavailable", "detail": "The catalogue is busy. Try again."}
    page.route("**/cancel", lambda route: route.fulfill(status=503, json=refusal))
    choose(page, ("slow-new.txt", b"Words."))
    new = row(page, "slow-new.txt")
    new.get_by_role("button", name="Cancel slow-new.txt").click()
    expect(new).to_contain_text("The catalogue of documents cannot be read now. Try again in a moment.")
    page.unroute("**/cancel")
    new.get_by_role("button", name="Cancel slow-new.txt").click()
    expect(new).to_have_count(0)


@pytest.mark.parametrize("reloaded", [False, True])
def test_failed_update_is_told_while_the_document_stays_ready(page: Page, *, reloaded: bool) -> None:
    choose(page, ("broken-rules.txt", b"Newer rules."))
    rules = row(page, "broken-rules.txt").first
    expect(rules).to_contain_text("The last update failed")
    if reloaded:
        page.reload()
    expect(rules.locator(".row-state")).to_have_text("Ready1 passage")
    expect(rules).to_contain_text(f"The last update failed: “broken-rules.txt” {FAILURE}")
    rules.hover()
    rules.get_by_role("button", name="Versions of broken-rules.txt").click()
    versions = rules.get_by_role("group", name="Versions of broken-rules.txt").get_by_role("listitem")
    expect(versions.first).to_contain_text(FAILURE)
    expect(versions.last).to_contain_text("Active")
