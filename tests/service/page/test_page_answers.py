"""How an answer is laid out, and what one can do with it: copy, export, print, ask again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.service.page import answer_scripts, scripts
from tests.service.page.test_page import ask, ask_about_meals, expect
from tests.support.servers.page_server import PageState

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.integration

WATCH_COPIES = "navigator.clipboard.writeText = async (text) => { window.copied = text; };"


def answered(page: Page, question: str) -> Locator:
    turn = ask(page, question)
    expect(turn.locator(".receipt")).to_be_visible()
    return turn


def choose(turn: Locator, menu: str, choice: str, *, at: int = 0) -> None:
    turn.locator("summary", has_text=menu).click()
    turn.locator(".menu[open]").get_by_role("button", name=choice, exact=True).nth(at).click()


def copied(page: Page, turn: Locator, form: str) -> str:
    page.evaluate(WATCH_COPIES)
    said = turn.locator(".actions-said")
    said.evaluate("(node) => node.replaceChildren()")
    choose(turn, "Copy", form)
    expect(said).to_have_text("Copied")
    return str(page.evaluate("window.copied"))


def test_markdown_is_laid_out_with_citations_in_items_and_cells(page: Page) -> None:
    answer = answered(page, answer_scripts.MARKDOWN_QUESTION).locator(".answer")
    expect(answer.get_by_role("heading", name="Travel rules", level=3)).to_be_visible()
    expect(answer.locator("strong")).to_have_text(["rules", "45 euros"])
    expect(answer.locator("ol > li")).to_have_count(3)
    expect(answer.locator("ol > li").first).to_have_text("Ask your manager.2")
    expect(answer.locator("ol ul > li")).to_have_text(["trains first3", "flights last"])
    expect(answer.get_by_role("cell")).to_have_text(["Hotel", "160 euros1", "Meal", "45 euros1"])
    expect(answer.locator("pre")).to_have_text("claim --trip 96 <b>kg</b>")
    expect(answer.locator("blockquote .unsupported-note")).to_have_text("no source")
    answer.get_by_role("cell", name="160 euros").locator(".sentence").click()
    expect(page.locator("mark")).to_have_text("Hotels are paid up to 160 euros a night")


def test_links_show_their_address_and_nothing_is_loaded_or_run(page: Page) -> None:
    answer = answered(page, answer_scripts.MARKDOWN_QUESTION).locator(".answer")
    link = answer.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://rules.example/travel_policy")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    addresses = ["(https://rules.example/travel_policy)", "(javascript:alert(1))", "(https://evil.example/x.png?q=1)"]
    expect(answer.locator(".link-address")).to_have_text(addresses)
    expect(answer).to_contain_text('<img src=x onerror="window.hacked=1">')
    assert answer.locator("img, b, script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_words_that_were_read_stay_the_same_elements_while_more_arrive(page: Page) -> None:
    turn = ask(page, scripts.LONG_QUESTION)
    expect(turn.locator(".unverified")).to_have_text(" And then")
    turn.locator(".citation").evaluate("(node) => { window.first = node; node.focus(); }")
    script = """async () => {
      const { AnswerText } = await import("/page/chat/answer_text.js");
      const text = new AnswerText({ onCite: () => {} });
      document.querySelector(".turn-body").append(text.node);
      const sentence = { text: "- One **is** it.", supported: true, citations: [{ number: 1, page: null, quote: "" }] };
      text.append(sentence.text + " Mo");
      text.place(sentence);
      const chip = text.node.querySelector(".citation");
      const strong = text.node.querySelector("strong");
      chip.focus();
      text.append("re words\\n- and an item");
      const stays = [document.activeElement === chip, text.node.querySelector("strong") === strong];
      text.settle({ answer: text.text, sentences: [sentence] });
      return [...stays, document.activeElement === chip, text.node.querySelectorAll("li").length];
    }"""
    assert page.evaluate(script) == [True, True, True, 2]


def test_the_question_stays_in_view_while_a_long_answer_arrives(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    ask_about_meals(page)
    turn = answered(page, answer_scripts.MARKDOWN_QUESTION)
    expect(turn.locator(".turn-question")).to_be_in_viewport(ratio=1)
    expect(turn.locator(".answer h3")).to_be_in_viewport(ratio=1)


def test_a_selection_that_is_copied_holds_no_numbers_of_sources(page: Page) -> None:
    turn = ask_about_meals(page)
    script = """(node) => {
      const selection = getSelection();
      selection.selectAllChildren(node);
      return selection.toString();
    }"""
    assert turn.locator(".answer").evaluate(script) == " ".join(each["text"] for each in scripts.ANSWER)


def test_an_answer_is_copied_as_text_and_as_markdown_with_and_without_sources(page: Page) -> None:
    turn = answered(page, answer_scripts.MARKDOWN_QUESTION)
    assert copied(page, turn, "Markdown") == answer_scripts.MARKDOWN.strip() + "\n"
    text = copied(page, turn, "Text")
    assert "Meals are paid up to 45 euros a day. Claims are due within 30 days." in text
    assert "2. Book through travel desk:\n   - trains first\n   - flights last\n3. Keep" in text
    assert "Hotel\t160 euros\n" in text
    sourced = copied(page, turn, "Markdown with sources")
    assert "Meals are paid up to **45 euros** a day. [1] Claims" in sourced
    assert "| Hotel | 160 euros [1] |\n" in sourced
    assert "> Fines are not paid. [no source] See" in sourced
    assert (
        "- [1] Travel and expenses policy (travel-and-expenses.pdf), 3 Meals and lodging, page 6, added 20" in sourced
    )
    assert "- trains first [3]\n" in copied(page, turn, "Text with sources")
    expect(turn.locator(".actions-said")).to_have_text("Copied")


def test_an_answer_and_the_conversation_are_exported(page: Page) -> None:
    ask_about_meals(page)
    turn = answered(page, scripts.ABSTAIN_QUESTION)
    with page.expect_download() as one:
        choose(turn, "Export", "Markdown")
    assert one.value.suggested_filename.startswith("citewell-how-many-days-of-parental-leave-are-there-20")
    alone = Path(one.value.path()).read_text()
    assert alone.startswith(f"## {scripts.ABSTAIN_QUESTION}\n")
    assert " ".join(scripts.LOOSELY_RELATED) in alone
    assert scripts.MEALS_QUESTION not in alone
    with page.expect_download() as both:
        choose(turn, "Export", "Markdown", at=1)
    assert both.value.suggested_filename.startswith("citewell-conversation-")
    whole = Path(both.value.path()).read_text()
    assert whole.index(scripts.MEALS_QUESTION) < whole.index("above that each meal needs a receipt. [1]")
    assert whole.index("**Sources**") < whole.index(scripts.ABSTAIN_QUESTION)
    with page.expect_download() as data:
        choose(turn, "Export", "JSON", at=1)
    read = json.loads(Path(data.value.path()).read_text())
    assert [each["question"] for each in read["turns"]] == [scripts.MEALS_QUESTION, scripts.ABSTAIN_QUESTION]
    assert read["turns"][0]["answer"]["sentences"][0]["citations"][0]["quote"] == scripts.MEALS_QUOTE


def test_print_shows_the_answer_and_its_sources_but_nothing_to_click(page: Page) -> None:
    answered(page, answer_scripts.MARKDOWN_QUESTION)
    turn = answered(page, answer_scripts.PRICES_QUESTION)
    page.evaluate("window.print = () => { window.printed = document.body.className; }")
    choose(turn, "Export", "Print or PDF")
    assert "print-single" in page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(page.locator(".turn").first).to_be_hidden()
    expect(turn.locator(".answer")).to_be_visible()
    expect(turn.locator(".sources")).to_contain_text("travel-and-expenses.pdf")
    expect(turn.locator("tbody tr").last).to_be_visible()
    for furniture in (".sidebar", ".composer", ".answer-actions", ".feedback", ".table-actions", ".receipt"):
        for node in page.locator(furniture).all():
            expect(node).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".turn").first).to_be_visible()
    expect(page.locator(".link-address").first).to_have_text("(https://rules.example/travel_policy)")
    expect(page.locator(".link-address").first).to_be_visible()
    page.emulate_media(media="screen")


def test_a_long_table_is_folded_its_numbers_are_aligned_and_it_is_copied(page: Page) -> None:
    turn = answered(page, answer_scripts.PRICES_QUESTION)
    rows = turn.locator("tbody tr:visible")
    expect(rows).to_have_count(10)
    turn.get_by_role("button", name="Show all 24 rows").click()
    expect(rows).to_have_count(24)
    expect(turn.get_by_role("columnheader", name="Price")).to_have_css("text-align", "end")
    expect(turn.get_by_role("columnheader", name="Article")).to_have_css("text-align", "start")
    expect(turn.get_by_role("columnheader", name="Price")).to_have_css("position", "sticky")
    page.evaluate(WATCH_COPIES)
    turn.get_by_role("button", name="Copy CSV").click()
    expect(turn.locator(".table-copy").first).to_have_text("Copied")
    read = list(csv.reader(io.StringIO(page.evaluate("window.copied"))))
    assert read[:2] == [["Article", "Price", "Since"], ["LP-100", "1,349.00", "2025-04-14"]]
    assert len(read) == 25


def test_a_table_that_goes_on_beside_the_screen_says_so_and_is_moved_by_the_keyboard(page: Page) -> None:
    turn = answered(page, answer_scripts.PRICES_QUESTION)
    table = turn.locator(".answer-table-rows")

    def darkness_at_the_edge() -> float:
        """Of the pixels before the border, in the rows below the names, of 255."""
        with Image.open(io.BytesIO(table.screenshot())) as picture:
            pixels = np.asarray(picture.convert("L")).astype(float)
        return float(np.median(255 - pixels[60:-10, -6:-2]))

    assert darkness_at_the_edge() < 6
    table.evaluate("(node) => { node.style.width = '9rem'; }")
    assert table.evaluate("(node) => node.scrollWidth > node.clientWidth + 20")
    assert darkness_at_the_edge() > 12
    table.focus()
    expect(table).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(node) => node.scrollLeft > 0", arg=table.element_handle())
    table.evaluate("(node) => node.scrollTo(node.scrollWidth, 0)")
    assert darkness_at_the_edge() < 6


def test_what_was_searched_for_can_be_changed_and_documents_chosen(page: Page, state: PageState) -> None:
    ask_about_meals(page)
    turn = answered(page, scripts.CAR_QUESTION)
    expect(turn.locator(".turn-search")).to_contain_text("Searched for “How are private cars paid on a business trip?”")
    turn.get_by_role("button", name="Change").click()
    words = turn.get_by_role("textbox", name="Search for")
    expect(words).to_be_focused()
    expect(words).to_have_value("How are private cars paid on a business trip?")
    words.press("Escape")
    expect(turn.get_by_role("button", name="Change")).to_be_focused()
    turn.get_by_role("button", name="Change").click()
    words.fill("mileage")
    expect(turn.locator(".search-form")).to_be_in_viewport(ratio=1)
    expect(turn.locator(".search-document", has_text="信息安全规范")).to_have_text("信息安全规范.md")
    expect(turn.get_by_role("checkbox", name="travel-and-expenses.pdf Travel and expenses policy")).to_be_visible()
    turn.get_by_role("checkbox", name="employee-handbook.docx", exact=True).check()
    with page.expect_response("**/v1/ask"):
        turn.get_by_role("button", name="Ask again", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.locator(".turn-search > p").nth(1)).not_to_contain_text("employee-handbook.docx")
    expect(turn.locator(".turn-search")).to_contain_text("only in employee-handbook.docx")
    asked = state.asked[-1]
    assert (asked["question"], asked["search_query"]) == (scripts.CAR_QUESTION, "mileage")
    assert asked["filter"] == {"document_ids": ["handbook"]}
    assert [each["role"] for each in asked["history"]] == ["user", "assistant"]
    assert asked["history"][0]["content"] == scripts.MEALS_QUESTION


def test_asking_again_unchanged_asks_for_a_fresh_answer(page: Page) -> None:
    turn = ask_about_meals(page)
    expect(turn.locator(".turn-search > p")).to_be_hidden()
    turn.get_by_role("button", name="Ask again…").click()
    with page.expect_request("**/v1/ask") as request:
        turn.get_by_role("textbox", name="Search for").press("Enter")
    assert request.value.headers["cache-control"] == "no-cache"
    assert "search_query" not in (request.value.post_data_json or {})
    expect(turn.locator(".receipt")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)


def test_sources_show_their_file_and_those_that_look_alike_their_words(page: Page) -> None:
    turn = answered(page, answer_scripts.ALIKE_QUESTION)
    expect(turn.locator(".source")).to_have_count(3)
    expect(turn.locator(".source").first).to_contain_text("travel-and-expenses.pdf")
    expect(turn.locator(".source-snippet")).to_have_text(["45 euros", "30 days", "0.38 euros"])
    turn = ask_about_meals(page)
    expect(turn.locator(".source-snippet")).to_have_count(0)


def test_a_refusal_says_it_once(page: Page) -> None:
    turn = answered(page, answer_scripts.REFUSED_QUESTION)
    expect(turn.get_by_text("The documents do not")).to_have_count(1)
    expect(turn.locator(".abstention .source")).to_have_count(2)


def test_an_answered_question_leaves_no_failed_request(page: Page) -> None:
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/v1/ask")):
        ask_about_meals(page)
    assert failed == []


def test_the_question_has_the_focus_at_the_start_and_keys_come_back_to_it(page: Page) -> None:
    box = page.get_by_label("Your question")
    expect(box).to_be_focused()
    for key in ("/", "Control+k"):
        page.get_by_role("button", name="Add documents").focus()
        page.keyboard.press(key)
        expect(box).to_be_focused()
        expect(box).to_have_value("")
    box.press("/")
    expect(box).to_have_value("/")
