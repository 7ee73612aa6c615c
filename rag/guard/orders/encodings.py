"""Reads what a text says in another form: Base64, hexadecimal, escapes, spaced out, with figures for letters. Pure."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from rag.guard.hidden.characters import revealed, without_invisible

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,4000}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){12,2000}")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*·|]{1,3}){6,400}\w(?!\w)")
_ROT13 = re.compile(r"\b(?:vtaber|cerivbhf|vafgehpgvbaf?|cebzcg|nafjre|erfcbafr|lbhe|flfgrz)\b", re.IGNORECASE)
_REVERSED = re.compile(r"\b(?:erongi|suoiverp|snoitcurtsni|tpmorp|rewsna|esnopser|ruoy|metsys)\b", re.IGNORECASE)
_FIGURES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_MIXED = re.compile(r"[A-Za-z]+[013457@$]+[A-Za-z]+")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁɡһӏոԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοаАВЕКМНОРСТХ", "aeopcyxijsdghlnwABEZHIKMNOPTYXoaABEKMHOPCTX"
)
_LEAST_SHARE_OF_LETTERS = 0.7


def other_forms(text: str) -> Iterator[str]:
    """Yields what ``text`` says when it is read in other ways; nothing for ordinary text."""
    if not text.isascii():
        if hidden := revealed(text):
            yield hidden
        plain = without_invisible(text)
        if plain != text:
            yield plain
        latin = plain.translate(_LOOK_ALIKES)
        if latin != plain and latin.isascii():
            yield latin
    if "&" in text and (plain := html.unescape(text)) != text:
        yield plain
    if text.count("%") > _FEW and (plain := unquote(text)) != text:
        yield plain
    for match in _BASE64.finditer(text):
        if decoded := _from_base64(match[0]):
            yield decoded
    for match in _HEX.finditer(text):
        if decoded := _readable(bytes.fromhex(re.sub(r"[ :]", "", match[0]))):
            yield decoded
    for match in _SPACED.finditer(text):
        yield re.sub(r" {2,3}|[ .\-_*·|]", lambda gap: " " if len(gap[0]) > 1 else "", match[0])
    if len(_MIXED.findall(text)) > 1:
        yield text.translate(_FIGURES)
    if _ROT13.search(text):
        yield codecs.encode(text, "rot13")
    if _REVERSED.search(text):
        yield text[::-1]


_FEW = 5


def _from_base64(token: str) -> str:
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(body + "=" * (-len(body) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _readable(data: bytes) -> str:
    """Returns the words that the bytes spell; an empty text for anything else."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    letters = sum(each.isalpha() or each == " " for each in text)
    return text if " " in text and letters >= _LEAST_SHARE_OF_LETTERS * len(text) else ""
