"""The panel that shows a proof: its keys, its address, its links, and what it points out in tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import ask, expect
from tests.service.page.test_page_documents import choose, row
from tests.service.page.test_walk import PDF, QUOTE, open_proof, scan, sheet
from tests.support.servers.axe import violations
from tests.unit.ingest.parsing.samples import pdf_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration

COLOUR = "(chip) => getComputedStyle(chip).backgroundColor"


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"), server=ServerSettings(port=0)
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def _documents(page: Page) -> None:
    """The PDF, the spreadsheet and the scan are there and ready."""
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    if rows.count() == 0:
        choose(page, ("pump.pdf", PDF), ("depots.xlsx", sheet()), ("note.png", scan()))
    for name in ("pump.pdf", "depots.xlsx", "note.png"):
        expect(row(page, name).first).to_contain_text("Ready", timeout=90_000)


@pytest.mark.usefixtures("_documents")
def test_keys_zoom_and_turn_pages_and_the_form_is_remembered(page: Page) -> None:
    panel = open_proof(page, "How long is the warranty of the compressor?")
    fitting = panel.locator(".page-sheet").bounding_box()
    page.keyboard.press("+")
    page.keyboard.press("+")
    larger = panel.locator(".page-sheet").bounding_box()
    assert fitting is not None
    assert larger is not None
    assert larger["width"] == pytest.approx(1.5 * fitting["width"], rel=0.05)
    page.keyboard.press("0")
    expect(panel.locator(".zoom-level")).to_have_text("100%")
    page.keyboard.press("]")
    expect(panel.locator(".page-number")).to_have_text("3 / 3")
    expect(panel.locator(".page-box")).to_have_count(0)
    page.keyboard.press("[")
    expect(panel.locator(".page-box")).to_have_count(1)
    panel.get_by_role("button", name="Text", exact=True).click()
    expect(panel.locator(".source-body mark")).to_have_text(QUOTE)
    page.reload()
    panel = open_proof(page, "How long is the warranty of the compressor?")
    expect(panel.get_by_role("button", name="Text", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(panel.locator(".source-body mark")).to_have_text(QUOTE)


@pytest.mark.usefixtures("_documents")
def test_the_panel_stands_beside_the_answer_and_on_a_phone_back_closes_it(page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    panel = open_proof(page, "How long is the warranty of the compressor?")
    answer, beside = page.locator(".answer").bounding_box(), panel.bounding_box()
    assert answer is not None
    assert beside is not None
    assert answer["x"] + answer["width"] <= beside["x"]
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    address = page.url
    chip = page.locator(".citation").first
    resting = chip.evaluate(COLOUR)
    chip.click()
    page.mouse.move(10, 10)
    expect(panel).to_be_visible()
    expect(chip).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(panel).to_be_hidden()
    assert page.url == address
    expect(chip).not_to_have_attribute("aria-current", "true")
    assert chip.evaluate(COLOUR) == resting
    page.locator(".citation").first.click()
    panel.get_by_role("button", name="Close the source").click()
    expect(panel).to_be_hidden()
    expect(page.locator(".answer")).to_be_visible()


@pytest.mark.usefixtures("_documents")
def test_a_link_without_version_or_page_opens_the_active_version(page: Page, base_url: str) -> None:
    document = page.request.get(f"{base_url}/v1/documents").json()["documents"]
    pump = next(each["id"] for each in document if each["name"] == "pump.pdf")
    text = page.request.get(f"{base_url}/v1/documents/{pump}/text").json()["text"]
    start = text.index(QUOTE)
    page.goto(f"{base_url}/?document={pump}&start={start}&end={start + len(QUOTE)}")
    panel = page.locator("#source-panel")
    expect(panel.locator(".page-box")).to_be_in_viewport()
    expect(panel).not_to_contain_text("deleted since")
    expect(panel).not_to_contain_text("undefined")


@pytest.mark.usefixtures("_documents")
def test_the_address_names_the_open_proof_and_back_closes_it(page: Page) -> None:
    panel = open_proof(page, "How long is the warranty of the compressor?")
    proof = page.url
    assert "conversation=" in proof
    assert "&document=" in proof
    assert "&page=2" in proof
    page.reload()
    expect(panel.locator(".page-box")).to_be_in_viewport()
    expect(page.locator(".citation[aria-current]")).to_have_count(1)
    expect(page.locator(".source-count")).to_contain_text("1 of")
    assert page.url == proof

    page.go_back()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("article")).to_have_count(1)
    assert page.url == proof.partition("&document=")[0]
    page.go_forward()
    expect(panel.locator(".page-box")).to_be_in_viewport()
    panel.get_by_role("button", name="Close the source").click()
    expect(panel).to_be_hidden()
    expect(page).to_have_url(proof.partition("&document=")[0])

    page.locator(".citation").first.click()
    page.get_by_role("button", name="New conversation").first.click()
    expect(panel).to_be_hidden()
    assert "document=" not in page.url
    page.go_back()
    expect(page.locator(".turn-question")).to_have_text(["How long is the warranty of the compressor?"])


@pytest.mark.usefixtures("_documents")
def test_a_computed_number_opens_the_cells_that_it_was_computed_from(page: Page) -> None:
    turn = ask(page, "What is the sum of the pallets of all depots?")
    expect(turn.locator(".receipt")).to_be_visible(timeout=30_000)
    total = turn.get_by_role("button", name=str(sum(range(100, 160))), exact=True)
    values = page.locator("#source-panel .value")
    shown = turn.locator("tbody td:last-child").all_text_contents()  # of the rows that are cited
    assert shown[:2] == ["100", "101"]
    for key in (None, "Enter"):
        if key is None:
            total.click()
        else:
            total.press(key)
        expect(values.first).to_be_visible(timeout=30_000)
        assert values.all_text_contents() == shown
        expect(page.locator(".source-body:not([aria-busy]) > .html-view")).to_have_css("opacity", "1")
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(total).to_be_focused()
    turn.locator(".citation").first.click()
    expect(page.locator("#source-panel mark").first).to_be_visible()
    expect(values).to_have_count(0)


@pytest.mark.usefixtures("_documents")
def test_a_link_to_a_cell_that_is_no_citation_marks_the_cell(page: Page, base_url: str) -> None:
    documents = page.request.get(f"{base_url}/v1/documents").json()["documents"]
    depots = next(each for each in documents if each["name"] == "depots.xlsx")
    text = page.request.get(f"{base_url}/v1/documents/{depots['id']}/text").json()["text"]
    start = text.index("131")
    page.goto(f"{base_url}/?document={depots['id']}&version={depots['version_id']}&start={start}&end={start + 3}")
    panel = page.locator("#source-panel")
    expect(panel.locator("mark")).to_have_text(["131"])
    expect(panel.locator("mark")).to_be_in_viewport(ratio=1)
    expect(panel.locator(".source-title")).to_have_text("depots")
    expect(panel).not_to_contain_text("deleted since")
    page.go_back()
    expect(panel).to_be_hidden()


def test_an_original_opens_without_its_scripts_or_is_said_to_be_a_download(page: Page, base_url: str) -> None:
    html = b"<title>Mill</title><p>The mill <b>grinds</b> 12 sacks.</p><script>document.title = 'run'</script>"
    choose(page, ("mill.html", html), ("sacks.xlsx", sheet()))
    for name in ("mill.html", "sacks.xlsx"):
        expect(row(page, name).first).to_contain_text("Ready", timeout=60_000)
    row(page, "mill.html").get_by_role("button", name="mill.html", exact=True).click()
    panel = page.locator("#source-panel")
    expect(panel.locator("strong")).to_have_text("grinds")
    with page.context.expect_page() as opened:
        panel.get_by_role("link", name="Open the original in a new tab").click()
    original = opened.value
    expect(original.get_by_text("The mill grinds 12 sacks.")).to_be_visible()
    assert original.title() == "Mill"
    assert original.evaluate("window.origin") == "null"
    assert original.url.startswith(base_url)
    original.close()
    row(page, "sacks.xlsx").get_by_role("button", name="sacks.xlsx", exact=True).click()
    download = panel.get_by_role("link", name="Download the original: a browser cannot show XLSX files")
    expect(download).to_have_text("XLSX")
    expect(panel.get_by_role("link", name="Open the original in a new tab")).to_be_hidden()
    with page.expect_download() as stored:
        download.click()
    assert stored.value.suggested_filename == "sacks.xlsx"


def test_a_proof_has_an_address_that_stays_true(page: Page, browser: Browser, base_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for hours in (30, 36):
        choose(page, ("ferry.pdf", pdf_bytes([[(72, 500, 12, f"The ferry to Gotland takes {hours} hours.")]])))
        expect(row(page, "ferry.pdf").first).to_contain_text("Ready", timeout=60_000)
        if hours == 30:
            panel = open_proof(page, "How long does the ferry to Gotland take?")
            panel.get_by_role("button", name="Copy the link to this proof").click()
            expect(panel.locator(".copied")).to_be_visible()
            expect(page.locator("#announcer")).to_have_text("The link is copied")
            address = page.evaluate("navigator.clipboard.readText()")
            page.keyboard.press("Escape")
    assert address.startswith(f"{base_url}/proof/")

    page.goto(address)
    expect(page.locator(".proof-sentence")).to_have_text("The ferry to Gotland takes 30 hours.")
    expect(page.locator(".fact")).to_have_text(["Gotland", "30"])
    expect(page.locator(".proof-card")).to_contain_text("This is version 1 of the document")
    expect(page.locator(".page-box")).to_be_visible()
    expect(page.locator(".pane-quote mark")).to_have_text("The ferry to Gotland takes 30 hours.")

    documents = page.request.get(f"{base_url}/v1/documents").json()["documents"]
    ferry = next(each["id"] for each in documents if each["name"] == "ferry.pdf")
    page.request.delete(f"{base_url}/v1/documents/{ferry}")
    with opened_page(browser, base_url, Faults()) as gone:
        answer = gone.goto(address)
        assert answer is not None
        assert answer.status == 404
        expect(gone.get_by_role("heading", name="The document is gone")).to_be_visible()
        expect(gone.locator("main")).to_contain_text("was deleted")
        expect(gone.locator("main")).not_to_contain_text("Gotland")
