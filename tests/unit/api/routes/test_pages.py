"""The pages run nothing but the service's own files."""

from __future__ import annotations

import re
from types import SimpleNamespace

import httpx
import pytest

from api.app import create_app
from api.middleware.hosts_and_bodies import PAGE_POLICY
from api.routes.pages import PAGE_FOLDER
from rag.settings import Settings

PAGES = [
    *("/", "/shared/token", "/docs", "/documents", "/documents/x", "/evals", "/evals/drafts", "/models"),
    *("/login", "/invitation", "/users", "/account", "/audit"),
]
_IMPORT = re.compile(r"""from "(/page/[^"]+)";""")
_ICON = re.compile(r"""(?:\bicon|#button|\bthumb|\bmark)\("([a-z-]+)\"""")


async def get(path: str) -> httpx.Response:
    app = create_app(Settings())
    app.state.service = SimpleNamespace(settings=Settings())  # all that pages ask of it
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


def test_the_policy_of_the_pages_allows_no_other_origin_and_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in PAGE_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    allowed = {source for sources in policy.values() for source in sources.split()}
    assert allowed == {"'none'", "'self'", "data:"}
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sent_with_the_policy_and_keeps_to_it(path: str) -> None:
    page = await get(path)
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page.text) == []
    assert re.findall(r"(?:src|href)=\"(?!/|#)", page.text) == []


async def test_the_pages_have_one_menu_that_tells_where_the_reader_is() -> None:
    menus = {}
    for path in ["/", "/documents", "/documents/x", "/models", "/evals", "/evals/drafts", "/docs"]:
        page = await get(path)
        [menu] = re.findall(r'<nav class="site-menu".*?</nav>', page.text, re.DOTALL)
        links = re.findall(r'<a[^>]* ?href="([^"]+)"( aria-current="\w+")?>([^<]+)</a>', menu)
        menus[path] = [(href, name) for href, _, name in links]
        [current] = [href for href, is_current, _ in links if is_current]
        assert path.startswith(current)
    names = {
        "/": "Ask",
        "/documents": "Documents",
        "/models": "Models",
        "/evals": "Evaluations",
        "/audit": "Audit trail",
        "/docs": "API reference",
    }
    assert all(menu == list(names.items()) for menu in menus.values()), menus


def test_every_page_has_the_colours_and_the_menu_of_all() -> None:
    for page in PAGE_FOLDER.rglob("*.html"):
        styles = re.findall(r'<link rel="stylesheet" href="(/page/[^"]+)"', page.read_text("utf-8"))
        assert not styles or styles[0] == "/page/shared/base.css", page


@pytest.mark.parametrize("path", PAGES)
async def test_every_file_that_a_page_names_is_there(path: str) -> None:
    page = await get(path)
    named = re.findall(r"(?:src|href)=\"(/(?:page|docs)/[^\"]+)\"", page.text)
    assert named
    for file in named:
        assert (await get(file)).status_code == 200, file


def modules_of(path: str, found: dict[str, str]) -> dict[str, str]:
    """Returns the text of a module of the page, and of all that it imports, by their paths."""
    if path not in found:
        found[path] = (PAGE_FOLDER / path.removeprefix("/page/")).read_text()
        for imported in _IMPORT.findall(found[path]):
            modules_of(imported, found)
    return found


@pytest.mark.parametrize("name", ["chat/index.html", "conversations/shared.html"])
def test_every_icon_that_a_page_shows_is_defined_in_it(name: str) -> None:
    page = (PAGE_FOLDER / name).read_text()
    modules: dict[str, str] = {}
    for script in re.findall(r'<script type="module" src="([^"]+)"', page):
        modules_of(script, modules)
    shown = {icon for text in modules.values() for icon in _ICON.findall(text)}
    assert {"retry", "thumb-up"} <= shown
    assert shown <= set(re.findall(r'<symbol id="icon-([a-z-]+)"', page))


def test_a_shared_conversation_looks_as_it_does_in_the_chat() -> None:
    pages = [(PAGE_FOLDER / name).read_text() for name in ("chat/index.html", "conversations/shared.html")]
    chat, shared = (set(re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)) for page in pages)
    assert chat - shared == {"/page/documents/documents.css"}
