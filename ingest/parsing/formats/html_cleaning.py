"""Removes from HTML what is not the document, and reads table rows. ``lxml`` parses it; nothing is fetched."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lxml import etree, html

from ingest.parsing.blocks.grids import Cell
from ingest.parsing.blocks.html_tables import html_rows
from ingest.parsing.formats.html_fallbacks import fill_page, own_words
from ingest.parsing.formats.html_hidden import Look, Styles, is_gone, look_of, page_styles

_DROPPED_TAGS = frozenset("script style template iframe object embed audio video canvas link datalist rp".split())
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_DROPPED_ROLES = frozenset("navigation search menu menubar toolbar dialog alertdialog".split())
_DROPPED_CLASSES = frozenset(
    "noprint mw-editsection skip-link mw-jump-link vector-dropdown vector-menu social-share headerlink "
    "linenos lineno linenodiv hljs-ln-numbers blob-num gutter footnote-backref footnote-back reversefootnote".split()
)
_MENU_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navi|navbar|navbox|navigation|menu|submenu|breadcrumbs?|pagination|pager|social|share|sharing"
    r"|toolbar|skip)(?:[\s_-]|\Z)",
    re.IGNORECASE,
)
_BANNER_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|ccpa|onetrust|cookiebot|cookielaw|cookieconsent|usercentrics|cmplz|borlabs)"
    r"[\s_-]?(?:\w{1,20}[\s_-])?(?:banner|bar|notice|consent|popup|modal|overlay|dialog|message|layer|box|law|alert|sdk"
    r"|settings|wrapper|container|info)",
    re.IGNORECASE,
)
_ICON_CLASSES = re.compile(r"(?:^|\s)(?:fa[srlb]?|icons?|[\w-]*icon[\w-]*|glyphicon|emoji)(?:\s|$)", re.IGNORECASE)
_BUTTON_PLACES = frozenset("h1 h2 h3 h4 h5 h6 summary dt li td th".split())
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]")  # what no element may hold
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
MAX_ATTRIBUTES = 10_000
_MENU_TAGS = frozenset({"div", "ul", "ol", "section", "aside", "footer", "header"})
_FEW_WORDS, _MANY_WORDS = 50, 100
"""A menu or hidden part with most of the page's words, and more than these, is the page: its end was not marked."""
_KEPT = frozenset({"html", "body", "main", "article"})
# Name and value as HTML has them. Possessive quantifiers: no character is read twice.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
_NEXT_ATTRIBUTE = re.compile(_ATTRIBUTE)
_TAG = re.compile(f"<[a-zA-Z][^\\s/>]*+(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+")


@dataclass(slots=True, kw_only=True)
class Page:
    """A page without what is not the document.

    ``hidden`` are texts that its reader cannot see, ``struck`` those that are struck out, ``furniture`` what belongs to
    the site (navigation, banners). ``words`` counts those outside of links, ``all_words`` all, before anything was
    removed.
    """

    title: str = ""
    root: html.HtmlElement | None = None
    words: int = 0
    all_words: int = 0
    hidden: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    furniture: list[str] = field(default_factory=list)


def clean_page(text: str) -> Page:
    """Returns the page without scripts, styles, navigation and hidden parts.

    Raises:
        ValueError: it is nested more than 255 deep, or a piece of text is longer than 10 MB: the rest would be lost.
            Or a tag has more than ``MAX_ATTRIBUTES``.
    """
    body = _CONTROLS.sub("", _DECLARATION.sub("", text))
    if not body.strip():
        return Page()
    refuse_endless_tags(body)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root = None
    with suppress(etree.ParserError):  # it has only comments
        root = html.document_fromstring(body.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise ValueError("it is nested too deeply, or a piece of its text is too long")
    if root is None:
        return Page()
    page = Page(title=" ".join((root.findtext(".//title") or "").split()), root=root)
    fill_page(root)
    body = root.find("body")
    if body is not None:
        page.words, page.all_words = own_words(body), own_words(body, with_links=True)
    _clean(root, Look(), page_styles(root), page)
    return page


def _clean(element: html.HtmlElement, above: Look, styles: Styles, page: Page) -> None:
    """Removes from an element what is not the document; its own tag stays."""
    look = look_of(element, above, styles)
    if element.tag == "body" and look.is_unseen:  # rules in files that are not there give its parts other colours
        look = replace(look, background=None)
    if look.is_unseen and (element.text or "").strip():
        page.hidden.append(element.text or "")
        element.text = " "
    for child in list(element):
        if look.is_unseen and (child.tail or "").strip():
            page.hidden.append(child.tail or "")
            child.tail = " "
        if not isinstance(child.tag, str):
            continue
        left_out = _left_out(child, styles, page)
        if left_out is None:
            _clean(child, look, styles, page)
            continue
        if words := " ".join(child.text_content().split()):
            left_out.append(words)
        child.drop_tree()


def _left_out(element: html.HtmlElement, styles: Styles, page: Page) -> list[str] | None:
    """Returns the list to which the text of an element goes that is left out; None if it stays."""
    if element.tag in _KEPT or element.tag == "head":
        return None
    if element.tag in _STRUCK_TAGS:
        return page.struck
    if element.tag == "svg":
        _keep_labels(element)
    if element.tag in _DROPPED_TAGS:
        return page.furniture
    if _is_furniture(element):
        return None if _is_page(element, page) else page.furniture
    if is_gone(element, styles):
        is_page = styles.is_scripted and own_words(element) > max(_MANY_WORDS, page.words * 3 // 4)
        return None if is_page else page.hidden
    return None


def _is_page(element: html.HtmlElement, page: Page) -> bool:
    """Returns whether a menu holds most of the page: its end was not marked, or there is nothing else."""
    has_most = own_words(element) > max(_FEW_WORDS, page.words // 2)
    return has_most or own_words(element, with_links=True) * 10 > page.all_words * 9


def _is_furniture(element: html.HtmlElement) -> bool:
    """Returns whether an element belongs to the site and not to the page."""
    if element.tag in {"nav", "dialog", "button"}:
        is_closed = element.tag == "dialog" and element.get("open") is None
        return is_closed or element.tag == "nav" or (element.tag == "button" and not _is_heading(element))
    if element.get("role", "").lower() in _DROPPED_ROLES:
        return True
    is_dropped = not _DROPPED_CLASSES.isdisjoint(element.get("class", "").split())
    is_ornament = element.get("aria-hidden") == "true" and _is_ornament(element)
    return is_dropped or is_ornament or _is_named_furniture(element)


def _is_named_furniture(element: html.HtmlElement) -> bool:
    """Returns whether an element is by its class or id a banner about cookies, or a menu, which holds links alone."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if element.tag not in _MENU_TAGS or len(names) <= 1:
        return False
    if _BANNER_NAMES.search(names):
        return True
    if not _MENU_NAMES.search(names) or next(element.iter("a"), None) is None:
        return False
    return own_words(element) * 8 <= own_words(element, with_links=True)


def _is_heading(button: html.HtmlElement) -> bool:
    """Returns whether a button is the heading of what it opens, as in lists of questions."""
    parent = button.getparent()
    is_titled = parent is not None and parent.tag in _BUTTON_PLACES
    return button.get("aria-expanded") is not None or button.get("aria-controls") is not None or is_titled


def _is_ornament(element: html.HtmlElement) -> bool:
    words = element.text_content().strip()
    is_icon = element.tag == "i" or _ICON_CLASSES.search(element.get("class", "")) is not None
    return is_icon or len(words) <= 1 or not any(map(str.isalnum, words))


def _keep_labels(drawing: html.HtmlElement) -> None:
    """Leaves of a drawing the texts that stand in it, with spaces between them."""
    labels = [" ".join(each.text_content().split()) for each in drawing.iter("text", "title", "desc")]
    tail = drawing.tail
    drawing.clear()
    drawing.tag, drawing.text, drawing.tail = "span", f" {'; '.join(dict.fromkeys(filter(None, labels)))} ", tail


def refuse_endless_tags(markup: str) -> None:
    """Refuses tags with absurdly many attributes: ``lxml`` compares each with all before it, for minutes.

    Raises:
        ValueError: a tag has more than ``MAX_ATTRIBUTES``.
    """
    start = markup.find("<")
    while start >= 0:
        tag = _TAG.match(markup, start)
        if tag and _NEXT_ATTRIBUTE.match(markup, tag.end()):
            raise ValueError(f"a tag in it has more than {MAX_ATTRIBUTES:,} attributes")
        start = markup.find("<", tag.end() if tag else start + 1)


def table_rows(markup: str) -> list[list[Cell]]:
    """Returns the cells of a table, row by row, with the rows and columns that they span."""
    if not markup.strip():
        return []
    return html_rows(html.fragment_fromstring(markup, create_parent="div"))
