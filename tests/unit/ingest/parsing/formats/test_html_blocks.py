from pathlib import Path

import pytest

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import paths, read, texts


def body(folder: Path, markup: str) -> str:
    return read(folder, "a.html", f"<html><body>{markup}</body></html>").text


def test_a_part_that_opens_is_headed_by_its_summary_alone(tmp_path: Path) -> None:
    page = """<h1>Shop</h1><details><summary>Is there a lift?</summary><p>Yes, in hall 2.</p></details>
    <p>Open daily.</p><details><summary><h2>Parking</h2></summary>Behind the house.</details>"""
    found = paths(read(tmp_path, "a.html", page))
    assert found["Yes, in hall 2."] == ("Shop", "Is there a lift?")
    assert found["Open daily."] == ("Shop",)
    assert found["Behind the house."] == ("Shop", "Parking")


def test_terms_stand_on_the_line_of_their_definition(tmp_path: Path) -> None:
    page = (
        "<dl><div><dt>Size</dt><dd>7 kg</dd></div><dt>Lid</dt><dt>Top</dt><dd>tin</dd><dt>Why?</dt><dd>Wind.</dd></dl>"
    )
    assert body(tmp_path, page) == "Size: 7 kg\nLid, Top: tin\nWhy? Wind."


def test_block_elements_do_not_glue_words_and_inline_ones_do_not_part_them(tmp_path: Path) -> None:
    page = (
        "<div>One</div><div>two<section>three</section>four</div><p>fi<b>ve</b></p><my-card>six</my-card>Seven<br>Eight"
    )
    assert body(tmp_path, page).split("\n\n") == ["One", "two", "three", "four", "five", "six", "Seven", "Eight"]


def test_pictures_speak_by_their_description_and_caption(tmp_path: Path) -> None:
    page = """<figure><img src="m.png" alt="Map of the quay"><figcaption>The quay opens at six.</figcaption></figure>
    <img src="x.png" alt="IMG_2041.png"><img src="l.png" alt="">"""
    assert body(tmp_path, page) == "Map of the quay\n\nThe quay opens at six."


def test_an_address_stands_behind_a_link_whose_text_does_not_show_it(tmp_path: Path) -> None:
    page = """<p>See <a href="https://example.org/rules.pdf">the rules</a>, <a href="https://www.example.org/">example.org</a>,
    <a href="mailto:ann@example.org?subject=x">Ann</a>, <a href="#top">up</a>, <a href="/wiki/Quay">quay</a>,
    <a href="leave.docx">the form</a>.</p>"""
    assert body(tmp_path, page) == (
        "See the rules (https://example.org/rules.pdf), example.org, Ann (ann@example.org), up, quay, "
        "the form (leave.docx)."
    )


def test_raised_and_lowered_characters_stay_apart_from_values(tmp_path: Path) -> None:
    page = """<p>Take 20<sup>4</sup> mg per 3 m<sup>2</sup>; 10<sup>5</sup> cells of CO<sub>2</sub>; see
    there<sup class="reference"><a href="#n7">[7]</a></sup>.</p><p><sup>4</sup> With water.</p>"""
    text = body(tmp_path, page)
    assert "20[^4] mg per 3 m²; 10⁵ cells of CO2; see there[^7]." in text


def test_lists_keep_the_numbers_that_are_shown(tmp_path: Path) -> None:
    page = """<ol start="4"><li>Fill</li><li>Stir<ul><li>slowly</li></ul></li></ol><ol type="a"><li>One</li></ol>
    <ol type="I"><li value="9">Nine</li></ol>"""
    assert body(tmp_path, page).split("\n") == ["4. Fill", "5. Stir", "slowly", "a. One", "IX. Nine"]


def test_form_fields_show_their_values(tmp_path: Path) -> None:
    page = """<label>Name <input value="Ann"></label><p><input type="checkbox" checked> Lunch
    <input type="radio"> Dinner</p><select><option>S</option><option selected>M</option></select>
    <textarea>No nuts</textarea><input type="submit" value="Send"><button>Send</button>"""
    assert body(tmp_path, page).split("\n\n") == ["Name Ann", "[x] Lunch [ ] Dinner", "M No nuts"]


def test_a_button_that_opens_something_is_text(tmp_path: Path) -> None:
    page = '<h3><button>Fees</button></h3><p>None.</p><button aria-expanded="false">More fees</button><p>Two.</p>'
    assert body(tmp_path, page) == "Fees\n\nNone.\n\nMore fees\n\nTwo."


def test_formulas_are_linear(tmp_path: Path) -> None:
    page = "<p><math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math></p>"
    assert body(tmp_path, page) == "E = mc^2"


def test_what_is_struck_out_is_left_out_and_told(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.html", "<p>Price <del>40</del> <s>38 euros</s> 35 euros</p>")
    assert extracted.text == "Price 35 euros"
    assert extracted.warnings == ("struck-out text left out: 3 words in 2 places",)


def test_a_grid_of_short_cells_is_a_table_although_its_names_are_set_as_headings(tmp_path: Path) -> None:
    page = "<table><tr><td><h3>Quay</h3></td><td><h3>Depth</h3></td></tr><tr><td>North</td><td>9 m</td></tr></table>"
    assert body(tmp_path, page) == "Quay: North; Depth: 9 m"


def test_tables_that_arrange_text_are_read_as_text(tmp_path: Path) -> None:
    page = """<table role="presentation"><tr><td><h2>News</h2><p>All is well.</p></td></tr>
    <tr><td><table><tr><th>Day</th><th>Time</th></tr><tr><td>Mo</td><td>9</td></tr></table></td></tr></table>"""
    extracted = read(tmp_path, "a.html", page)
    assert texts(extracted, ElementKind.HEADING, ElementKind.PARAGRAPH) == ["News", "All is well."]
    assert len(texts(extracted, ElementKind.TABLE)) == 1


def test_short_paragraphs_are_no_headings(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.html", "<p>Opening Hours</p><p>Nine to five.</p>")
    assert texts(extracted, ElementKind.HEADING) == []


def test_without_scripts_only_what_replaces_them_is_read(tmp_path: Path) -> None:
    assert body(tmp_path, "<p>Words of the page.</p><noscript>Switch scripts on.</noscript>") == "Words of the page."
    assert body(tmp_path, "<div id=app></div><noscript>The office moved to pier 9.</noscript>") == (
        "The office moved to pier 9."
    )


@pytest.mark.parametrize(
    "page",
    [
        "<p>" + "<sup>1</sup>" * 20_000,
        "<ol>" * 200 + "<li>x",
        "<dl>" + "<dt>a<dd>b" * 20_000,
        "<a href=x>" * 20_000 + "y",
    ],
)
def test_odd_pages_are_read_in_time(tmp_path: Path, page: str) -> None:
    assert body(tmp_path, f"{page}<p>words")


def test_links_of_a_page_with_a_base_and_lists_that_count_down_are_read_as_shown(tmp_path: Path) -> None:
    head = '<head><base href="https://example.org/port/"></head>'
    markup = f'{head}<p><a href="tides.html">Tides</a></p><ol reversed><li>c</li><li>b</li></ol>'
    expected = ["Tides (https://example.org/port/tides.html)", "2. c", "1. b"]
    assert texts(read(tmp_path, "a.html", markup)) == expected


def test_what_stands_below_a_short_item_has_it_among_its_headings(tmp_path: Path) -> None:
    markup = (
        "<h1>Depots</h1><ul><li>Vik<ul><li>Gate:<ul><li>north side</li></ul></li><li>Open from six to nine.</li></ul>"
        "<p>Ring first.</p></li><li>Moss<ul><li>east side</li></ul></li></ul><p>End.</p>"
    )
    found = paths(read(tmp_path, "a.html", markup))
    assert found["north side"] == ("Depots", "Vik", "Gate")
    assert found["Open from six to nine."] == ("Depots", "Vik")
    assert found["Ring first."] == ("Depots", "Vik")
    assert found["east side"] == ("Depots", "Moss")
    assert found["End."] == ("Depots",)


def test_a_definition_begins_with_its_term_and_its_other_parts_stand_below_it(tmp_path: Path) -> None:
    markup = (
        "<dl><dt>Buoy</dt><dd><p>It floats.</p><p>It is red.</p></dd><dt>Kit</dt><dd><ul><li>rope</li></ul></dd></dl>"
    )
    extracted = read(tmp_path, "a.html", markup)
    assert texts(extracted) == ["Buoy: It floats.", "It is red.", "Kit:", "rope"]
    assert paths(extracted)["It is red."] == ("Buoy",)
    assert paths(extracted)["rope"] == ("Kit",)


def test_a_short_bold_paragraph_is_a_heading_and_a_bold_sentence_is_none(tmp_path: Path) -> None:
    markup = "<h2>Fees</h2><p><b>Day guests</b></p><p>Nine crowns.</p><p><b>Pay first.</b></p><p><b>Or</b> leave</p>"
    extracted = read(tmp_path, "a.html", markup)
    assert texts(extracted, ElementKind.HEADING) == ["Fees", "Day guests"]
    assert paths(extracted)["Nine crowns."] == ("Fees", "Day guests")


def test_the_title_of_a_warning_begins_its_text(tmp_path: Path) -> None:
    markup = '<div class="admonition"><p class="admonition-title">Warning</p><p>Thin ice.</p></div><p>Go.</p>'
    assert texts(read(tmp_path, "a.html", markup)) == ["Warning: Thin ice.", "Go."]
