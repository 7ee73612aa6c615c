"""A walk through the proofs of a PDF, a spreadsheet and a scan: each box lies on the words that are cited."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from openpyxl import Workbook
from PIL import Image

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import ask, expect
from tests.service.page.test_page_documents import choose, row
from tests.unit.ingest.parsing.samples import pdf_bytes, picture_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.integration

QUOTE = "The compressor of the heat pump has a warranty of seven years."
FILLING = [(72, 700 - 20 * line, 12, "Nothing of note is said in this line of the manual.") for line in range(4)]
PDF = pdf_bytes([FILLING, [*FILLING, (72, 300, 12, QUOTE)], FILLING])
SCAN = ["Delivery note", "The crane lifts 48 pallets.", "Signed in May."]
Rectangle = tuple[float, float, float, float]


def sheet() -> bytes:
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.title = "Depots"
    for cells in (
        ["Depot", "City", "Pallets"],
        *([f"D{number}", f"City{number}", 100 + number] for number in range(60)),
    ):
        book.active.append(cells)
    book.save(file)
    return file.getvalue()


def scan() -> bytes:
    file = io.BytesIO()
    picture_of(SCAN).save(file, "PNG")
    return file.getvalue()


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


def open_proof(page: Page, question: str) -> Locator:
    """Asks, opens the first citation, and returns the panel."""
    turn = ask(page, question)
    expect(turn.locator(".receipt")).to_be_visible(timeout=30_000)
    turn.locator(".citation").first.click()
    panel = page.locator("#source-panel")
    expect(panel.locator(".source-body:not([aria-busy])")).to_be_visible(timeout=30_000)
    return panel


def shown_box(panel: Locator) -> Rectangle:
    """Returns left, top, right and bottom of the box as shares of the picture that is shown."""
    box, picture = panel.locator(".page-box").bounding_box(), panel.locator(".page-image").bounding_box()
    assert box is not None
    assert picture is not None
    left, top = (box["x"] - picture["x"]) / picture["width"], (box["y"] - picture["y"]) / picture["height"]
    return left, top, left + box["width"] / picture["width"], top + box["height"] / picture["height"]


def pen_box(page: Page, panel: Locator) -> Rectangle:
    """Returns what the marker pen has coloured in the picture that is shown, as shares of it."""
    address = panel.locator(".page-image").evaluate("image => image.src")
    with Image.open(io.BytesIO(page.request.get(address).body())) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    rows, columns = np.nonzero(pixels[:, :, 0] - pixels[:, :, 2] > 60)
    height, width = pixels.shape[:2]
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


def words_box() -> Rectangle:
    """Returns where PDFium finds the quote on the second page, as shares of it."""
    with pypdfium2.PdfDocument(PDF) as opened:
        text = opened[1].get_textpage()
        found = text.search(QUOTE).get_next()
        assert found is not None
        boxes = np.array([text.get_charbox(found[0] + index, loose=True) for index in range(found[1])])
        width, height = opened[1].get_size()
    left, bottom = boxes[:, :2].min(axis=0)
    right, top = boxes[:, 2:].max(axis=0)
    return left / width, 1 - top / height, right / width, 1 - bottom / height


@pytest.mark.usefixtures("_documents")
def test_the_box_on_a_page_of_a_pdf_lies_on_the_words_that_pdfium_finds_there(page: Page) -> None:
    panel = open_proof(page, "How long is the warranty of the compressor?")
    expect(panel.locator(".source-where")).to_contain_text("page 2")
    expect(panel.locator(".source-file")).to_have_text("pump.pdf")
    expect(panel.locator(".page-number")).to_have_text("2 / 3")
    expect(panel.locator(".page-box")).to_be_in_viewport(ratio=1)
    assert shown_box(panel) == pytest.approx(words_box(), abs=0.006)
    assert pen_box(page, panel) == pytest.approx(words_box(), abs=0.01)
    expect(panel.locator(".pane-quote mark")).to_have_text(QUOTE)


@pytest.mark.usefixtures("_documents")
def test_the_box_on_a_scan_lies_on_the_line_that_was_drawn(page: Page) -> None:
    panel = open_proof(page, "How many pallets does the crane lift?")
    picture = picture_of(SCAN).convert("L")
    ink = np.asarray(picture) < 128
    ink[:110], ink[170:] = False, False  # the second line stands at 120, a line is 60 high
    rows, columns = np.nonzero(ink)
    line = columns.min() / picture.width, rows.min() / picture.height, columns.max() / picture.width
    left, top, right, bottom = shown_box(panel)
    assert (left, right) == pytest.approx((line[0], line[2]), abs=0.02)
    assert top == pytest.approx(line[1], abs=0.05)
    assert bottom == pytest.approx(rows.max() / picture.height, abs=0.05)
    assert pen_box(page, panel) == pytest.approx((left, top, right, bottom), abs=0.02)


@pytest.mark.usefixtures("_documents")
def test_the_cells_of_a_sheet_are_marked_below_the_names_of_its_columns(page: Page) -> None:
    panel = open_proof(page, "How many pallets fit into depot D57?")
    marked = panel.locator("tr", has=page.locator("mark"))
    expect(marked).to_have_count(1)
    expect(marked.locator("mark")).to_have_text(["D57", "City57", "157"])
    expect(marked.locator("mark").first).to_be_in_viewport()
    expect(marked.locator("th.place")).to_have_text("59")
    expect(panel.locator("thead tr").first.locator("th")).to_have_text(["A", "B", "C"])
    expect(panel.locator("thead")).to_be_in_viewport(ratio=0.9)
    expect(panel.get_by_role("link", name="Open the original in a new tab")).to_be_hidden()
    expect(panel.get_by_role("link", name="Download the original")).to_be_visible()


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
    page.locator(".citation").first.click()
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()
    assert page.url == address
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
