"""Writes marks, links, pictures, formulas and form fields of an HTML page as text, in place. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin

from lxml import html

from ingest.parsing.blocks.raised import lowered, raised

_NOTE = re.compile(r"foot-?note|note-?ref|endnote|citation|reference|(?:^|\s)(?:ref|fn|note)\b", re.IGNORECASE)
_SHOWN_SCHEMES = ("http://", "https://", "mailto:", "tel:", "ftp://", "sms:", "geo:")
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|csv|zip|ics|epub|rtf|txt|xml|json|ya?ml)(?:[?#]|$)", re.IGNORECASE
)
_MAX_ADDRESS_CHARACTERS = 500
_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NO_VALUE = frozenset("hidden submit button image password file reset search".split())
_MAX_OPTIONS = 30
_NOTE_START = re.compile(r"[\[(]?(\d{1,3}|[a-z*†‡§])[\])]?")
_QUOTES = ("“", "”")
_MATH = {
    ("mfrac", 2): "{}/{}",
    ("msup", 2): "{}^{}",
    ("mover", 2): "{}^{}",
    ("msub", 2): "{}_{}",
    ("munder", 2): "{}_{}",
    ("msubsup", 3): "{}_{}^{}",
    ("munderover", 3): "{}_{}^{}",
}
_SPACED = frozenset("=+-−±≤≥<>≈")


def write_inline(root: html.HtmlElement) -> None:
    """Replaces elements that say something by other means than text by what they say.

    Raised and lowered text stays apart from the value before it; a link keeps its address where the text does not show
    it; a picture becomes its description, a form field its value.
    """
    notes = _note_marks(root)
    base = next((element.get("href", "") for element in root.iter("base")), "")
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if element.tag == "sup":
            _become(element, raised(_before(element), _text(element), is_note=_is_note(element), notes=notes))
        elif element.tag == "sub":
            _become(element, lowered(_before(element), _text(element)))
        elif element.tag == "img":
            _become(element, _description(element))
        elif element.tag in {"input", "select", "textarea"}:
            _become(element, _value(element))
        elif element.tag == "span" and element.get("data-cites") and not _text(element).strip():
            _become(element, f"[{element.get('data-cites')}]")  # as Pandoc marks sources
        elif element.tag == "math":
            _become(element, _formula(element))
    for element in root.iter("a", "abbr", "acronym", "q", "rt"):
        _add_to(element, base)


def _become(element: html.HtmlElement, text: str) -> None:
    """Makes an element hold only text; what follows it stays."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "span", text, tail


def _add_to(element: html.HtmlElement, base: str) -> None:
    if element.tag == "a":
        _append(element, _address(element, base))
    elif element.tag == "q":
        element.text = _QUOTES[0] + (element.text or "")
        _append(element, _QUOTES[1])
    elif element.tag == "rt":
        element.text = f"({element.text or ''}"
        _append(element, ")")
    else:
        meaning = " ".join(element.get("title", "").split())
        if meaning and meaning.casefold() not in _text(element).casefold():
            _append(element, f" ({meaning})")


def _append(element: html.HtmlElement, text: str) -> None:
    if not text:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _text(element: html.HtmlElement) -> str:
    return str(element.text_content())


def _before(element: html.HtmlElement) -> str:
    """Returns the text directly before an element, from its neighbours or from those of its parents."""
    current = element
    while current.getparent() is not None and current.tag not in {"p", "td", "th", "li", "div", "body"}:
        previous = current.getprevious()
        text = (previous.tail or "") if previous is not None else (current.getparent().text or "")
        if text:
            return text[-40:]
        if previous is not None:
            return _text(previous)[-40:]
        current = current.getparent()
    return ""


def _is_note(element: html.HtmlElement) -> bool:
    inside = [element, *element.iter("a", "span", "button")]
    if any(_NOTE.search(f"{each.get('class', '')} {each.get('role', '')} {each.get('id', '')}") for each in inside):
        return True
    return any(link.get("href", "").startswith("#") for link in (*element.iter("a"), *element.iterancestors("a")))


def _note_marks(root: html.HtmlElement) -> frozenset[str]:
    """Returns the marks that begin a block: there the note itself stands."""
    marks = set()
    for element in root.iter("sup"):
        parent = element.getparent()
        if parent is not None and not (parent.text or "").strip() and element.getprevious() is None:
            found = _NOTE_START.fullmatch(_text(element).strip())
            if found:
                marks.add(found[1])
    return frozenset(marks)


def _address(element: html.HtmlElement, base: str) -> str:
    """Returns the address of a link in brackets, empty if its text shows it or it is of no use on paper."""
    shown = " ".join(_text(element).split())
    target = "".join(element.get("href", "").split())
    if base.startswith(("http://", "https://")) and target and not target.startswith("#"):
        target = _joined(base, target)
    is_address = target.lower().startswith(_SHOWN_SCHEMES) or _FILE.search(target)
    inside = any(parent.tag in _HEADINGS for parent in element.iterancestors())
    if not shown or inside or not is_address or len(target) > _MAX_ADDRESS_CHARACTERS:
        return ""
    plain = re.sub(r"^(?:mailto:|tel:|sms:|https?://(?:www\.)?)", "", target, flags=re.IGNORECASE)
    readable = unquote(plain.partition("?")[0] if target.startswith("mailto:") else plain)
    if _letters(readable) in _letters(shown):
        return ""
    return f" ({target if '://' in target or not target.startswith(('mailto:', 'tel:', 'sms:')) else readable})"


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _description(element: html.HtmlElement) -> str:
    text = " ".join(element.get("alt", "").split())
    if not text or _FILE_NAME.fullmatch(text) or element.get("role") in {"presentation", "none"}:
        return ""
    figure = next(element.iterancestors("figure", "a"), None)
    is_repeated = figure is not None and text.casefold() in " ".join(_text(figure).split()).casefold()
    return "" if is_repeated else f" {text} "


def _value(element: html.HtmlElement) -> str:
    if element.tag == "textarea":
        return f" {_text(element)} "
    if element.tag == "select":
        options = [" ".join(_text(option).split()) for option in element.iter("option")]
        chosen = [
            " ".join(_text(option).split()) for option in element.iter("option") if option.get("selected") is not None
        ]
        return f" {', '.join(filter(None, (chosen or options)[:_MAX_OPTIONS]))} "
    kind = element.get("type", "text").lower()
    if kind in {"checkbox", "radio"}:
        return " [x] " if element.get("checked") is not None else " [ ] "
    return "" if kind in _NO_VALUE else f" {element.get('value', '')} "


def _formula(element: html.HtmlElement) -> str:
    """Returns a formula on one line: as its author wrote it, or with ``^``, ``_`` and ``/``."""
    for written in element.iter("annotation"):
        if "tex" in written.get("encoding", "").lower() and written.text:
            return f" {' '.join(written.text.split())} "
    return f" {element.get('alttext') or _linear(element)} "


def _linear(element: html.HtmlElement) -> str:
    parts = [_linear(child) for child in element if isinstance(child.tag, str)]
    tag = str(element.tag).rpartition("}")[2].rpartition(":")[2]
    if tag in {"annotation", "annotation-xml"}:
        return ""
    if pattern := _MATH.get((tag, len(parts))):
        return pattern.format(*parts[:1] if tag != "mfrac" else map(_grouped, parts[:1]), *map(_grouped, parts[1:]))
    if tag == "msqrt":
        return f"√({''.join(parts)})"
    own = " ".join((element.text or "").split())
    return f" {own} " if tag == "mo" and own in _SPACED else own + "".join(parts)


def _grouped(text: str) -> str:
    plain = text.strip()
    return plain if len(plain) <= 1 or plain.isalnum() else f"({plain})"
