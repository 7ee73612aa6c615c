"""Writes equations of office files in a line: ``x = (-b ± √(b^2 - 4ac))/(2a)``. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.parsing.office.package import Node, attribute, child, tag

_SIMPLE = 1


def linear(equation: Node) -> str:
    """Returns an equation (``m:oMath`` or ``m:oMathPara``) as one line; empty if it has no characters."""
    return " ".join(_all(equation).split())


def _all(node: Node | None) -> str:
    return "" if node is None else "".join(map(_one, node))


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
    is_one = text.replace(".", "").replace(",", "").isalnum() or len(text) <= _SIMPLE
    return text if is_one or (text[:1] + text[-1:] == "()" and "(" not in text[1:]) else f"({text})"


def _fraction(node: Node) -> str:
    return f"{_grouped(_part(node, 'm:num'))}/{_grouped(_part(node, 'm:den'))}"


def _raised(node: Node) -> str:
    return f"{_part(node, 'm:e')}^{_grouped(_part(node, 'm:sup'))}"


def _lowered(node: Node) -> str:
    return f"{_part(node, 'm:e')}_{_grouped(_part(node, 'm:sub'))}"


def _both(node: Node) -> str:
    return f"{_part(node, 'm:e')}_{_grouped(_part(node, 'm:sub'))}^{_grouped(_part(node, 'm:sup'))}"


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
    "m:m": _matrix,
    "m:eqArr": _stacked,
}
