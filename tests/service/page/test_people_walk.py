"""Logins in the browser: asked for, led back, a user invited, a key made and used, passwords, and out again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.access.roles import TenantRole
from rag.settings import SecuritySettings, ServerSettings, Settings, StorageSettings
from tests.service.page.conftest import Faults, opened_page
from tests.service.page.test_accessibility import TOO_WIDE, found
from tests.service.page.test_page import expect
from tests.support.servers.people import PASSWORD, add_user, bearer, people_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration
REFUSED = "the server responded with a status of 401"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"),
        server=ServerSettings(port=0),
        security=SecuritySettings(logins=True),
    )


@pytest.fixture(scope="module")
def base_url(settings: Settings) -> Iterator[str]:
    with people_of(settings) as people:
        add_user(people, "anna", TenantRole.OWNER, TenantRole.OPERATOR)
        add_user(people, "rita")
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def visitor(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page of a browser that has no cookies. Logins that fail show in its console, and nothing else may."""
    faults = Faults()
    with opened_page(browser, base_url, faults) as page:
        yield page
        assert page.evaluate("window.violations") == []
    faults.console = [each for each in faults.console if REFUSED not in each]
    assert faults == Faults()


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Logs in, and waits until the login page is left or says why it is not."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.locator("#login > #note:not([hidden]), body:not(:has(#login))")).to_be_visible()


def looks_well(page: Page) -> None:
    """The page breaks no rule of axe, and fits into a narrow window."""
    assert found(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(TOO_WIDE) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def test_who_is_not_logged_in_is_led_to_the_login_and_back(browser: Browser, base_url: str) -> None:
    with visitor(browser, base_url) as page:
        page.goto(f"{base_url}/documents?collection=default")
        expect(page).to_have_url(f"{base_url}/login?to=%2Fdocuments%3Fcollection%3Ddefault")
        looks_well(page)
        log_in(page, "rita", "wrong password")
        expect(page.get_by_role("alert")).to_contain_text("do not go together")
        log_in(page, "rita")
        expect(page).to_have_url(re.compile(rf"{base_url}/documents(\?.*)?$"))  # the page tidies its own query
        menu = page.get_by_role("navigation", name="Pages")
        expect(menu.get_by_role("link")).to_have_text(["Ask", "Documents", "API reference", "Account"])
        page.goto(f"{base_url}/login?to=https://evil.example/x")
        log_in(page, "rita")
        expect(page).to_have_url(f"{base_url}/")


def test_a_session_that_has_ended_leads_to_the_login(browser: Browser, base_url: str, settings: Settings) -> None:
    with visitor(browser, base_url) as page:
        page.goto(f"{base_url}/login?to=/account")
        log_in(page, "anna")
        expect(page.get_by_text("You are anna")).to_be_visible()
        with people_of(settings) as people:
            people.sessions.end_others(people.users.named("anna").user_id, but="none")
        page.get_by_role("button", name="End all others").click()
        expect(page).to_have_url(f"{base_url}/login?to=%2Faccount")


def test_a_user_is_invited_makes_a_key_that_works_and_logs_out(browser: Browser, base_url: str) -> None:
    with visitor(browser, base_url) as owner:
        owner.goto(f"{base_url}/login?to=/users")
        log_in(owner, "anna")
        owner.get_by_label("Name", exact=True).fill("ed@example.org")
        owner.get_by_label("Shown as").fill("Ed")
        owner.get_by_label("Role").select_option("Editor")
        owner.get_by_role("button", name="Invite").click()
        expect(owner.locator("#link")).to_contain_text("/invitation#")
        link = owner.locator("#link").inner_text()
        expect(owner.locator("#users")).to_contain_text("ed@example.org")
        owner.get_by_label("Name of the group").fill("Personnel")
        owner.get_by_role("button", name="Add a group").click()
        row = owner.locator("#users .person", has_text="ed@example.org")
        row.get_by_label("Personnel").check()
        expect(owner.locator("#groups")).to_contain_text("Ed")
        looks_well(owner)

    with visitor(browser, base_url) as page:
        page.goto(link)
        expect(page.get_by_text("Welcome, Ed.")).to_be_visible()
        assert "#" not in page.url
        looks_well(page)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_role("button", name="Save and log in").click()
        expect(page.locator("#welcome-title:not(:empty)")).to_be_visible()
        expect(page.get_by_role("button", name="Add documents")).to_be_visible()
        page.get_by_role("link", name="Account").click()
        expect(page.get_by_text("You are Ed: Editor")).to_be_visible()
        page.get_by_label("What it is for").fill("nightly import")
        page.get_by_label("add and change documents").check()
        page.get_by_role("button", name="Make a key").click()
        expect(page.locator("#secret")).to_contain_text("ck_")
        key = page.locator("#secret").inner_text()
        looks_well(page)
        file = {"file": ("gate.txt", b"The gate opens at six.")}
        sent = httpx.post(f"{base_url}/v1/documents", files=file, headers=bearer(key))
        assert sent.status_code == 202
        page.get_by_role("button", name="Revoke “nightly import”").click()
        page.get_by_role("group", name="Revoke “nightly import”").get_by_role("button", name="Revoke").click()
        expect(page.locator("#keys")).to_contain_text("revoked")
        assert httpx.get(f"{base_url}/v1/documents", headers=bearer(key)).status_code == 401
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{base_url}/login")
        page.goto(f"{base_url}/account")
        expect(page).to_have_url(f"{base_url}/login?to=%2Faccount")

    with visitor(browser, base_url) as page:
        page.goto(link)
        expect(page.get_by_role("alert")).to_contain_text("used already")


def test_an_owner_disables_and_removes_a_user(browser: Browser, base_url: str, settings: Settings) -> None:
    with people_of(settings) as people:
        add_user(people, "leaver")
    with visitor(browser, base_url) as page:
        page.goto(f"{base_url}/login?to=/users")
        log_in(page, "anna")
        row = page.locator("#users .person", has_text="leaver")
        row.get_by_role("button", name="Disable leaver").click()
        expect(row).to_contain_text("disabled")
        row.get_by_role("button", name="Remove leaver").click()
        row.get_by_role("group", name="Remove leaver").get_by_role("button", name="Remove").click()
        expect(page.locator("#users")).not_to_contain_text("leaver")


def test_a_reader_has_no_buttons_to_add_documents(browser: Browser, base_url: str) -> None:
    with visitor(browser, base_url) as page:
        page.goto(f"{base_url}/login")
        log_in(page, "rita")
        expect(page.get_by_role("link", name="Account")).to_be_visible()
        expect(page.get_by_role("button", name="Add documents")).to_be_hidden()
        expect(page.get_by_role("link", name="Users")).to_be_hidden()
