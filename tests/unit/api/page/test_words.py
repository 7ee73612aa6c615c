"""The dictionaries are complete: every language has the words that the page's files name, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest

from api.routes.pages import PAGE_FOLDER
from api.views.words import DEFAULT_LANGUAGE, WORDS_FOLDER, Dictionary, dictionaries
from rag import errors
from rag.answers import AbstentionReason
from tests.support.page_literals import html_words, script_words

# The plural categories of integers that a dictionary must tell apart. French and Spanish have "many" for millions that
# are written as words; digits take "other".
PLURALS = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "fr": {"one", "other"},
    "es": {"one", "other"},
    "zh": {"other"},
}
_IN_SCRIPT = re.compile(r"""\b(?:t|pieces|hasWords)\(\s*(?:"([^"]+)"|`([^`$]+)\$\{)""")
_IN_HTML = re.compile(r"\{\{([a-z0-9_.]+)\}\}")
_OWN = {"language", "languages", "words", "menu", "oidc"}
# Literals that no reader sees, or that are the same in every language: keys of the keyboard, names of errors, headers,
# classes, and names of formats and of the product.
_NOT_WORDS = {
    *("Delete", "Enter", "Escape", "ArrowLeft", "ArrowRight", "Files"),
    *("AbortError", "ApiError", "The reader has left", "Stopped", "The upload was cancelled", "going on"),
    *("Accept", "Cache-Control", "Content-Type", "Last-Event-ID"),
    *("notice stopped", "notice problem", "fact found", "fact computed", "fact missing"),
    *(
        "Citewell",
        " · Citewell",
        " – Citewell",
        "API – Citewell",
        "Excel",
        "Excel 97",
        "Markdown",
        "PowerPoint",
        "PowerPoint 97",
        "Word",
        "Word 97",
        "CSV",
        " ms",
    ),
    *(
        "default",
        "usual place",
        "http://127.0.0.1:11434/v1",
        "anna@example.org",
        '{"id": "q1", "question": "How long is the warranty?", "answers": ["two years"]}',
    ),
}
_NO_TEXT = re.compile(r"/[a-z0-9/-]*\?|[a-z_.]+\.")  # an address, or the beginning of a key
_ENGLISH = {"docs/docs.js"}  # the reference of the API is in English
# Errors without words of their own: of the API and the command line alone, or too general to say what would help.
_NOT_MET = {
    *("bad_request", "dependency_unavailable", "document_error", "not_found"),
    *("idempotency_mismatch", "model_not_allowed", "model_not_found", "unsupported_message", "unsupported_parameter"),
    *("too_many_followers", "unknown_receipt", "wrong_cursor", "wrong_period"),
    *("origin_missing", "unknown_tenant", "oidc_failed"),
}
ENGLISH = dictionaries()[DEFAULT_LANGUAGE]
OTHERS = sorted(set(dictionaries()) - {DEFAULT_LANGUAGE})


def used() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Returns the keys that the page names, and the beginnings of keys that it completes, each with its files."""
    keys: dict[str, set[str]] = {}
    beginnings: dict[str, set[str]] = {}
    for file in sorted([*PAGE_FOLDER.rglob("*.js"), *PAGE_FOLDER.rglob("*.html")]):
        text = file.read_text("utf-8")
        name = str(file.relative_to(PAGE_FOLDER))
        if file.suffix == ".html":
            for key in set(_IN_HTML.findall(text)) - _OWN:
                keys.setdefault(key, set()).add(name)
        for key, beginning in _IN_SCRIPT.findall(text):
            (keys if key else beginnings).setdefault(key or beginning, set()).add(name)
    return keys, beginnings


def forms(words: str | dict[str, str]) -> Iterator[str]:
    yield from [words] if isinstance(words, str) else words.values()


def places(words: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w+)\}", words)))


def test_every_word_that_the_page_names_is_in_the_dictionary() -> None:
    keys, beginnings = used()
    assert {key: files for key, files in keys.items() if key not in ENGLISH} == {}
    assert {each: files for each, files in beginnings.items() if not any(key.startswith(each) for key in ENGLISH)} == {}


def test_the_dictionary_has_no_word_that_nothing_names() -> None:
    keys, beginnings = used()
    kept = {"language.name"}  # the service names it, in the choice of the language
    assert [
        key for key in ENGLISH if key not in keys | dict.fromkeys(kept) and not key.startswith(tuple(beginnings))
    ] == []


def test_all_that_the_page_says_comes_from_the_dictionary() -> None:
    said: dict[str, list[str]] = {}
    for file in sorted([*PAGE_FOLDER.rglob("*.js"), *PAGE_FOLDER.rglob("*.html")]):
        name = str(file.relative_to(PAGE_FOLDER))
        if name in _ENGLISH:
            continue
        find = script_words if file.suffix == ".js" else html_words
        words = [
            each for each in find(file.read_text("utf-8")) if each not in _NOT_WORDS and not _NO_TEXT.fullmatch(each)
        ]
        said |= {name: words} if words else {}
    assert said == {}


def test_text_in_scripts_and_pages_is_found() -> None:
    script = """
    import { t } from "/page/Shared Words.js"; // "A comment in words"
    const name = /["'`]Not a string/u, kind = "kind-of";
    node.append(element("p", { className: "two classes", title: "title" }, t("room.key", { a: `${b} of ${c}` })));
    announce(`${file.name} was not read. ${ {a: `Really ${1}`}.a }`);
    status.textContent = isOpen ? "Open" : "shut";
    label.placeholder = "all";
    element("b", {}, "done");
    """
    found = ["title", " of ", " was not read. ", "Really ", "Open", "all", "done"]
    assert list(script_words(script)) == found
    page = '<p title="Who" class="a b">{{a.b}}<b>{{a.c}} und</b></p><input placeholder="{{a}}">'
    assert list(html_words(page)) == ["Who", "{{a.c}} und"]


def test_every_error_that_the_page_may_meet_has_words_made_of_its_values() -> None:
    met = {error for error in errors_below(errors.CitewellError) if not issubclass(error, errors.ConfigurationError)}
    assert {error.code for error in met if f"problem.{error.code}" not in ENGLISH} == _NOT_MET
    unknown = {}
    for error in met:
        needed = set(places(str(ENGLISH.get(f"problem.{error.code}", ""))))
        if not needed <= set(signature(error.__init__).parameters):
            unknown[error.code] = needed
    assert unknown == {}


def errors_below(base: type[errors.CitewellError]) -> set[type[errors.CitewellError]]:
    found = {base}.union(*(errors_below(child) for child in base.__subclasses__()))
    return {error for error in found if error.__module__ == errors.__name__}


def test_every_reason_for_an_abstention_has_words() -> None:
    said_in_the_language_of_the_question = {AbstentionReason.WEAK_SUPPORT}
    for reason in set(AbstentionReason) - said_in_the_language_of_the_question:
        assert {f"abstention.{reason.value}", f"abstention.{reason.value}_advice"} <= ENGLISH.keys()


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_words_in_the_same_order(language: str) -> None:
    assert list(dictionaries()[language]) == list(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_places_for_values(language: str) -> None:
    differing = []
    for key, words in dictionaries()[language].items():
        english = places(list(forms(ENGLISH[key]))[-1])
        fits = [english, [place for place in english if place != "count"]]  # a form for one may be without: "a page"
        differing += [(key, form) for form in forms(words) if places(form) not in fits]
        assert english == places(list(forms(words))[-1]), key
    assert differing == []


@pytest.mark.parametrize("language", sorted(dictionaries()))
def test_what_depends_on_a_number_has_the_plurals_of_its_language(language: str) -> None:
    counted = {key: words for key, words in dictionaries()[language].items() if isinstance(words, dict)}
    assert counted.keys() == {key for key, words in ENGLISH.items() if isinstance(words, dict)}
    assert {key: set(words) for key, words in counted.items() if set(words) != PLURALS[language]} == {}
    assert [key for key, words in counted.items() if "{count}" not in words["other"]] == []


@pytest.mark.parametrize("language", sorted(dictionaries()))
def test_words_are_clean(language: str) -> None:
    texts = [(key, form) for key, words in dictionaries()[language].items() for form in forms(words)]
    assert [
        key for key, form in texts if form != form.strip() or not form or re.search(r"  |\.\.\.|[<>]|TODO", form)
    ] == []
    assert [key for key, form in texts if form.count("`") % 2 or re.search(r"[{}]", re.sub(r"\{\w+\}", "", form))] == []


@pytest.mark.parametrize("file", sorted(WORDS_FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_dictionary_names_no_word_twice_and_is_written_line_by_line(file: Path) -> None:
    pairs: list[str] = []

    def collect(found: list[tuple[str, str]]) -> Dictionary:
        pairs.extend(key for key, _ in found if "." in key)
        return dict(found)

    text = file.read_text("utf-8")
    json.loads(text, object_pairs_hook=collect)
    assert len(pairs) == len(set(pairs))
    assert len(text.splitlines()) == len(pairs) + 2  # a change of a word is a change of a line
