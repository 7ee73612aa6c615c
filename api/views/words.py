"""The pages in the reader's language: which language that is, and the HTML of a page filled with its words.

A dictionary is a file, ``api/page/words/{language}.json``. The HTML of a page names words as ``{{key}}``. ``{{words}}``
is the whole dictionary, for the page's scripts, with the English words for what readers of files say; ``{{language}}``
is the language, ``{{languages}}`` are the options to choose another; ``{{menu}}`` is the menu that all pages have. So a
page arrives in its language, and no language costs a request.

An element with ``data-right`` is hidden from callers who lack that right. That spares them buttons which would be
refused; the routes are what refuses.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.caller import Caller, known_caller
from api.middleware.hosts_and_bodies import PAGE_POLICY
from rag.access.principal import Via
from rag.access.roles import Right

WORDS_FOLDER = Path(__file__).parents[1] / "page" / "words"
LANGUAGE_COOKIE = "citewell_language"
DEFAULT_LANGUAGE = "en"
_MENU = WORDS_FOLDER.parent / "shared" / "menu.html"
_NO_PARTS: Mapping[str, str] = {}
_PLACE = re.compile(r"\{\{([a-z0-9_.]+)\}\}")
_RIGHT = re.compile(r' data-right="([a-z]+)"')
_KEYS = re.compile(r"`([^`]+)`")

Dictionary: TypeAlias = dict[str, str | dict[str, str]]
"""Words by key; those that depend on a number by their plural category (CLDR)."""


@cache
def dictionaries() -> dict[str, Dictionary]:
    """Returns the dictionary of each language, by its code."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(WORDS_FOLDER.glob("*.json"))}


def language_of(request: Request) -> str:
    """Returns the language that the reader has chosen on the page, else the first known one of the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in dictionaries():
        return chosen
    return next(
        filter(dictionaries().__contains__, _accepted(request.headers.get("accept-language", ""))), DEFAULT_LANGUAGE
    )


def page_response(
    path: Path, request: Request, *, status: HTTPStatus = HTTPStatus.OK, parts: Mapping[str, str] = _NO_PARTS
) -> HTMLResponse:
    """Returns a page in the language of the reader, under the pages' policy; ``parts`` are HTML for other places."""
    language = language_of(request)
    headers = {
        "Content-Security-Policy": PAGE_POLICY,
        "Content-Language": language,
        "Vary": "Accept-Encoding, Accept-Language, Cookie",
        "Cache-Control": "no-cache",
    }
    html = path.read_text("utf-8").replace("{{menu}}", menu(request.url.path))
    shown = rights_shown(known_caller(request)) | {name for name, part in parts.items() if part}
    content = for_rights(filled(html, language, parts), shown).encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, compresslevel=5)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(content, status_code=status, headers=headers)


def menu(path: str) -> str:
    """Returns the menu, in which the page at ``path``, or the one above it, is marked as the current one."""
    html = _MENU.read_text("utf-8").strip()
    above = f"/{path.split('/')[1]}"
    current = "page" if above == path else "true"
    return html.replace(f'href="{above}"', f'href="{above}" aria-current="{current}"')


def for_rights(html: str, rights: AbstractSet[str]) -> str:
    """Hides the elements for which the reader lacks the right."""
    return _RIGHT.sub(lambda place: "" if place[1] in rights else " hidden", html)


def rights_shown(caller: Caller | None) -> AbstractSet[str]:
    """Returns the rights by which elements are shown, with ``audit``, and with ``account`` and ``users`` for logins.

    Without a caller, on pages that need none, all are shown that a single user has.
    """
    if caller is None:
        return {*Right, "audit"}
    has_account = caller.via in {Via.SESSION, Via.PROXY}
    more = {
        "account": has_account,
        "users": has_account and Right.MANAGE in caller.rights,
        "audit": bool({Right.MANAGE, Right.OPERATE} & caller.rights),
    }
    return {*caller.rights, *(name for name, is_shown in more.items() if is_shown)}


def filled(html: str, language: str, parts: Mapping[str, str] = _NO_PARTS) -> str:
    """Returns the HTML of a page with its words; words between backticks are keys of the keyboard."""
    words = dictionaries()[language]

    def word(place: re.Match[str]) -> str:
        match place[1]:
            case "language":
                return language
            case "languages":
                return "".join(_option(code, is_chosen=code == language) for code in dictionaries())
            case "words":
                carried: dict[str, object] = {**words}
                if language != DEFAULT_LANGUAGE:
                    carried["english"] = _said_by_readers()
                return escape(json.dumps(carried, ensure_ascii=False, separators=(",", ":")), quote=False)
            case key if key in parts:
                return parts[key]
            case key:
                return _KEYS.sub(r"<kbd>\1</kbd>", escape(str(words[key])))

    return _PLACE.sub(word, html)


@cache
def _said_by_readers() -> Dictionary:
    english = dictionaries()[DEFAULT_LANGUAGE]
    return {key: words for key, words in english.items() if key.startswith("reading.")}


def _option(code: str, *, is_chosen: bool) -> str:
    name = escape(str(dictionaries()[code]["language.name"]))
    return f'<option value="{code}" lang="{code}"{" selected" if is_chosen else ""}>{name}</option>'


def _accepted(header: str) -> list[str]:
    """Returns the languages of an Accept-Language header without their regions, the most wanted first."""
    weighed = []
    for entry in header.split(","):
        tag, _, parameter = entry.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name == "q" else 1.0
        except ValueError:
            continue
        if weight > 0:
            weighed.append((weight, tag.strip().split("-")[0].lower()))
    return [language for _, language in sorted(weighed, key=lambda each: -each[0])]
