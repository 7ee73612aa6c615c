"""Makes the pictures of the documentation, from the sample documents: ``python -m tests.docs.screenshots``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from api.server import bind, serving
from rag.settings import GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.docs.pages import DOCS, ROOT
from tests.support.servers.browser import chromium

PICTURES = DOCS / "images"
_SAMPLES = ROOT / "evals" / "datasets" / "sample" / "documents"
_SHOWN = (
    "employee-handbook.md",
    "travel-and-expenses-policy.docx",
    "fjord-installation-manual.pdf",
    "price-list-and-sales.xlsx",
)
_COLOURS = 128  # a page has few: a third of the bytes


def main() -> None:
    """Takes some sample documents in, asks, and takes a picture of each scene."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            storage=StorageSettings(folder=Path(folder) / "data"),
            server=ServerSettings(port=0),
            generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE),
        )
        with bind(settings.server) as listener, serving(settings, listener), chromium() as browser:
            context = browser.new_context(
                viewport={"width": 1360, "height": 720}, locale="en-GB", reduced_motion="reduce"
            )
            page = context.new_page()
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            page.goto(address)
            _take_in(page)
            for name, show in SCENES.items():
                page.goto(address)
                show(page)
                page.mouse.move(640, 560)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=PICTURES / name)
                with Image.open(PICTURES / name) as picture:
                    picture.convert("RGB").quantize(_COLOURS).save(PICTURES / name, optimize=True)


def _take_in(page: Page) -> None:
    page.locator("#files").set_input_files([_SAMPLES / name for name in _SHOWN])
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    for number in range(len(_SHOWN)):
        rows.nth(number).get_by_text("Ready").wait_for(timeout=120_000)


def _ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".receipt").last.wait_for(timeout=60_000)


def _show_answer(page: Page) -> None:
    _ask(page, "How many days of annual leave do I get?")
    page.locator(".citation").first.click()
    page.locator("mark").first.wait_for()


def _show_proof(page: Page) -> None:
    """Shows the proof of a PDF beside its answer."""
    _ask(page, "How far does the protective zone around the unit reach?")
    page.locator(".citation").first.click()
    page.locator(".page-view:not([data-state]) .page-box").first.wait_for(timeout=30_000)


def _show_table(page: Page) -> None:
    """Shows the cited cells of a spreadsheet beside its answer."""
    _ask(page, "What is the list price of the Lagoon 200 cylinder?")
    page.locator(".citation").first.click()
    page.locator("mark").first.wait_for()


SCENES: Mapping[str, Callable[[Page], None]] = {
    "answer.png": _show_answer,
    "proof.png": _show_proof,
    "cells.png": _show_table,
}


if __name__ == "__main__":
    main()
