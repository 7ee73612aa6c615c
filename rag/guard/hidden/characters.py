"""Characters that a reader does not see: tags, widths, directions; and marks that pass for a role in a chat. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAGS = "\U000e0000-\U000e007f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TURNS = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_WIDTHS = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_UNSEEN = re.compile(f"[{_TAGS}{_SELECTORS}{_TURNS}{_WIDTHS}]")
_TAG_RUN = re.compile(r"[\U000e0020-\U000e007e]+")
_SELECTOR_RUN = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_BITS = re.compile(r"[\u200b\u200c\u200d\u2060-\u2064\ufeff]{16,}")
_FLAG = "\U0001f3f4"
_JOINS = re.compile(r"[\u200c\u200d](?=[\u0600-\u08ff\u0900-\u0dff\u1780-\u17ff])|\u200d(?=[^\x00-\u2000])")
"""Between letters of these scripts and between emoji they are spelling."""
_ROLE = re.compile(
    r"<\|(?:im_start|im_end|im_sep|system|user|assistant|end|endoftext|eot_id|begin_of_text|start_header_id"
    r"|end_header_id)\|>|</?s>\s*\[/?INST\]|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|</?(?:system|assistant|source|instructions?|tool_call|function_call)(?:\s[^<>\n]{0,80})?>"
    r"|^[ \t]{0,8}(?:#{1,6}[ \t]{1,4})?(?:system|assistant|developer)(?: (?:prompt|message|note|override))?[ \t]{0,4}:",
    re.IGNORECASE | re.MULTILINE,
)
_BYTE = 8
_LAST_SELECTOR = 0xFE0F  # of the first sixteen; the others stand elsewhere


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters; those that spell words or emoji stay."""
    if text.isascii():
        return text
    kept = {match.start() for match in _JOINS.finditer(text)}
    return _UNSEEN.sub(lambda match: match[0] if match.start() in kept or match[0] == "\ufe0f" else "", text)


def revealed(text: str) -> str:
    """Returns the words that invisible characters of the text spell; an empty text where they spell none."""
    return " ".join(filter(None, (each.strip() for each in _spelled(text))))


def role_marks(text: str) -> tuple[str, ...]:
    """Returns the marks in a text that pass for the beginning or end of a message, a source or a role."""
    return tuple(match[0].strip() for match in _ROLE.finditer(text))


def _spelled(text: str) -> Iterator[str]:
    for match in _TAG_RUN.finditer(text):
        if text[match.start() - 1 : match.start()] != _FLAG:
            yield "".join(chr(ord(each) - 0xE0000) for each in match[0])
    for match in _SELECTOR_RUN.finditer(text):
        data = bytes(code - 0xFE00 if code <= _LAST_SELECTOR else code - 0xE0100 + 16 for code in map(ord, match[0]))
        yield _ascii(data)
    for match in _BITS.finditer(text):
        marks = sorted(set(match[0]))
        for zero in marks[:2]:
            bits = "".join("0" if each == zero else "1" for each in match[0])
            whole = len(bits) // _BYTE * _BYTE
            yield _ascii(bytes(int(bits[at : at + _BYTE], 2) for at in range(0, whole, _BYTE)))


def _ascii(data: bytes) -> str:
    text = data.decode("ascii", "ignore")
    return text if text.isprintable() and len(text) * 2 > len(data) else ""
