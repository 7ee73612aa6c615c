"""The page of documents and that of one document, against the real service."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import expect
from tests.service.page.test_page_documents import choose
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Locator, Page

pytestmark = pytest.mark.integration

HANDBOOK = """---
tags: [staff, rules]
year: 2024
---
# Handbook

## Vacation

Full-time employees get 30 days of vacation a year. Unused days expire at the end of March.

## Travel

Trains are booked in second class. Flights shorter than six hours are booked in economy class.
"""
GARAGE = "# Garage\n\n## Notice\n\nThe notice period of the garage is 12 weeks.\n"
CANTEEN = "# Canteen\n\n## Hours\n\nThe canteen is open from 11 to 14 o'clock on weekdays.\n"


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(port=0))
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60) as client:
            for name, text in (("handbook.md", HANDBOOK), ("garage.md", GARAGE), ("canteen.md", CANTEEN)):
                take_in(client, name, text.encode(), collection="staff")
            client.post("/v1/collections", json={"name": "archive"}).raise_for_status()
        yield url


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    faults = Faults()
    with opened_page(browser, base_url, faults) as opened:
        yield opened
        assert opened.evaluate("window.violations") == []
    assert faults == Faults()


def open_list(page: Page, base_url: str, collection: str) -> Locator:
    page.goto(f"{base_url}/documents?collection={collection}")
    rows = page.locator(".grid-row")
    rows.first.wait_for()
    return rows


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def test_questions_are_asked_of_the_selected_documents_only(page: Page, base_url: str) -> None:
    open_list(page, base_url, "staff")
    row(page, "canteen.md").get_by_role("checkbox").click()
    page.get_by_role("button", name="Ask only these").click()
    narrowing = page.locator("#narrowing")
    expect(narrowing).to_contain_text("Asks only 1 chosen document: canteen.md.")
    page.locator("#question").fill("How long is the notice period of the garage?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn .receipt")).to_have_count(1)
    expect(page.locator(".turn .narrowed")).to_have_text("Asks only 1 chosen document.")
    expect(page.locator(".turn")).not_to_contain_text("12 weeks")
    page.reload()
    expect(page.locator(".turn .narrowed")).to_be_visible()
    expect(narrowing).to_contain_text("1 chosen document")
    narrowing.get_by_role("button", name="Ask all documents").click()
    page.locator("#question").fill("How long is the notice period of the garage?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn").last).to_contain_text("12 weeks", timeout=30_000)
    expect(page.locator(".turn").last.locator(".narrowed")).to_have_count(0)


def test_a_document_shows_what_was_read_of_it_and_what_a_question_finds(page: Page, base_url: str) -> None:
    open_list(page, base_url, "staff")
    row(page, "handbook.md").get_by_role("link").click()
    side = page.locator(".document-side")
    expect(page.get_by_role("heading", name="Handbook").first).to_be_visible()
    expect(side.get_by_role("list", name="Tags")).to_contain_text("rules")
    expect(side.get_by_role("spinbutton", name="year")).to_have_value("2024")
    side.get_by_role("spinbutton", name="year").fill("2025")
    page.keyboard.press("Tab")
    expect(page.locator("#announcer")).to_have_text("year is 2025. It was 2024.")
    side.get_by_role("button", name="Take 2024 again").click()
    expect(side.get_by_role("spinbutton", name="year")).to_have_value("2024")
    side.get_by_label("Name of a new field").fill("Year")
    value = side.get_by_label("Its value: text, a number, or a day as 2026-11-30")
    value.fill("2025")
    page.keyboard.press("Enter")
    expect(side.get_by_role("group", name="Year")).to_contain_text("“Year” is 2024 now. Replace it with 2025?")
    page.keyboard.press("Escape")
    expect(value).to_be_focused()
    page.keyboard.press("Enter")
    side.get_by_role("button", name="Replace").click()
    expect(side.get_by_role("spinbutton", name="year")).to_have_value("2025")
    side.get_by_label("Name of a new field").fill("signed")
    value.fill("2026-02-30")
    page.keyboard.press("Enter")
    expect(side.get_by_role("alert")).to_contain_text("“2026-02-30” is no day of the calendar.")
    side.get_by_role("textbox", name="Add a tag").fill("current")
    page.keyboard.press("Enter")
    expect(side.get_by_role("list", name="Tags")).to_contain_text("current")
    expect(side.get_by_role("listitem").filter(has_text="Version 1")).to_contain_text("Active")
    side.get_by_role("tab", name="Outline").click()
    side.get_by_role("button", name="Travel").click()
    expect(page.locator("#viewer mark").first).to_contain_text("Travel")
    side.get_by_role("tab", name="Passages").click()
    side.get_by_label("Question to test").fill("How many days of vacation do employees get?")
    page.keyboard.press("Enter")
    best = side.locator(".passage-row").first
    expect(best.locator(".chip")).to_have_text("Found, place 1")
    expect(best.locator(".passage-steps")).to_contain_text("By meaning")
    expect(best).to_contain_text("30 days of vacation")
    best.locator(".passage-open").click()
    expect(page.locator("#viewer mark").filter(has_text="30 days of vacation").first).to_be_visible()
    page.goto(f"{base_url}/documents?collection=staff")
    page.get_by_label("Field", exact=True).select_option("year")
    page.get_by_label("From", exact=True).fill("2025")
    expect(page.locator(".filters-count")).to_have_text("1 found")
    expect(page.locator(".grid-row")).to_contain_text(["handbook.md"])


def test_a_zip_is_unpacked_and_what_failed_is_said_once(page: Page, base_url: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.md", "# Good\n\nThe good news is here.")
        for number in range(29):
            archive.writestr(f"tool-{number}.exe", "MZ")
    page.goto(f"{base_url}/documents?collection=archive")
    payload: FilePayload = {"name": "pack.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    page.locator("#files").set_input_files([payload])
    failures = page.locator("#upload-failures")
    expect(failures).to_contain_text("29 files were not added")
    expect(failures.locator(".failures-reasons li")).to_have_count(1)
    expect(row(page, "good.md")).to_contain_text("Ready", timeout=60_000)
    failures.get_by_role("button", name="Dismiss").click()
    expect(failures).to_be_hidden()


def test_many_documents_that_failed_are_one_line_beside_the_conversation(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        client.post("/v1/collections", json={"name": "broken"}).raise_for_status()
    page.goto(f"{base_url}/?collection=broken")
    choose(page, *((f"broken-{number}.pdf", b"%PDF-1.7 broken") for number in range(5)), ("good.txt", b"Good words."))
    failed, rows = page.locator("#failed-documents"), page.locator("#document-list > li")
    expect(failed).to_contain_text("5 documents could not be read.", timeout=90_000)
    expect(rows.filter(has_text="good.txt")).to_contain_text("Ready", timeout=60_000)
    expect(rows).to_have_count(1)
    failed.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(6)
    failed.get_by_role("button", name="Remove all of them").click()
    expect(failed).to_be_hidden()
    expect(rows).to_have_count(1)


def test_a_collection_is_made_described_and_renamed(page: Page, base_url: str) -> None:
    open_list(page, base_url, "staff")
    page.get_by_label("Collection", exact=True).select_option(label="New collection…")
    page.get_by_label("Name of the new collection").fill("Law")
    page.get_by_label("What it holds (optional)").fill("Contracts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Law")).to_be_visible()
    expect(page.locator("#description")).to_have_text("Contracts")
    page.get_by_role("button", name="Settings").click()
    settings = page.get_by_role("region", name="This collection")
    settings.get_by_label("How words and meaning are joined").select_option("rrf")
    settings.get_by_label("Name", exact=True).fill("Legal")
    settings.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Legal")).to_be_visible()
    assert page.url.endswith("collection=Legal")
    expect(page.get_by_role("link", name="Evaluations")).to_have_attribute("href", f"{base_url}/evals?collection=Legal")
    with httpx.Client(base_url=base_url) as client:
        found = client.get("/v1/collections/Legal").raise_for_status().json()
    assert (found["description"], found["settings"]["fusion"]["method"]) == ("Contracts", "rrf")


def test_documents_move_to_a_new_collection_that_is_then_deleted(page: Page, base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        for name in ("ferry", "harbour"):
            take_in(client, f"{name}.md", f"# {name}\n\nThe {name} opens at nine.".encode(), collection="port")
    open_list(page, base_url, "port")
    row(page, "ferry.md").get_by_role("checkbox").click()
    bar = page.get_by_role("region", name="What to do with the selected documents")
    bar.get_by_role("button", name="Move").click()
    bar.get_by_label("Collection to move to").select_option(label="New collection…")
    bar.get_by_label("Name of the new collection").fill("Boats")
    bar.get_by_role("button", name="Move there").click()
    expect(bar).to_contain_text("1 document moved to Boats.")
    choice = page.get_by_label("Collection", exact=True)
    choice.select_option("Boats")
    expect(row(page, "ferry.md")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    settings = page.get_by_role("region", name="This collection")
    settings.get_by_role("button", name="Delete the collection").click()
    expect(settings).to_contain_text("Delete the collection “Boats” and the document in it?")
    settings.get_by_role("button", name="Delete", exact=True).click()
    expect(choice).to_have_value("default")
    assert "Boats" not in choice.locator("option").all_inner_texts()
    with httpx.Client(base_url=base_url) as client:
        assert client.get("/v1/collections/Boats").status_code == 404
        assert client.get("/v1/collections/port").json()["documents"] == 1
