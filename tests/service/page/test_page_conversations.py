"""Conversations in the page, against the real service with a scripted model that waits in mid-answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from api.server import bind, serving
from rag.settings import GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.service.conftest import HANDBOOK
from tests.service.page.test_page import ask, expect
from tests.support.servers.openai_server import Fault, Script, loopback_openai_server
from tests.support.servers.service import take_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

pytestmark = pytest.mark.integration

QUESTION = "How many days of vacation do full-time employees get?"
OTHER = "And how many do part-time employees get?"
BEGINNING = "Full-time employees get 30 days of vacation a year."
END = "Part-time employees get 18 days."


@pytest.fixture(scope="module")
def script() -> Script:
    return Script(pieces=[f"{BEGINNING} [1] ", f"{END} [1]", " "], fault=Fault.HANGS_AMID)


@pytest.fixture(scope="module")
def base_url(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with loopback_openai_server(script) as url:
        settings = Settings(
            storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"),
            server=ServerSettings(port=0),
            generation=GenerationSettings(backend=GeneratorBackend.VLLM, url=url),
        )
        with bind(settings.server) as listener, serving(settings, listener):
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=60) as client:
                take_in(client, "handbook.md", HANDBOOK.encode())
            yield address


@pytest.fixture(autouse=True)
def _model_goes_on(script: Script) -> None:
    script.go_on.set()


def begin(page: Page, question: str = QUESTION) -> Locator:
    turn = ask(page, question)
    expect(turn.locator(".receipt")).to_be_visible()
    return turn


def shown_list(page: Page) -> Locator:
    page.get_by_role("tab", name="Conversations").click()
    return page.get_by_role("tabpanel", name="Conversations")


def open_actions(page: Page, title: str) -> Locator:
    conversations = shown_list(page)
    conversations.get_by_role("link", name=title).hover()
    conversations.get_by_role("button", name=f"More about {title}").click()
    return conversations.get_by_role("group", name=title)


def test_a_stopped_answer_is_shown_as_stopped_after_a_reload(page: Page, script: Script) -> None:
    script.go_on.clear()
    turn = ask(page, "How long is the vacation of full-time employees?")
    expect(turn.locator(".answer")).to_contain_text(BEGINNING)
    page.get_by_role("button", name="Stop").click()
    expect(turn).to_contain_text("Stopped")
    assert script.left.wait(20)
    script.left.clear()
    page.reload()
    expect(turn).to_contain_text("Stopped")
    expect(turn.locator(".answer")).to_contain_text(BEGINNING)
    script.go_on.set()
    turn.get_by_role("button", name="Ask again").click()
    expect(turn.locator(".receipt")).to_be_visible()
    page.reload()
    expect(turn.locator(".receipt")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)


def test_a_connection_that_breaks_is_taken_up_where_it_broke(page: Page) -> None:
    asked_for: list[str] = []

    def cut(route: Route) -> None:
        answer = route.fetch()
        events = answer.text().split("\n\n")
        route.fulfill(response=answer, body="\n\n".join(events[:2]) + "\n\n")

    page.route("**/v1/ask", cut)
    page.on("request", lambda request: asked_for.append(request.headers.get("last-event-id", "")))
    turn = begin(page, "How long is the yearly vacation?")
    expect(turn.locator(".sentence")).to_have_text([BEGINNING, END])
    assert [each for each in asked_for if each] == ["2"]


def test_a_conversation_is_restored_with_its_sources_on_reload_back_and_forward(page: Page, base_url: str) -> None:
    begin(page)
    begin(page, OTHER)
    first = page.url
    page.get_by_role("button", name="New conversation").first.click()
    expect(page.get_by_role("article")).to_have_count(0)
    begin(page, "Is business class refunded?")
    assert page.url != first
    page.go_back()
    expect(page.get_by_role("article")).to_have_count(0)
    page.go_back()
    expect(page.locator(".turn-question")).to_have_text([QUESTION, OTHER])
    assert page.url == first
    page.reload()
    expect(page.locator(".turn-question")).to_have_text([QUESTION, OTHER])
    page.go_forward()
    page.go_forward()
    expect(page.locator(".turn-question")).to_have_text(["Is business class refunded?"])
    assert page.url.startswith(f"{base_url}/?conversation=")
    page.goto(first)
    page.get_by_role("article").first.locator(".citation").first.click()
    expect(page.locator("mark")).to_have_text(BEGINNING)


def test_a_conversation_is_renamed_pinned_and_deleted(page: Page, base_url: str) -> None:
    begin(page, "Which class is not refunded?")
    conversations = shown_list(page)
    open_actions(page, "Which class is not refunded?").get_by_role("button", name="Rename").click()
    title = conversations.get_by_role("textbox", name="Title of the conversation")
    expect(title).to_be_focused()
    title.fill("Travel")
    title.press("Enter")
    expect(conversations.get_by_role("link", name="Travel")).to_be_focused()
    expect(page).to_have_title("Travel · Citewell")

    other = conversations.get_by_role("link").filter(has_not_text="Travel").first.inner_text()
    others = open_actions(page, other)
    travels = open_actions(page, "Travel")
    expect(others).to_be_hidden()
    conversations.get_by_role("button", name="More about Travel").press("Escape")
    expect(travels).to_be_hidden()
    open_actions(page, "Travel").get_by_role("button", name="Pin").click()
    expect(travels).to_be_hidden()
    expect(conversations.get_by_role("region", name="Pinned").get_by_role("link")).to_have_text(["Travel"])
    page.reload()
    expect(conversations.get_by_role("img", name="Pinned")).to_be_visible()

    actions = open_actions(page, "Travel")
    actions.get_by_role("button", name="Delete").click()
    expect(conversations.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    actions.get_by_role("button", name="Delete").click()
    conversations.get_by_role("group", name="Delete Travel").get_by_role("button", name="Delete").click()
    expect(conversations.get_by_role("link", name="Travel")).to_have_count(0)
    expect(page.get_by_role("article")).to_have_count(0)
    assert page.url == f"{base_url}/"


def test_a_long_title_is_shown_whole_to_who_wants_to_read_it(page: Page) -> None:
    question = "How many days of vacation do part-time employees get in their first year here?"
    begin(page, question)
    link = shown_list(page).get_by_role("link", name=question)
    is_cut = "(node) => node.scrollWidth > node.clientWidth"
    assert link.evaluate(is_cut)
    expect(link).to_have_attribute("title", question)
    open_actions(page, question)
    assert not link.evaluate(is_cut)
    page.keyboard.press("Escape")
    assert link.evaluate(is_cut)
    page.get_by_role("button", name=f"More about {question}").press("Shift+Tab")
    expect(link).to_be_focused()
    assert not link.evaluate(is_cut)


def test_a_shared_link_shows_the_conversation_and_changes_nothing(page: Page) -> None:
    begin(page, "How many days do people get?")
    actions = open_actions(page, "How many days do people get?")
    actions.get_by_role("button", name="Share").click()
    address = page.get_by_role("textbox", name="Link to the shared conversation")
    expect(address).to_be_visible()
    link = address.input_value()
    mine = page.url

    page.goto(link)
    turn = page.get_by_role("article")
    expect(turn.locator(".answer")).to_contain_text(END)
    expect(page.get_by_label("Your question")).to_have_count(0)
    expect(page.get_by_role("button", name="Good answer")).to_have_count(0)
    turn.locator(".sentence").first.click()
    expect(page.locator("mark")).to_have_text(BEGINNING)

    page.goto(mine)
    open_actions(page, "How many days do people get?").get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_role("img", name="Shared")).to_have_count(0)
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("This link shows nothing any more")


def test_the_lists_are_used_with_the_keyboard_on_a_narrow_screen(page: Page) -> None:
    begin(page, "Who gets 18 days?")
    page.get_by_role("button", name="New conversation").first.click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Show documents").press("Enter")
    page.get_by_role("tab", name="Documents").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Conversations")).to_be_focused()
    page.get_by_role("link", name="Who gets 18 days?").press("Enter")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".turn-question")).to_have_text(["Who gets 18 days?"])


def test_a_conversation_that_is_gone_says_so(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?conversation=none")
    expect(page.get_by_role("log")).to_contain_text("This conversation is not kept any more")
    assert page.url == f"{base_url}/"
    begin(page)
