from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.servers.page_server import PageState

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright_api.expect

pytestmark = pytest.mark.integration

# Keeps every text that a document's row has shown, so that no stage can pass unseen between two looks.
RECORD_ROWS = """(list) => {
  window.shown = [];
  new MutationObserver(() => {
    for (const meta of list.querySelectorAll(".row-meta")) window.shown.push(meta.textContent);
  }).observe(list, { childList: true, subtree: true, characterData: true });
}"""
DROP = """(target, names) => {
  const transfer = new DataTransfer();
  for (const name of names) transfer.items.add(new File([`Text of ${name}`], name, { type: "text/plain" }));
  for (const type of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}"""


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    payloads: list[FilePayload] = [
        {"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files
    ]
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add documents").click()
    chooser.value.set_files(payloads)


def row(page: Page, name: str) -> Locator:
    return page.locator("#document-list > li").filter(has_text=name)


def test_chosen_file_goes_through_every_stage_until_it_is_ready(page: Page) -> None:
    page.locator("#document-list").evaluate(RECORD_ROWS)
    choose(page, ("chosen.txt", b"Some words. " * 20_000))
    expect(row(page, "chosen.txt")).to_contain_text("Ready")
    expect(row(page, "chosen.txt")).to_contain_text("8 passages")
    expect(row(page, "chosen.txt").get_by_role("progressbar")).to_have_count(0)
    stages = ["Checking the file", "Waiting its turn", "Reading the file", "Indexing"]
    shown = page.evaluate("window.shown")
    assert [text for text in dict.fromkeys(text.split(",")[0] for text in shown) if text in stages] == stages
    assert any(text.startswith("Indexing, ") and text.endswith(" of 8") for text in shown)


def test_several_files_can_be_dropped_anywhere(page: Page, state: PageState) -> None:
    page.locator("#conversation").evaluate(DROP, ["first.txt", "second.txt", "third.txt", "fourth.txt"])
    expect(page.locator("#drop-zone")).to_be_hidden()
    for name in ("first.txt", "second.txt", "third.txt", "fourth.txt"):
        expect(row(page, name)).to_contain_text("Ready")
    assert "Text of third.txt" in state.texts.values()


def test_failed_job_shows_its_reason(page: Page) -> None:
    choose(page, ("broken.pdf", b"%PDF-1.7"))
    expect(row(page, "broken.pdf")).to_contain_text("Failed")
    expect(row(page, "broken.pdf")).to_contain_text(
        "“broken.pdf” cannot be read. Open it in its own program, save it anew, and add that."
    )
    expect(row(page, "broken.pdf").get_by_role("button", name="broken.pdf", exact=True)).to_be_disabled()


def test_delete_asks_first(page: Page, state: PageState) -> None:
    choose(page, ("unwanted.txt", b"Words."))
    unwanted = row(page, "unwanted.txt")
    expect(unwanted).to_contain_text("Ready")
    unwanted.hover()
    unwanted.get_by_role("button", name="Delete unwanted.txt").click()
    expect(unwanted.get_by_role("button", name="Keep")).to_be_focused()
    expect(unwanted).to_contain_text("The answers that quote it go from the conversations too, with their questions.")
    page.keyboard.press("Escape")
    expect(unwanted.get_by_role("group")).to_have_count(0)
    unwanted.get_by_role("button", name="Delete unwanted.txt").click()
    unwanted.get_by_role("button", name="Delete", exact=True).click()
    expect(unwanted).to_have_count(0)
    assert "unwanted.txt" not in [found["name"] for found in state.documents.values()]


def test_new_collection_begins_empty_and_takes_uploads(page: Page, state: PageState) -> None:
    page.get_by_label("Collection", exact=True).select_option(label="New collection…")
    page.get_by_label("Name of the new collection").fill("合同 2026")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ask your own documents")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(0)
    choose(page, ("contract.txt", b"Words."))
    expect(row(page, "contract.txt")).to_contain_text("Ready")
    assert [found["collection"] for found in state.documents.values() if found["name"] == "contract.txt"] == [
        "合同 2026"
    ]
    page.reload()
    expect(row(page, "contract.txt")).to_be_visible()
    page.get_by_label("Collection", exact=True).select_option("default")
    expect(row(page, "travel-and-expenses.pdf")).to_be_visible()
    expect(row(page, "contract.txt")).to_have_count(0)


def test_a_ready_document_opens_at_its_beginning(page: Page) -> None:
    row(page, "employee-handbook.docx").get_by_role("button", name="employee-handbook.docx", exact=True).click()
    panel = page.get_by_role("complementary", name="Employee handbook")
    expect(panel.locator(".source-body")).to_contain_text("The working week has 38 hours.")
    panel.get_by_role("button", name="Text", exact=True).click()
    expect(panel.locator(".passage")).to_contain_text("Keep the originals until the claim has been paid.")
    expect(panel.locator("mark")).to_have_count(0)
    expect(panel.locator(".source-count")).to_be_empty()
    expect(panel.get_by_role("button", name="Next citation")).to_be_hidden()
    expect(panel.get_by_role("link", name="Download the original")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="employee-handbook.docx", exact=True)).to_be_focused()


def test_narrow_screen_keeps_the_documents_in_a_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    documents = page.get_by_role("navigation", name="Documents")
    expect(documents).to_be_hidden()
    page.get_by_role("button", name="Show documents").click()
    expect(documents.get_by_role("listitem").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(documents).to_be_hidden()
    page.get_by_role("button", name="Show documents").click()
    address = page.url
    page.go_back()
    expect(documents).to_be_hidden()
    assert page.url == address
    page.get_by_role("button", name="Show documents").click()
    page.get_by_role("button", name="travel-and-expenses.pdf", exact=True).click()
    expect(documents).to_be_hidden()
    expect(page.get_by_role("complementary", name="Travel and expenses policy")).to_be_visible()
    page.go_back()
    expect(page.locator("#source-panel")).to_be_hidden()
    assert page.url == address
    assert page.evaluate("document.documentElement.scrollWidth") == 390
