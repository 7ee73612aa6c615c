"""Writes equations of office files in a line: ``x = (-b ± √(b^2 - 4ac))/(2a)``. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.parsing.office.elements import Node, attribute, child, tag

_SIMPLE = 1
_SIGNS = {"∘": "°", "°": "°", "º": "°", "′": "′", "″": "″"}
"""What is raised and is no exponent: degrees, derivatives, minutes."""
_BINDING_LESS = frozenset({"m:f", "m:nary", "m:sSup", "m:sSubSup"})
_RAISED_OR_LOWERED = frozenset({"m:sSup", "m:sSub", "m:sSubSup", "m:nary", "m:limLow", "m:limUpp"})


def linear(equation: Node) -> str:
    """Returns an equation (``m:oMath`` or ``m:oMathPara``) as one line; empty if it has no characters."""
    return " ".join(_all(equation).split())


def _all(node: Node | None) -> str:
    """Returns the parts of an element; what follows an index, an exponent or a word stands apart from it."""
    written, is_over = "", False
    for each in node if node is not None else ():
        part = _one(each)
        starts_word = tag(each) == "m:func" and written[-1:].isalnum()
        if part and (starts_word or (is_over and part[0].isalnum())):
            written += " "
        if part:
            is_over = tag(each) in _RAISED_OR_LOWERED
        written += part
    return written


def _one(node: Node) -> str:
    name = tag(node)
    writer = _WRITERS.get(name)
    if writer is not None:
        return writer(node)
    if name in {"m:t", "w:t"}:
        return node.text or ""
    if name.endswith("Pr") or name in {"w:del", "w:moveFrom"}:
        return ""
    return _all(node) + (" " if name == "m:oMath" else "")


def _part(node: Node, name: str) -> str:
    return _all(child(node, name)).strip()


def _grouped(text: str) -> str:
    """Returns a part in brackets unless it is one sign, word or number, or has brackets around it."""
    is_one = text.isalpha() or text.replace(".", "").replace(",", "").isdecimal() or len(text) <= _SIMPLE
    return text if is_one or (text[:1] + text[-1:] == "()" and "(" not in text[1:]) else f"({text})"


def _fraction(node: Node) -> str:
    above, below = _part(node, "m:num"), _part(node, "m:den")
    if attribute(child(node, "m:fPr", "m:type"), "val") == "noBar":  # a binomial coefficient, or lines of a stack
        return f"{above}; {below}"
    return f"{_grouped(above)}/{_grouped(below)}"


def _base(node: Node) -> str:
    """Returns what carries an exponent or an index; in brackets where that would bind to its last part only."""
    base, inner = _part(node, "m:e"), child(node, "m:e")
    return f"({base})" if inner is not None and any(tag(each) in _BINDING_LESS for each in inner) else base


def _raised(node: Node) -> str:
    exponent = _part(node, "m:sup")
    if exponent in _SIGNS:
        return f"{_base(node)}{_SIGNS[exponent]}"
    return f"{_base(node)}^{_grouped(exponent)}"


def _lowered(node: Node) -> str:
    return f"{_base(node)}_{_grouped(_part(node, 'm:sub'))}"


def _both(node: Node) -> str:
    return f"{_base(node)}_{_grouped(_part(node, 'm:sub'))}^{_grouped(_part(node, 'm:sup'))}"


def _both_before(node: Node) -> str:
    return f"_{_grouped(_part(node, 'm:sub'))}^{_grouped(_part(node, 'm:sup'))} {_part(node, 'm:e')}"


def _root(node: Node) -> str:
    degree = _part(node, "m:deg")
    sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree)
    inner = _part(node, "m:e")
    return f"{sign}({inner})" if sign else f"root_{_grouped(degree)}({inner})"


def _sum(node: Node) -> str:
    sign = attribute(child(node, "m:naryPr", "m:chr"), "val", "∫")
    low, high = _part(node, "m:sub"), _part(node, "m:sup")
    limits = (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")
    return f"{sign}{limits} {_part(node, 'm:e')}"


def _bracketed(node: Node) -> str:
    properties = child(node, "m:dPr")
    opening = attribute(child(properties, "m:begChr"), "val", "(")
    closing = attribute(child(properties, "m:endChr"), "val", ")")
    separator = attribute(child(properties, "m:sepChr"), "val", "|")
    return f"{opening}{(separator or '|').join(_parts(node, 'm:e'))}{closing}"


def _function(node: Node) -> str:
    argument = _part(node, "m:e")
    return f"{_part(node, 'm:fName')} {argument}"


def _limit_below(node: Node) -> str:
    return f"{_part(node, 'm:e')}_{_grouped(_part(node, 'm:lim'))}"


def _limit_above(node: Node) -> str:
    return f"{_part(node, 'm:e')}^{_grouped(_part(node, 'm:lim'))}"


def _accented(node: Node) -> str:
    accent = attribute(child(node, "m:accPr", "m:chr"), "val", "\u0302")
    return f"{_part(node, 'm:e')}{accent}"


def _barred(node: Node) -> str:
    inner = _part(node, "m:e")
    is_mean = len(inner) == 1 and attribute(child(node, "m:barPr", "m:pos"), "val") == "top"
    return f"{inner}\u0305" if is_mean else inner


def _matrix(node: Node) -> str:
    rows = [", ".join(_parts(row, "m:e")) for row in node if tag(row) == "m:mr"]
    return f"[{'; '.join(rows)}]"


def _stacked(node: Node) -> str:
    return "; ".join(_parts(node, "m:e"))


def _parts(node: Node, name: str) -> Iterator[str]:
    return (_all(each).strip() for each in node if tag(each) == name)


_WRITERS = {
    "m:f": _fraction,
    "m:sSup": _raised,
    "m:sSub": _lowered,
    "m:sSubSup": _both,
    "m:sPre": _both_before,
    "m:rad": _root,
    "m:nary": _sum,
    "m:d": _bracketed,
    "m:func": _function,
    "m:limLow": _limit_below,
    "m:limUpp": _limit_above,
    "m:acc": _accented,
    "m:bar": _barred,
    "m:m": _matrix,
    "m:eqArr": _stacked,
}
