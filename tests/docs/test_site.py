"""The site builds without a warning, links to what is there, and needs nothing from a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import DOCS, ROOT

_LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("source", "src"), ("iframe", "src")}


class _Addresses(HTMLParser):
    """Collects the addresses that a page loads, and those that it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) in _LOADED and value:
                self.loaded.append(value)
            elif (tag, name) == ("a", "href") and value:
                self.linked.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "build" / "docs"


def pages(site: Path) -> Iterator[tuple[Path, _Addresses]]:
    for page in sorted(site.rglob("*.html")):
        found = _Addresses()
        found.feed(page.read_text("utf-8"))
        yield page, found


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    sources = {file.relative_to(DOCS).with_suffix(".html").as_posix() for file in DOCS.rglob("*.md")}
    home = next(found for page, found in pages(site) if page.name == "index.html")
    assert sources <= {urlsplit(link).path.removeprefix("./") for link in home.linked} | {"index.html"}
    assert sources <= {page.relative_to(site).as_posix() for page, _ in pages(site)}


def test_nothing_is_loaded_from_another_origin(site: Path) -> None:
    for page, found in pages(site):
        outside = [address for address in found.loaded if urlsplit(address).scheme or address.startswith("//")]
        assert not [address for address in outside if not address.startswith("data:")], page
        assert "mermaid" not in page.read_text("utf-8"), "the site's script would fetch mermaid from a network"
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()[\s\"']*(?:https?:)?//", style.read_text("utf-8")), style


def test_every_file_that_a_page_loads_or_links_to_is_there(site: Path) -> None:
    for page, found in pages(site):
        if page.name == "404.html":  # its addresses are those of the root
            continue
        for address in (*found.loaded, *found.linked):
            parts = urlsplit(address)
            if parts.scheme or not parts.path:
                continue
            assert (page.parent / unquote(parts.path)).exists(), f"{page.name}: {address}"
