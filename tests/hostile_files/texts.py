"""Plain text that is too long, or in an encoding that nothing names (faults 27 and 28)."""

from __future__ import annotations

from tests.hostile_files.containers import WORDS

ENCODINGS = {
    "utf-8-sig": "Über die Kosten der Straße.",
    "utf-16": "Über die Kosten der Straße.",
    "utf-16-le": "The costs of the road are shown below.",
    "cp1252": "Die Kosten für die Straße sind höher als im März; die Lösung fällt später.",
    "cp1251": "Стоимость дороги выше, чем в прошлом году, и решение будет принято позже.",
    "gb18030": "今年道路的费用比去年高，决定将在以后作出，请各部门提前准备。",
    "shift_jis": "今年の道路の費用は昨年より高く、決定は後で行われます。",
}
"""A text for each encoding; none of the files says which it is."""


def encoded(encoding: str) -> bytes:
    """Returns the text in that encoding."""
    return ENCODINGS[encoding].encode(encoding)


def impossible_encoding() -> bytes:
    """Returns what begins as UTF-16 and is not."""
    return b"\xff\xfe" + b"\x00\xd8" * 20 + b"a"


def one_line(size_bytes: int) -> bytes:
    """Words without a line break or a full stop."""
    sentence = WORDS.replace(".", " ").encode()
    return (sentence * (size_bytes // len(sentence) + 1))[:size_bytes]
