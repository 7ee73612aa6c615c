"""The page against the real service: models, sandbox and index included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.api.conftest import HANDBOOK
from tests.api.page.test_page import ask, expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"), server=ServerSettings(port=0)
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_document_goes_in_and_a_cited_answer_comes_out(page: Page, tmp_path: Path) -> None:
    document = tmp_path / "handbook.md"
    document.write_text(HANDBOOK)
    page.locator("input[type=file]").set_input_files(document)
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    expect(rows.first).to_contain_text("Ready", timeout=60_000)
    turn = ask(page, "How many days of vacation do full-time employees get?")
    first = turn.locator(".sentence").first
    expect(first).to_have_text("Full-time employees get 30 days of vacation a year.", timeout=30_000)
    first.click()
    expect(page.locator("mark")).to_have_text("Full-time employees get 30 days of vacation a year.")
