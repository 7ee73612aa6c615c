"""Who may read a document or a collection, in the page, against the real service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.access.roles import TenantRole
from rag.catalog.database.connection import Database
from rag.settings import SecuritySettings, ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_page import expect
from tests.support.access.people import Directory, Person, World
from tests.support.servers.axe import violations
from tests.support.servers.people import PASSWORD, add_user, log_in, people_of
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=[True, False], ids=["with_logins", "single_user"])
def logins(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory, logins: bool) -> Iterator[str]:  # noqa: FBT001 - a fixture
    """The address of a document, of a service whose caller owns everything, and in which there is a user Anna."""
    folder: Path = tmp_path_factory.mktemp("service") / "data"
    settings = Settings(
        storage=StorageSettings(folder=folder),
        server=ServerSettings(port=0),
        security=SecuritySettings(logins=logins),
    )
    if logins:
        with people_of(settings) as people:
            add_user(people, "olga", TenantRole.OWNER)
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60, headers={"Origin": url}) as client:
            if logins:
                log_in(client, "olga").raise_for_status()
            found = take_in(client, "plan.md", b"# Plan\n\nThe plan is secret.\n", collection="plans")
        database = Database.open(folder / "catalog.db")
        directory = Directory(database, World())
        directory.add(Person(tenant="default", name="anna", roles=frozenset({TenantRole.READER})))
        directory.add_group("default", "legal")
        yield f"{url}/documents/{found['id']}"
        database.close()


@pytest.fixture
def page(browser: Browser, document: str, *, logins: bool) -> Iterator[Page]:
    faults, url = Faults(), document.partition("/documents")[0]
    with opened_page(browser, url, faults) as opened:
        if logins:
            named = {"name": "olga", "password": PASSWORD}
            opened.request.post(f"{url}/v1/login", data=named, headers={"Origin": url})
        opened.goto(document)
        opened.locator("#title:not(:empty)").wait_for()
        yield opened
    assert faults.exceptions == faults.foreign_requests == []


def test_rights_are_given_and_taken_beside_a_document(page: Page, *, logins: bool) -> None:
    rights = page.locator(".rights")
    if not logins:
        page.wait_for_load_state("networkidle")
        expect(rights).to_be_hidden()
        return
    expect(rights).to_contain_text("Who may read this")
    expect(rights).to_contain_text("All users, by their roles")
    rights.get_by_label("Name").fill("nobody")
    rights.get_by_role("button", name="Give the right").click()
    expect(rights.get_by_role("alert")).to_contain_text("There is no user or group “nobody”")
    rights.get_by_label("Name").fill("anna")
    rights.get_by_label("Name").press("Enter")
    expect(rights.get_by_role("listitem")).to_contain_text("anna")
    expect(rights).to_contain_text("Owners, and only these")
    rights.get_by_label("User or group", exact=True).select_option("group")
    rights.get_by_label("Name").fill("legal")
    rights.get_by_role("button", name="Give the right").click()
    expect(rights.get_by_role("listitem")).to_have_count(2)
    rights.get_by_label("What may be done: legal").select_option("write")
    expect(page.locator("#announcer")).to_have_text("The rights are changed.")
    assert violations(page) == []
    page.reload()
    expect(rights.get_by_role("listitem")).to_have_count(2)
    expect(rights.get_by_label("What may be done: legal")).to_have_value("write")
    for left in (1, 0):
        rights.get_by_role("button", name="Take the right").first.click()
        expect(rights.get_by_role("listitem")).to_have_count(left)
    expect(rights).to_contain_text("All users, by their roles")


def test_rights_of_a_collection_stand_in_its_settings_and_beside_its_documents(
    page: Page, document: str, *, logins: bool
) -> None:
    if not logins:
        pytest.skip("there are none to give")
    page.goto(f"{document.rpartition('/')[0]}?collection=plans")
    page.get_by_role("button", name="Settings").click()
    rights = page.locator(".rights")
    rights.get_by_label("Name").fill("anna")
    rights.get_by_role("button", name="Give the right").click()
    expect(rights.get_by_role("listitem")).to_contain_text("anna")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.goto(document)
    expect(page.locator(".rights")).to_contain_text("the rights of its collection: User anna may read")
