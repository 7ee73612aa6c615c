from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service.page import scripts
from tests.support.servers.page_server import PageState

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright_api.expect

pytestmark = pytest.mark.integration


def ask(page: Page, question: str) -> Locator:
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    return page.get_by_role("article").last


def ask_about_meals(page: Page) -> Locator:
    turn = ask(page, scripts.MEALS_QUESTION)
    expect(turn.locator(".receipt")).to_be_visible()
    return turn


def answer_alone(turn: Locator) -> str:
    """The answer as it reads without its marks."""
    script = """(node) => {
      const copy = node.cloneNode(true);
      for (const mark of copy.querySelectorAll(".citations, .unsupported-note")) mark.remove();
      return copy.textContent;
    }"""
    return str(turn.locator(".answer").evaluate(script))


def test_documents_of_the_collection_are_listed_with_their_state(page: Page) -> None:
    rows = page.get_by_role("list", name="Documents in this collection").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("travel-and-expenses.pdf")
    expect(rows.first).to_contain_text("Ready")
    expect(rows.first).to_contain_text("14 pages")


def test_suggested_questions_are_asked_when_clicked(page: Page, state: PageState) -> None:
    expect(page.get_by_role("button", name="What does “Employee handbook” say?")).to_be_visible()
    example = page.get_by_role("button", name="What does “Travel and expenses policy” say?")
    example.click()
    expect(page.get_by_role("heading", name="What does “Travel and expenses policy” say?")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Upload a document to it first.")
    assert state.asked[-1]["question"] == "What does “Travel and expenses policy” say?"


def test_a_collection_that_does_not_exist_is_not_listed(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?collection=Nothing")
    expect(page.get_by_text("There is no collection “Nothing”. This is the default one.")).to_be_visible()
    choice = page.get_by_label("Collection", exact=True)
    expect(choice).to_have_value("default")
    assert "Nothing" not in choice.locator("option").all_inner_texts()
    choice.select_option("hostile")
    expect(page.get_by_text("There is no collection")).to_be_hidden()


def test_nothing_can_be_sent_before_the_scripts_are_there(browser: Browser, base_url: str, page: Page) -> None:
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    with browser.new_context(java_script_enabled=False) as context:
        bare = context.new_page()
        bare.goto(base_url)
        expect(bare.get_by_role("button", name="Send")).to_be_disabled()


def test_answer_streams_in_and_each_sentence_has_its_citations(page: Page, state: PageState) -> None:
    turn = ask_about_meals(page)
    assert answer_alone(turn) == " ".join(sentence["text"] for sentence in scripts.ANSWER)
    expect(turn.locator(".sentence")).to_have_text([sentence["text"] for sentence in scripts.ANSWER])
    expect(turn.locator(".sentence + .citations")).to_have_text(["1", "23"])
    assert state.asked[-1] == {
        "question": scripts.MEALS_QUESTION,
        "collection": "default",
        "history": [],
        "filter": {},
        "stream": True,
    }


def test_sentence_is_cited_while_the_rest_is_still_to_come(page: Page) -> None:
    turn = ask(page, scripts.LONG_QUESTION)
    expect(turn.locator(".sentence + .citations")).to_have_text(["1"])
    expect(turn.locator(".unverified")).to_have_text(" And then")
    expect(turn).to_have_attribute("aria-busy", "true")


def test_unsupported_sentence_is_marked(page: Page) -> None:
    turn = ask_about_meals(page)
    unsupported = turn.get_by_title("No source supports this sentence").first
    expect(unsupported).to_have_text(scripts.ANSWER[2]["text"])
    expect(unsupported).to_have_css("text-decoration-style", "dotted")
    expect(turn.locator(".unsupported-note")).to_have_count(1)


def test_citation_opens_the_source_with_exactly_the_quoted_words_highlighted(page: Page) -> None:
    turn = ask_about_meals(page)
    turn.get_by_role("button", name="Source 1, page 6").click()
    panel = page.get_by_role("complementary", name="Travel and expenses policy")
    expect(panel.locator("mark")).to_have_text([scripts.MEALS_QUOTE])
    expect(panel.locator("mark")).to_be_in_viewport(ratio=1)
    expect(panel).to_contain_text("3 Meals and lodging · page 6")
    shown = panel.locator(".passage").text_content()
    assert shown is not None
    assert shown.removeprefix("… ").removesuffix(" …") in scripts.TRAVEL.text


def test_highlight_is_exact_behind_characters_outside_the_basic_plane(page: Page) -> None:
    before = scripts.TRAVEL.text[: scripts.TRAVEL.text.index(scripts.CLAIMS_QUOTE)]
    assert any(ord(character) > 0xFFFF for character in before[-800:])
    turn = ask_about_meals(page)
    turn.get_by_role("button", name="Source 2, page 8").click()
    expect(page.locator("mark")).to_have_text([scripts.CLAIMS_QUOTE])


def test_a_cell_of_the_rows_below_an_answer_opens_its_place(page: Page) -> None:
    turn = ask(page, scripts.TABLE_QUESTION)
    table = turn.get_by_role("table", name="Limits")
    expect(table.get_by_role("columnheader")).to_have_text(["What", "Limit"])
    expect(table.get_by_role("cell")).to_have_text(["Meals <b>", "45 euros"])
    table.get_by_role("button", name="45 euros").click()
    expect(page.locator("mark")).to_have_text(["45 euros"])
    expect(page.get_by_role("button", name="Copy the link to this proof")).to_be_visible()
    turn.get_by_text("How this was computed").click()
    expect(turn.locator("code")).to_have_text(scripts.LIMITS["query"])


def test_sentence_itself_opens_its_first_citation(page: Page) -> None:
    turn = ask_about_meals(page)
    turn.locator(".sentence").nth(1).click()
    expect(page.locator("mark")).to_have_text([scripts.CLAIMS_QUOTE])


def test_source_list_opens_the_words_cited_from_it(page: Page) -> None:
    turn = ask_about_meals(page)
    turn.get_by_role("button", name="Employee handbook").click()
    expect(page.locator("mark")).to_have_text(["Receipts may be photographed"])
    expect(page.locator("#source-panel")).to_contain_text("3 of 3")


def test_citations_are_walked_by_keyboard_and_escape_goes_back(page: Page) -> None:
    turn = ask_about_meals(page)
    citation = turn.get_by_role("button", name="Source 1, page 6")
    citation.press("Enter")
    expect(page.locator("mark")).to_have_text([scripts.MEALS_QUOTE])
    page.keyboard.press("ArrowRight")
    expect(page.locator("mark")).to_have_text([scripts.CLAIMS_QUOTE])
    expect(turn.locator(".citation[aria-current]")).to_have_text(["2"])
    page.get_by_role("button", name="Next citation").click()
    expect(page.locator("#source-panel")).to_contain_text("3 of 3")
    page.keyboard.press("Escape")
    expect(page.locator("#source-panel")).to_be_hidden()
    expect(citation).to_be_focused()


def test_source_falls_back_to_the_passage_when_the_text_cannot_be_read(page: Page, state: PageState) -> None:
    turn = ask_about_meals(page)
    state.text_is_down = True
    turn.get_by_role("button", name="Source 1, page 6").click()
    expect(page.locator("#source-panel").get_by_role("alert")).to_contain_text(
        "The search index does not answer now. Try again in a moment."
    )
    expect(page.locator("mark")).to_have_text([scripts.MEALS_QUOTE])
    state.text_is_down = False


def test_source_of_a_deleted_document_says_so_and_shows_the_quoted_words(page: Page, state: PageState) -> None:
    turn = ask_about_meals(page)
    state.text_is_gone = True
    turn.get_by_role("button", name="Source 1, page 6").click()
    expect(page.locator("#source-panel").get_by_role("alert")).to_have_text(
        "This document has been deleted since, or this version is no longer kept. The quoted words are shown below."
    )
    expect(page.locator("mark")).to_have_text([scripts.MEALS_QUOTE])
    state.text_is_gone = False


def test_chinese_answer_is_cited_exactly(page: Page) -> None:
    turn = ask(page, scripts.CHINESE_QUESTION)
    turn.get_by_role("button", name="Source 1").first.click()
    expect(page.locator("mark")).to_have_text(["每九十天更换一次"])
    expect(page.get_by_role("complementary", name="信息安全规范")).to_be_visible()


def test_abstention_says_so_and_shows_the_nearest_passages(page: Page) -> None:
    turn = ask(page, scripts.ABSTAIN_QUESTION)
    expect(turn.locator(".abstention > p")).to_have_text(scripts.LOOSELY_RELATED)
    expect(turn.locator(".answer")).to_have_count(0)
    turn.get_by_role("button", name="4 Claims").click()
    expect(page.locator("mark")).to_have_text([scripts.CLAIMS["text"]])


def test_error_in_the_stream_is_shown_and_can_be_retried(page: Page, state: PageState) -> None:
    turn = ask(page, scripts.ERROR_QUESTION)
    expect(turn.get_by_role("alert")).to_contain_text("connection reset. Check its server, then ask again.")
    expect(turn.locator(".answer")).to_have_text("Meals are paid up")
    asked = len(state.asked)
    with page.expect_response("**/v1/ask"):
        turn.get_by_role("button", name="Ask again").click()
    expect(turn.get_by_role("alert")).to_have_count(1)
    assert len(state.asked) == asked + 1


def test_stop_ends_the_request_and_offers_to_ask_again(page: Page, state: PageState) -> None:
    state.abandoned.clear()
    turn = ask(page, scripts.HANG_QUESTION)
    expect(turn.locator(".answer")).to_have_text("Meals are paid")
    page.get_by_role("button", name="Stop").click()
    expect(turn).to_contain_text("Stopped")
    expect(turn.get_by_role("button", name="Ask again")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert state.abandoned.wait(15)


def test_follow_up_carries_what_was_said_and_shows_what_was_degraded(page: Page, state: PageState) -> None:
    ask_about_meals(page)
    turn = ask(page, scripts.CAR_QUESTION)
    expect(turn).to_contain_text("The passages were not put in order a second time.")
    turn.get_by_text("Technical details").click()
    expect(turn).to_contain_text("rerank: The reranker did not answer; the fused order was used.")
    turn.get_by_text("How this was answered").click()
    expect(turn).to_contain_text("How are private cars paid on a business trip?")
    expect(turn).to_contain_text("2,184 → 655 tokens (30% kept)")
    answer = " ".join(sentence["text"] for sentence in scripts.ANSWER)
    assert state.asked[-1]["history"] == [
        {"role": "user", "content": scripts.MEALS_QUESTION},
        {"role": "assistant", "content": answer},
    ]


def test_what_verification_did_is_said_in_words(page: Page) -> None:
    turn = ask_about_meals(page)
    expect(turn.locator(".checked")).to_contain_text("1 sentence without a source: marked where it stands.")
    expect(turn.locator(".checked")).not_to_contain_text("left out")
    turn = ask(page, scripts.CAR_QUESTION)
    expect(turn.locator(".checked")).to_contain_text("2 sentences left out, because no passage supports them.")
    expect(turn.locator(".checked")).to_contain_text("Written anew")


def test_an_answer_with_a_source_for_every_sentence_has_no_notice(page: Page) -> None:
    turn = ask(page, scripts.CHINESE_QUESTION)
    expect(turn.locator(".receipt")).to_be_visible()
    expect(turn.locator(".checked")).to_have_count(0)


def test_new_conversation_forgets_what_was_said(page: Page, state: PageState) -> None:
    ask_about_meals(page)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("article")).to_have_count(0)
    ask_about_meals(page)
    assert state.asked[-1]["history"] == []


def test_shift_enter_and_an_input_method_do_not_send(page: Page, state: PageState) -> None:
    asked = len(state.asked)
    box = page.get_by_label("Your question")
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(box).to_have_value("one\ntwo")
    with page.expect_response("**/v1/ask"):  # one that is sent, so that another would be there before it
        box.press("Enter")
    assert len(state.asked) == asked + 1


def test_markup_in_questions_answers_names_and_texts_stays_text(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?collection=hostile")
    expect(page.get_by_role("listitem").first).to_contain_text(scripts.HOSTILE.name)
    turn = ask(page, scripts.HOSTILE_QUESTION)
    expect(turn.get_by_role("heading").first).to_have_text(scripts.HOSTILE_QUESTION)
    expect(turn.locator(".sentence")).to_have_text(scripts.HOSTILE_SENTENCE)
    turn.locator(".citation").click()
    expect(page.locator("mark")).to_have_text(["<script>window.hacked=1</script> stays text"])
    expect(page.get_by_role("complementary")).to_contain_text("<b>Bold</b> title")
    assert page.locator("img, b, #source-panel script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_numbers_that_were_found_are_told_apart_from_those_that_were_not(page: Page) -> None:
    turn = ask(page, scripts.COMPUTED_QUESTION)
    expect(turn.locator(".fact.found")).to_have_text(["45"])
    expect(turn.locator(".fact.found")).to_have_attribute("title", "Found in the cited words")
    computed = turn.locator(".fact.computed")
    expect(computed).to_have_text(["24"])
    expect(computed).to_have_css("text-decoration-style", "dotted")
