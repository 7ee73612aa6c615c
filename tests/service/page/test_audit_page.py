"""The page of the audit trail against the real service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi.requests import HTTPConnection
from sqlalchemy import create_engine, text

from api import caller
from api.caller import Caller
from api.server import bind, serving
from rag.access.principal import Principal, Via
from rag.access.roles import TenantRole, rights_of
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.page.test_page import expect
from tests.support.servers.axe import violations
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration


async def as_anna(_: HTTPConnection) -> Caller:
    roles = frozenset({TenantRole.OWNER, TenantRole.OPERATOR})
    rights = rights_of(roles)
    return Principal(tenant="default", user_id="u1", name="Anna Berg", roles=roles, rights=rights, via=Via.SESSION)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    return Settings(storage=StorageSettings(folder=folder), server=ServerSettings(port=0))


@pytest.fixture(scope="module")
def base_url(settings: Settings) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(caller, "identify", as_anna)
        with bind(settings.server) as listener, serving(settings, listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=60) as client:
                take_in(client, "pump.txt", b"The warranty of the Kestrel pump lasts five years.")
                client.delete("/v1/documents/nothing")
                for _ in range(60):
                    client.post("/v1/search", json={"query": "warranty"}).raise_for_status()
            yield url


def test_events_are_shown_narrowed_and_followed_by_more(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/documents")
    page.get_by_role("link", name="Audit trail").click()
    rows = page.locator(".audit-event")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".audit-event", has_text="service.started")).to_be_visible()
    page.get_by_label("What", exact=True).select_option(label="Documents")
    page.get_by_label("Result").select_option(label="not found")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("document.deleted")
    expect(rows).to_contain_text("Anna Berg")
    rows.locator("summary").click()
    expect(rows).to_contain_text("document:nothing")
    assert "event=document" in (page.get_by_role("link", name="OCSF").get_attribute("href") or "")


def test_a_persons_texts_are_erased_after_a_question_and_the_chain_holds(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/audit?event=question")
    row = page.locator(".audit-event").first
    row.locator("summary").click()
    row.get_by_role("button", name="Erase texts of Anna Berg").click()
    expect(row).to_contain_text("This cannot be undone")
    row.locator(".confirmation").get_by_role("button").last.click()
    expect(page.locator(".audit-event").first).to_contain_text("u1 (text erased)")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.locator("#verified")).to_contain_text("none edited, deleted or moved")


def test_an_edited_row_is_told(page: Page, base_url: str, settings: Settings) -> None:
    engine = create_engine(f"sqlite:///{settings.storage.folder / 'catalog.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_events SET actor_id = 'u2' WHERE number = 3"))
    page.goto(f"{base_url}/audit")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.locator("#note")).to_contain_text("Row 3 was changed after it was written.")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_events SET actor_id = 'u1' WHERE number = 3"))
    engine.dispose()


def test_the_page_has_no_violation_and_fits_a_narrow_screen(page: Page, base_url: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{base_url}/audit")
        page.locator(".audit-event summary").first.click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
