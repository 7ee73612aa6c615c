from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from fastapi import Request

from api.views import words
from api.views.words import (
    Dictionary,
    dictionaries,
    filled,
    for_rights,
    language_of,
    menu,
    page_response,
    rights_shown,
)
from rag.access.principal import Principal, Via, single_user
from rag.access.roles import Right


def request(*, accepted: str | None = None, cookie: str | None = None, encoding: str = "") -> Request:
    headers = [(b"accept-language", accepted.encode())] if accepted is not None else []
    headers += [(b"cookie", f"citewell_language={cookie}".encode())] if cookie is not None else []
    headers.append((b"accept-encoding", encoding.encode()))
    return Request({"type": "http", "path": "/documents/9", "headers": headers})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr-CA;q=0.7", "fr"),
        ("pl,cs;q=0.9,es;q=0.1", "es"),
        ("zh-TW", "zh"),
        ("DE", "de"),
        ("de;q=0,es", "es"),
        ("de;q=nonsense,es", "es"),
        ("tlh,*", "en"),
        (",;=,q", "en"),
    ],
)
def test_the_language_is_the_first_known_one_of_the_browser(accepted: str | None, language: str) -> None:
    assert language_of(request(accepted=accepted)) == language


def test_a_choice_on_the_page_counts_more_than_the_browser() -> None:
    assert language_of(request(accepted="de", cookie="zh")) == "zh"
    assert language_of(request(accepted="de", cookie="../../etc/passwd")) == "de"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> dict[str, Dictionary]:
    found: dict[str, Dictionary] = {
        "en": {"language.name": "English", "send": '`Enter` sends <b>"it"</b>', "pages": {"other": "{count} pages"}},
        "de": {"language.name": "Deutsch", "send": "`Eingabe` sendet", "pages": {"other": "{count} Seiten"}},
    }
    monkeypatch.setattr(words, "dictionaries", lambda: found)
    return found


@pytest.mark.usefixtures("made_up")
def test_words_in_html_are_text_and_keys_of_the_keyboard_are_marked() -> None:
    assert filled('<p title="{{send}}">', "en") == (
        '<p title="<kbd>Enter</kbd> sends &lt;b&gt;&quot;it&quot;&lt;/b&gt;">'
    )
    assert filled("<html lang={{language}}>{{send}}", "de") == "<html lang=de><kbd>Eingabe</kbd> sendet"


def test_a_page_carries_its_dictionary_and_the_choice_of_another(made_up: dict[str, Dictionary]) -> None:
    carried = filled("{{words}}", "en")
    assert "<" not in carried
    assert json.loads(unescape(carried)) == made_up["en"]
    assert filled("{{languages}}", "de") == (
        '<option value="en" lang="en">English</option><option value="de" lang="de" selected>Deutsch</option>'
    )


@pytest.mark.usefixtures("made_up")
def test_an_unknown_word_in_html_fails() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        filled("{{nowhere}}", "en")


def test_a_page_says_its_language_and_what_it_depends_on(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<html lang="{{language}}">{{language.choice}}')
    response = page_response(page, request(accepted="fr"))
    assert response.body == b'<html lang="fr">Langue'
    assert response.headers["content-language"] == "fr"
    assert response.headers["vary"] == "Accept-Encoding, Accept-Language, Cookie"


def test_a_page_is_compressed_for_who_reads_that(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("words " * 500)
    response = page_response(page, request(accepted="en", encoding="gzip, br"))
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(response.body) == page.read_bytes()
    assert len(response.body) == int(response.headers["content-length"]) < 200


def test_the_menu_marks_the_page_that_is_open_or_the_one_above_it() -> None:
    assert 'href="/documents" aria-current="page"' in menu("/documents")
    assert 'href="/documents" aria-current="true"' in menu("/documents/9")
    assert menu("/").count("aria-current") == menu("/models").count("aria-current") == 1
    assert "aria-current" not in menu("/elsewhere")


def test_what_the_reader_may_not_do_is_hidden() -> None:
    html = '<a href="/models" data-right="operate">M</a><a data-right="read">R</a>'
    assert for_rights(html, {"read"}) == '<a href="/models" hidden>M</a><a>R</a>'


def test_account_and_users_show_to_people_with_a_login() -> None:
    reader = Principal(
        tenant="t", user_id="1", name="rita", roles=frozenset(), rights=frozenset({Right.READ}), via=Via.SESSION
    )
    assert rights_shown(reader) == {"read", "account"}
    assert rights_shown(replace(reader, rights=frozenset({Right.MANAGE}))) == {"manage", "account", "audit", "users"}
    assert rights_shown(single_user("t")) == rights_shown(None) == {*Right, "audit"}


def test_every_dictionary_is_found() -> None:
    assert {"en", "de", "fr", "es", "zh"} <= set(dictionaries())
    assert all(re.fullmatch("[a-z]{2,3}", language) for language in dictionaries())
