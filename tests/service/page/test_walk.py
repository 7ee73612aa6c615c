"""One walk through the page, as a reader goes: upload, ask, prove, reload in mid-answer, find again, export."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from openpyxl import Workbook
from PIL import Image

from api.server import bind, serving
from rag.settings import GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.service.page.test_page import ask, expect
from tests.service.page.test_page_documents import choose, row
from tests.support.servers.openai_server import Fault, Script, loopback_openai_server
from tests.unit.ingest.parsing.samples import pdf_bytes, picture_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.integration

QUOTE = "The compressor of the heat pump has a warranty of seven years."
FILLING = [(72, 700 - 20 * line, 12, "Nothing of note is said in this line of the manual.") for line in range(4)]
PDF = pdf_bytes([FILLING, [*FILLING, (72, 300, 12, QUOTE)], FILLING])
SCAN = ["Delivery note", "The crane lifts 48 pallets.", "Signed in May."]
QUESTIONS = [
    "How long is the warranty of the compressor?",
    "How many pallets fit into depot D57?",
    "How many pallets does the crane lift?",
    "And what is said of it in the manual?",
]
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


def words_of(box: Rectangle) -> tuple[str, Rectangle]:
    """Returns the text that PDFium finds in a box on the second page, and where it finds the quote, as shares."""
    with pypdfium2.PdfDocument(PDF) as opened:
        text, (width, height) = opened[1].get_textpage(), opened[1].get_size()
        found = text.search(QUOTE).get_next()
        assert found is not None
        boxes = np.array([text.get_charbox(found[0] + index, loose=True) for index in range(found[1])])
        left, top, right, bottom = box
        inside = text.get_text_bounded(
            left=left * width - 1, bottom=(1 - bottom) * height - 1, right=right * width + 1, top=(1 - top) * height + 1
        )
    place = boxes[:, 0].min() / width, 1 - boxes[:, 3].max() / height
    return inside.strip(), (*place, boxes[:, 2].max() / width, 1 - boxes[:, 1].min() / height)


def drawn_line() -> Rectangle:
    """Returns where the second line of the scan was drawn, as shares of the picture."""
    picture = picture_of(SCAN).convert("L")
    ink = np.asarray(picture) < 128
    ink[:110], ink[170:] = False, False  # the second line stands at 120, a line is 60 high
    rows, columns = np.nonzero(ink)
    width, height = picture.size
    return columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def base_url(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with loopback_openai_server(script) as url:
        settings = Settings(
            storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"),
            server=ServerSettings(port=0),
            generation=GenerationSettings(backend=GeneratorBackend.VLLM, url=url),
        )
        with bind(settings.server) as listener, serving(settings, listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def upload(page: Page) -> None:
    """A PDF, a spreadsheet and a scan are uploaded."""
    choose(page, ("pump.pdf", PDF), ("depots.xlsx", sheet()), ("note.png", scan()))
    for name in ("pump.pdf", "depots.xlsx", "note.png"):
        expect(row(page, name).first).to_contain_text("Ready", timeout=90_000)


def prove_pdf(page: Page, script: Script) -> None:
    """The proof in the PDF: the box lies on the words that PDFium finds there, and they are marked in the picture."""
    script.pieces = [f"{QUOTE} [1]"]
    panel = open_proof(page, QUESTIONS[0])
    expect(panel.locator(".source-where")).to_contain_text("page 2")
    expect(panel.locator(".source-file")).to_have_text("pump.pdf")
    expect(panel.locator(".page-number")).to_have_text("2 / 3")
    expect(panel.locator(".page-box")).to_be_in_viewport(ratio=1)
    inside, place = words_of(shown_box(panel))
    assert inside == QUOTE
    assert shown_box(panel) == pytest.approx(place, abs=0.006)
    assert pen_box(page, panel) == pytest.approx(place, abs=0.01)
    expect(panel.locator(".pane-quote mark")).to_have_text(QUOTE)
    page.keyboard.press("Escape")


def prove_sheet(page: Page, script: Script) -> None:
    """The proof in the spreadsheet: the cited row below the names of its columns, and in it the cell of the value."""
    script.pieces = ["Depot D57 takes 157 pallets. [1]"]
    panel = open_proof(page, QUESTIONS[1])
    marked = panel.locator("td mark, th mark")
    expect(marked.first).to_be_in_viewport()
    assert {"D57", "157"} <= set(marked.all_text_contents())
    expect(panel.locator(".value", has_text="157")).to_be_in_viewport()
    expect(panel.locator(".value", has_text="D57")).to_have_count(0)
    expect(panel.locator("thead")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Escape")


def prove_scan(page: Page, script: Script) -> None:
    """The proof in the scan: the box lies on the line that was drawn."""
    script.pieces = ["The crane lifts 48 pallets. [1]"]
    panel = open_proof(page, QUESTIONS[2])
    expect(panel.locator(".page-box")).to_be_in_viewport()
    box, line = shown_box(panel), drawn_line()
    assert (box[0], box[2]) == pytest.approx((line[0], line[2]), abs=0.02)
    assert (box[1], box[3]) == pytest.approx((line[1], line[3]), abs=0.05)
    assert pen_box(page, panel) == pytest.approx(box, abs=0.02)
    page.keyboard.press("Escape")


def reload_in_mid_answer(page: Page, script: Script) -> None:
    """The page is reloaded in mid-answer, and the answer goes on."""
    script.pieces, script.fault = [f"{QUOTE} [1] ", "Nothing else of note is said. [1]", " "], Fault.HANGS_AMID
    turn = ask(page, QUESTIONS[3])
    expect(turn.locator(".answer")).to_contain_text(QUOTE)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(4)
    expect(turn.locator(".answer")).to_contain_text(QUOTE)
    expect(turn).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert turn.locator(".receipt").count() == 0
    script.go_on.set()
    expect(turn.locator(".receipt")).to_be_visible(timeout=30_000)
    expect(turn.locator(".turn-question")).to_have_text(QUESTIONS[3])
    assert not script.left.is_set()


def find_again(page: Page, script: Script) -> None:
    """The conversation, an old one by now, is found by words of its answers, and opened."""
    page.get_by_role("button", name="New conversation").first.click()
    script.pieces, script.fault = ["The note was signed in May. [1]"], Fault.NONE
    expect(ask(page, "When was the note signed?").locator(".receipt")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Conversations").click()
    conversations = page.get_by_role("tabpanel", name="Conversations")
    conversations.get_by_role("searchbox", name="Search conversations").fill("no such words")
    expect(conversations).to_contain_text("No conversation holds these words.")
    conversations.get_by_role("searchbox").fill("WARRANTY crane")
    links = conversations.get_by_role("link")
    expect(links).to_have_text(QUESTIONS[:1])
    links.click()
    expect(page.locator(".turn-question")).to_have_text(QUESTIONS)
    expect(page.get_by_role("article").last.locator(".receipt")).to_be_visible()


def export(page: Page) -> None:
    """It is exported, with its questions, answers and numbered sources."""
    page.get_by_role("article").last.locator("summary", has_text="Export").click()
    choice = page.locator(".menu[open]").get_by_role("button", name="Markdown", exact=True)
    with page.expect_download() as stored:
        choice.last.click()
    exported = Path(stored.value.path()).read_text()
    places = [exported.index(f"## {question}\n") for question in QUESTIONS]
    assert places == sorted(places)
    assert f"{QUOTE} [1]" in exported
    for source in ("pump.pdf", "depots.xlsx", "note.png"):
        assert source in exported
    assert "page 2" in exported
    assert exported.count("**Sources**") == 4


def test_a_reader_uploads_asks_proves_reloads_finds_again_and_exports(page: Page, script: Script) -> None:
    upload(page)
    prove_pdf(page, script)
    prove_sheet(page, script)
    prove_scan(page, script)
    reload_in_mid_answer(page, script)
    find_again(page, script)
    export(page)
