"""Says what a reader left out on purpose. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_CONTROLS = {
    **dict.fromkeys(range(0xE0000, 0xE0080), "tag"),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "direction"),
    **dict.fromkeys((0x200B, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF, 0x180E, 0x3164, 0x115F, 0x1160), "width"),
}
_MANY = 3


def left_out_warnings(*, hidden: Sequence[str] = (), struck: Sequence[str] = (), text: str = "") -> tuple[str, ...]:
    """Returns sentences about hidden texts, texts that are struck out, and invisible characters in ``text``.

    A few marks of direction or width are ordinary and not told.
    """
    warnings = []
    for kind, found in (("hidden text", hidden), ("struck-out text", struck)):
        words = sum(len(each.split()) for each in found)
        if words:
            warnings.append(f"{kind} left out: {_counted(words, 'word')} in {_counted(len(found), 'place')}")
    count = 0 if text.isascii() else invisible_characters(text)
    if count > _MANY:
        warnings.append(f"{count:,} invisible characters left out")
    return tuple(warnings)


def invisible_characters(text: str) -> int:
    """Returns how many characters of a text hide words or turn their order, or have no width."""
    return sum(map(text.count, map(chr, _CONTROLS)))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
