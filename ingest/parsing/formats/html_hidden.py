"""Tells which text of an HTML page its reader cannot see.

It looks at attributes, inline styles and simple rules of the style sheets in the page. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import html

Colour = tuple[int, int, int]
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_NAMED = {"white": _WHITE, "black": _BLACK, "snow": (255, 250, 250), "ivory": (255, 255, 240), "red": (255, 0, 0)}
_HEX = re.compile(r"#([0-9a-f]{3,8})\b", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)(%?))?\s*\)", re.IGNORECASE)
_SAME_COLOUR = 12
_SMALLEST_PX = 3.0
_DEFAULT_PX = 16.0
_SIZE = re.compile(r"([\d.]+)(px|pt|em|rem|%|vw|vh|ex|ch|mm|cm|in)?")
_PX = {"px": 1.0, "pt": 4 / 3, "rem": _DEFAULT_PX, "mm": 3.78, "cm": 37.8, "in": 96.0, "vw": 10.0, "vh": 10.0, "": 1.0}
_FAR_AWAY = re.compile(r"-\s*(?:[5-9]\d\d|\d{4,})(?:\.\d+)?\s*(?:px|pt|em|rem|%|vw|vh)?|-\s*\d{2,}(?:em|rem)")
_GONE = re.compile(
    r"(?:^|;)\s*+(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*+:\s*+0*+(?:\.[0-4]\d*+)?+%?\s*+(?:;|!|$)|filter\s*:\s*opacity\(\s*0%?\s*\)|mso-hide\s*:\s*all"
    r"|transform\s*:\s*scale[xy]?\(\s*0\s*\)|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01]"
    r"|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0|polygon\(\s*0(?:px|%)?\s+0(?:px|%)?\s*,\s*0(?:px|%)?\s+0))",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:^|;)\s*(?:left|top|right|bottom|margin-left|margin-top|text-indent|transform|inset)\s*:([^;]*)", re.IGNORECASE
)
_NO_ROOM = re.compile(r"(?:^|;)\s*(?:max-)?(?:height|width)\s*:\s*[01](?:px|pt|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
_CUT = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_SHOWN = re.compile(r"display\s*:\s*(?!none)|visibility\s*:\s*visible|opacity\s*:\s*[1.]", re.IGNORECASE)
_DECLARED = re.compile(
    r"(?:^|;)\s*(color|background|background-color|background-image|font-size|font|-webkit-text-fill-color)\s*:([^;]*)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"(?<![^{}])([^{}]*+)\{([^{}]*+)\}")
_COMPOUND = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])([\w-]+))?", re.IGNORECASE)
_NAMES = re.compile(r"[.#][\w-]+")
_MAX_PARTS, _MAX_RULES = 4, 50
_MAX_STYLE_CHARACTERS = 1_000_000
_REVEALED = frozenset({"data-w-id", "data-aos", "data-sal", "data-scroll", "data-animate", "data-animation"})
_DISPLAYED_NOT = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_UNSEEN_CLASSES = frozenset("sr-only visually-hidden screen-reader-text hidden-text".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How text looks at a place in the page; ``background`` is None where it is a picture."""

    colour: Colour | None = _BLACK
    background: Colour | None = _WHITE
    size_px: float = _DEFAULT_PX

    @property
    def is_unseen(self) -> bool:
        """Returns whether text that looks like this cannot be seen."""
        if self.size_px < _SMALLEST_PX or self.colour is None:
            return True
        if self.background is None:
            return False
        return max(abs(a - b) for a, b in zip(self.colour, self.background, strict=True)) <= _SAME_COLOUR


@dataclass(slots=True, kw_only=True)
class Styles:
    """The rules of a page's style sheets whose selector is one tag, class or id, or such ones below each other.

    ``reachable`` are ids and classes that a reader can make visible: tabs, panels, menus that open. ``is_scripted``:
    the page has scripts, which show some parts when they are scrolled to.
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    nested: Mapping[str, Sequence[tuple[Sequence[str], str]]] = field(default_factory=dict)
    is_scripted: bool = False
    reachable: frozenset[str] = frozenset()

    def of(self, element: html.HtmlElement) -> str:
        """Returns the declarations that apply to an element, the strongest last."""
        if not self.rules and not self.nested:
            return str(element.get("style", ""))
        keys = _keys(element)
        found = [self.rules[key] for key in keys if key in self.rules]
        for above, declarations in (rule for key in keys for rule in self.nested.get(key, ())):
            if _stands_below(element, above):
                found.append(declarations)
        return ";".join([*found, element.get("style", "")])

    def can_be_shown(self, element: html.HtmlElement) -> bool:
        """Returns whether something in the page opens this element."""
        if element.get("role") == "tabpanel" or element.get("hidden") == "until-found":
            return True
        if self.is_scripted and not _REVEALED.isdisjoint(element.attrib):  # it appears where the page is scrolled to
            return _DISPLAYED_NOT.search(self.of(element)) is None
        names = [f"#{element.get('id', '')}", *(f".{name}" for name in element.get("class", "").split())]
        return not self.reachable.isdisjoint(names)


def page_styles(root: html.HtmlElement) -> Styles:
    """Returns the rules of the style sheets that stand in the page; those for print or for small screens are left."""
    text = "\n".join(element.text or "" for element in root.iter("style"))[:_MAX_STYLE_CHARACTERS]
    rules: dict[str, str] = {}
    nested: dict[str, list[tuple[Sequence[str], str]]] = {}
    reachable = set(_targets(root))
    for selectors, declarations in _RULE.findall(_without_conditions(_COMMENT.sub(" ", text))):
        for selector in map(str.strip, selectors.split(",")):
            if _COMPOUND.fullmatch(selector):
                rules[selector] = f"{rules[selector]};{declarations}" if selector in rules else declarations
            elif _SHOWN.search(declarations):
                reachable.update(_NAMES.findall(selector))
            elif _GONE.search(declarations):
                parts = selector.replace(">", " ").split()
                rules_of = nested.setdefault(parts[-1] if parts else "", [])
                if len(parts) <= _MAX_PARTS and len(rules_of) < _MAX_RULES and all(map(_COMPOUND.fullmatch, parts)):
                    rules_of.append((parts[:-1], declarations))
    is_scripted = next(root.iter("script"), None) is not None
    return Styles(rules=rules, nested=nested, reachable=frozenset(reachable), is_scripted=is_scripted)


def _keys(element: html.HtmlElement) -> list[str]:
    """Returns the simple selectors that match an element, the strongest last."""
    tag = str(element.tag)
    keys = [tag]
    for mark, names in ((".", element.get("class", "").split()), ("#", [element.get("id", "")])):
        keys += [key for name in names for key in (f"{mark}{name}", f"{tag}{mark}{name}")]
    return keys


def _stands_below(element: html.HtmlElement, above: Sequence[str]) -> bool:
    """Returns whether ancestors of an element match ``above``, the outermost first."""
    wanted = list(above)
    for ancestor in element.iterancestors():
        if wanted and wanted[-1] in _keys(ancestor):
            wanted.pop()
    return not wanted


def is_gone(element: html.HtmlElement, styles: Styles) -> bool:
    """Returns whether nothing of an element is shown."""
    style = styles.of(element)
    is_hidden = element.get("hidden") is not None or _GONE.search(style) or _has_no_room(style) or _is_away(style)
    is_hidden = is_hidden or not _UNSEEN_CLASSES.isdisjoint(element.get("class", "").split())
    return bool(is_hidden) and not styles.can_be_shown(element)


def look_of(element: html.HtmlElement, above: Look, styles: Styles) -> Look:
    """Returns how the text of an element looks, if its parent's looks like ``above``."""
    look = above
    for attribute, is_background in (("bgcolor", True), ("color", False), ("text", False), ("background", True)):
        value = element.get(attribute)
        if value:
            look = _coloured(look, value if attribute != "background" else "url(", is_background=is_background)
    for name, value in _DECLARED.findall(styles.of(element)):
        kind = name.lower()
        if kind in {"font", "font-size"}:
            look = replace(look, size_px=_size(value, above.size_px, is_short=kind == "font"))
        else:
            look = _coloured(look, value, is_background=kind.startswith("background"))
    return look


def _targets(root: html.HtmlElement) -> Iterator[str]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for attribute in ("aria-controls", "data-target", "data-bs-target", "for", "href"):
            value = element.get(attribute, "")
            if attribute == "aria-controls":
                yield from (f"#{name}" for name in value.split())
            elif value[:1] in {"#", "."} and len(value) > 1:
                yield value


def _without_conditions(text: str) -> str:
    """Returns the rules that stand outside of ``@media`` and other blocks."""
    kept, depth, start = [], 0, 0
    skipping = False
    for match in re.finditer(r"[{}]", text):
        if match[0] == "{":
            skipping = skipping or (depth == 0 and text[start : match.start()].lstrip().startswith("@"))
            depth += 1
        else:
            depth = max(0, depth - 1)
            if depth == 0:
                if not skipping:
                    kept.append(text[start : match.end()])
                skipping, start = False, match.end()
    return "".join(kept)


def _has_no_room(style: str) -> bool:
    return _NO_ROOM.search(style) is not None and _CUT.search(style) is not None


def _is_away(style: str) -> bool:
    return any(_FAR_AWAY.search(value) for value in _PLACE.findall(style))


def _coloured(look: Look, value: str, *, is_background: bool) -> Look:
    if is_background and ("url(" in value or "gradient" in value):
        return replace(look, background=None)
    is_known, colour = _colour(value)
    if not is_known:
        return look
    if is_background:
        return look if colour is None else replace(look, background=colour)
    return replace(look, colour=colour)


def _colour(value: str) -> tuple[bool, Colour | None]:
    """Returns whether a colour is named, and the colour; None if it is transparent."""
    text = value.strip().lower()
    if found := _HEX.search(text):
        digits = found[1] if len(found[1]) > 4 else "".join(digit * 2 for digit in found[1])  # noqa: PLR2004
        if digits[6:8] and int(digits[6:8], 16) == 0:
            return True, None
        return len(digits) >= 6, (int(digits[:2] or "0", 16), int(digits[2:4] or "0", 16), int(digits[4:6] or "0", 16))  # noqa: PLR2004
    if found := _RGB.search(text):
        is_clear = found[4] is not None and float(found[4].strip(".") or 0) == 0
        red, green, blue = (min(255, int(part[:4])) for part in found.groups()[:3])
        return True, None if is_clear else (red, green, blue)
    word = re.match(r"[a-z]+", text)
    if word is None:
        return False, None
    if word[0] == "transparent":
        return True, None
    return word[0] in _NAMED, _NAMED.get(word[0])


def _size(value: str, parent_px: float, *, is_short: bool) -> float:
    found = (
        re.search(r"(?:^|\s)[\d.]+(?:px|pt|em|rem|%)?(?=\s|/|$)", value)
        if is_short
        else re.match(r"\s*[\d.]+[a-z%]*", value)
    )
    parts = _SIZE.match(found[0].strip()) if found else None
    if parts is None or not parts[1].strip("."):
        return (
            parent_px
            if not value.strip().lower().startswith(("xx", "x-", "small", "medium", "large", "initial"))
            else _DEFAULT_PX
        )
    number = float(parts[1]) if parts[1].count(".") <= 1 else 0.0
    unit = parts[2] or ""
    if unit in {"em", "ex", "ch"}:
        return number * parent_px
    return number * parent_px / 100 if unit == "%" else number * _PX[unit]
