"""Puts into an HTML page what a browser shows and its elements do not hold: framed pages, texts that scripts show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree, html

_DESCRIPTIONS = ("description", "og:description")
_MAX_FRAMES = 100
_NO_TEXT = frozenset({"script", "style", "template", "head"})


def fill_page(root: html.HtmlElement) -> None:
    """Replaces frames by the pages that they hold, and adds the text that scripts would show if there is none."""
    for frame in list(root.iter("iframe", "noframes"))[:_MAX_FRAMES]:
        markup = frame.attrib.pop("srcdoc", "") if frame.tag == "iframe" else frame.text or ""
        with suppress(etree.ParserError, ValueError):
            frame.addprevious(html.fragment_fromstring(markup, create_parent="div"))
            frame.text = None
    _unwrap_scripted(root)
    _add_article(root)


def own_words(root: html.HtmlElement, *, with_links: bool = False) -> int:
    """Returns how many words stand in an element outside of links, scripts and styles."""
    count = 0
    stack = [root]
    while stack:
        element = stack.pop()
        if isinstance(element.tag, str) and element.tag not in _NO_TEXT and (with_links or element.tag != "a"):
            count += len((element.text or "").split())
            stack += element
        if element is not root:
            count += len((element.tail or "").split())
    return count


def _unwrap_scripted(root: html.HtmlElement) -> None:
    """Keeps what is shown without scripts only where the page shows nothing else."""
    fallbacks = list(root.iter("noscript"))
    if not fallbacks:
        return
    inside = sum(len(each.text_content().split()) for each in fallbacks)
    outside = sum(len((each.text or "").split()) for each in root.iter("p", "li", "td", "h1", "h2", "h3"))
    for each in fallbacks:
        each.drop_tag() if outside < inside else each.drop_tree()


def _add_article(root: html.HtmlElement) -> None:
    """Adds the article that the page stores for search engines if it is longer than all that stands in the page."""
    body = root.find("body")
    if body is None:
        return
    count = own_words(body)
    article = max(_stored_articles(root), key=len, default="")
    if not count and not article:
        descriptions = (each.get("content", "") for each in root.iter("meta") if _meta_name(each) in _DESCRIPTIONS)
        article = next(filter(None, descriptions), "")
    if len(article.split()) > count:
        for paragraph in filter(str.strip, article.splitlines()):
            etree.SubElement(body, "p").text = "".join(filter(str.isprintable, paragraph))


def _meta_name(element: html.HtmlElement) -> str:
    return str(element.get("name") or element.get("property") or "").lower()


def _stored_articles(root: html.HtmlElement) -> Iterator[str]:
    for script in root.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            stack = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                stack += value.values()
                if isinstance(text := value.get("articleBody"), str):
                    yield text
            elif isinstance(value, list):
                stack += value
