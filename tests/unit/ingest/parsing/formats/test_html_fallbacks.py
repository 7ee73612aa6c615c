import json
from pathlib import Path

from tests.unit.ingest.parsing.reading import read, texts

ARTICLE = {"@graph": [{"@type": "NewsArticle", "articleBody": "The north gate is shut.\nIt opens again in May."}]}
STORED = f'<script type="application/ld+json">{json.dumps(ARTICLE)}</script>'


def test_an_article_that_scripts_show_is_read(tmp_path: Path) -> None:
    markup = f"<head>{STORED}</head><body><a href='/'>Home</a><p>Harbour</p></body>"
    assert texts(read(tmp_path, "a.html", markup))[-2:] == ["The north gate is shut.", "It opens again in May."]


def test_an_article_that_the_page_shows_is_read_once(tmp_path: Path) -> None:
    markup = (
        f"<head>{STORED}</head><body><p>The north gate is shut.</p><p>It opens again in May, says the port.</p></body>"
    )
    assert read(tmp_path, "a.html", markup).text.count("north gate") == 1


def test_a_page_without_words_gives_its_description(tmp_path: Path) -> None:
    markup = '<head><meta name="description" content="Tides of the port."></head><body><div id="app"></div></body>'
    assert read(tmp_path, "a.html", markup).text == "Tides of the port."


def test_what_is_shown_without_frames_is_read(tmp_path: Path) -> None:
    markup = "<frameset><frame src='a.html'><noframes><body><p>Tides.</p></body></noframes></frameset>"
    assert read(tmp_path, "a.html", markup).text == "Tides."


def test_a_framed_page_is_read_in_its_place(tmp_path: Path) -> None:
    markup = (
        '<p>Above.</p><iframe srcdoc="&lt;h2&gt;Rules&lt;/h2&gt;&lt;p&gt;No fires.&lt;/p&gt;"></iframe><p>Below.</p>'
    )
    assert texts(read(tmp_path, "a.html", markup)) == ["Above.", "Rules", "No fires.", "Below."]
