"""Uploads of many files, what is said of those that failed, and collections that are named first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.service.page.test_page_documents import DROP, choose, expect, row
from tests.support.servers.page_server import PageState

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration


def test_refused_uploads_are_one_summary_and_never_rows(page: Page) -> None:
    choose(page, ("nothing.txt", b""))
    failures = page.locator("#upload-failures")
    expect(failures).to_contain_text("“nothing.txt” is empty. Check the file and add it again.")
    expect(failures).not_to_contain_text("false")
    expect(row(page, "nothing.txt")).to_have_count(0)
    choose(page, *((f"tool-{number}.exe", b"MZ") for number in range(29)), ("good.txt", b"Words."))
    expect(failures).to_contain_text("30 files were not added")
    expect(failures.locator(".failures-reasons li")).to_have_count(2)
    expect(failures).to_contain_text("29 files are of types that are not read: .exe (29).")
    failures.get_by_text("Show their names").click()
    expect(failures).to_contain_text("tool-17.exe")
    expect(row(page, "good.txt")).to_contain_text("Ready")
    expect(row(page, "exe")).to_have_count(0)
    expect(failures.get_by_role("button", name="Try again")).to_have_count(0)
    failures.get_by_role("button", name="Dismiss").click()
    expect(failures).to_be_hidden()


def test_uploads_that_the_server_failed_can_be_tried_again(page: Page, state: PageState) -> None:
    state.catalog_is_down = True
    choose(page, ("unlucky.txt", b"Words."), ("dropped.txt", b"Words."))
    failures = page.locator("#upload-failures")
    expect(failures).to_contain_text(
        "2 files, the first of them: The catalogue of documents cannot be read now. Try again in a moment."
    )
    state.catalog_is_down = False
    failures.get_by_role("button", name="Try again").click()
    for name in ("unlucky.txt", "dropped.txt"):
        expect(row(page, name)).to_contain_text("Ready")
    expect(failures).to_be_hidden()


def test_a_folder_keeps_its_paths_and_leaves_hidden_files_out(page: Page, state: PageState, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "rent.txt").write_text("Rent.")
    (folder / ".DS_Store").write_text("x")
    page.locator("#folder").set_input_files(folder)
    expect(row(page, "contracts/2026/rent.txt")).to_contain_text("Ready")
    expect(row(page, "DS_Store")).to_have_count(0)
    assert "contracts/2026/rent.txt" in [found["name"] for found in state.documents.values()]


def test_a_new_collection_is_named_before_a_file_goes_into_it(page: Page, state: PageState) -> None:
    page.get_by_label("Collection", exact=True).select_option(label="New collection…")
    page.locator("#conversation").evaluate(DROP, ["waits.txt"])
    expect(page.locator("#collection-note")).to_have_text("A file waits for the new collection. Name it first.")
    page.get_by_label("Name of the new collection").fill("Named first")
    page.get_by_label("What it holds").fill("Files that waited")
    page.keyboard.press("Enter")
    expect(row(page, "waits.txt")).to_contain_text("Ready")
    assert [found["collection"] for found in state.documents.values() if found["name"] == "waits.txt"] == [
        "Named first"
    ]
    assert state.collections["Named first"]["description"] == "Files that waited"
    page.get_by_label("Collection", exact=True).select_option(label="New collection…")
    page.get_by_label("Name of the new collection").fill("Named first")
    page.keyboard.press("Enter")
    expect(page.locator("#collection-note")).to_have_text("There is a collection of this name. Choose another.")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Collection", exact=True)).to_have_value("Named first")


def test_another_tab_learns_of_uploads_and_deletes(page: Page, base_url: str) -> None:
    other = page.context.new_page()
    other.goto(base_url)
    expect(row(other, "employee-handbook.docx")).to_be_visible()
    choose(page, ("shared-news.txt", b"Words."))
    expect(row(other, "shared-news.txt")).to_contain_text("Ready")
    news = row(page, "shared-news.txt")
    news.hover()
    news.get_by_role("button", name="Delete shared-news.txt").click()
    news.get_by_role("button", name="Delete", exact=True).click()
    expect(row(other, "shared-news.txt")).to_have_count(0)
    other.close()


def test_found_documents_can_be_asked_alone(page: Page, state: PageState) -> None:
    choose(page, *((f"filler-{number}.txt", b"Words.") for number in range(6)))
    expect(row(page, "filler-5.txt")).to_contain_text("Ready")
    page.get_by_label("Find a document").fill("travel")
    expect(page.locator("#document-list > li")).to_have_count(1)
    page.get_by_role("button", name="Ask only these").click()
    expect(page.locator("#narrowing")).to_contain_text("Asks only documents named “travel”.")
    page.keyboard.type("Nobody knows this?")
    with page.expect_response("**/v1/ask"):
        page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(1)
    assert state.asked[-1]["filter"] == {"name": "travel"}
    page.get_by_role("button", name="Ask all documents").click()
    expect(page.locator("#narrowing")).to_be_hidden()
    page.keyboard.type("And now?")
    with page.expect_response("**/v1/ask"):
        page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    assert state.asked[-1]["filter"] == {}
