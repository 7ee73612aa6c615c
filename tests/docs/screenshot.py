"""Makes the picture of the README, from the sample documents: ``python -m tests.docs.screenshot``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from api.server import bind, serving
from rag.settings import GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.docs.pages import DOCS, ROOT
from tests.support.servers.browser import chromium

PICTURE = DOCS / "images" / "answer.png"
_SAMPLES = ROOT / "evals" / "datasets" / "sample" / "documents"
_SHOWN = (
    "employee-handbook.md",
    "travel-and-expenses-policy.docx",
    "fjord-installation-manual.pdf",
    "price-list-and-sales.xlsx",
)
_QUESTION = "How many days of annual leave do I get?"


def main() -> None:
    """Takes some sample documents in, asks, opens the first sentence's source, and takes the picture."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            storage=StorageSettings(folder=Path(folder) / "data"),
            server=ServerSettings(port=0),
            generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE),
        )
        with bind(settings.server) as listener, serving(settings, listener), chromium() as browser:
            page = browser.new_page(viewport={"width": 1360, "height": 720}, locale="en-GB", reduced_motion="reduce")
            page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}")
            _show_answer(page)
            PICTURE.parent.mkdir(exist_ok=True)
            page.screenshot(path=PICTURE)
    with Image.open(PICTURE) as picture:  # a page has few colours: a third of the bytes
        picture.convert("RGB").quantize(128).save(PICTURE, optimize=True)


def _show_answer(page: Page) -> None:
    page.locator("input[type=file]").set_input_files([_SAMPLES / name for name in _SHOWN])
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    for number in range(len(_SHOWN)):
        rows.nth(number).get_by_text("Ready").wait_for(timeout=120_000)
    page.get_by_role("textbox").first.fill(_QUESTION)
    page.keyboard.press("Enter")
    page.locator(".sentence").nth(1).wait_for(timeout=60_000)
    page.locator(".sentence").first.click()
    page.locator("mark").wait_for()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
