"""Hashed n-grams of characters, words and kinds of words, of several sentences at once, for a linear model. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
LONGEST = 400
"""Characters of a sentence that are read."""
_CHARACTERS = (2, 3, 4, 5)
_WORDS = (1, 2, 3)
_KINDS = (2, 3, 4)
_PRIME, _MIX = np.uint64(1_000_003), np.uint64(0x9E3779B97F4A7C15)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[?!:<\[#]")
_DIGIT = re.compile(r"\d")
_OPENING = re.compile(r"[\s>*•\-–—\"'“”‘’(]{0,20}(?:\d{1,3}[.)]\s)?")
_BY_KIND = {
    "EDIT": "add include insert append mention integrate weave put attach slip prepend modify alter adjust enhance "
    "change extend augment convert transform reword revise rewrite supplement embed incorporate inject introduce "
    "sprinkle enrich expand amend update tweak edit conclude finish begin start end close open",
    "PUSH": "promote advertise endorse recommend suggest encourage urge invite hint tease emphasize emphasise stress "
    "highlight praise plug persuade convince claim declare announce spread imply insinuate stating stressing "
    "suggesting encouraging promoting urging inviting offering hinting claiming announcing",
    "MESS": "scramble reverse shuffle misspell encode encrypt duplicate capitalize capitalise omit mix swap hide mask "
    "garble rearrange jumble substitute replace remove delete translate anagram obfuscate cipher spell shift invert "
    "strip collapse concatenate repeat group",
    "OUT": "response answer reply output summary responses answers replies outputs completion",
    "WRITE": "write draft compose create prepare produce generate develop provide make design craft give show list "
    "suggest recommend plan",
    "TELL": "explain describe outline summarize summarise define illustrate discuss teach tell clarify compare analyze "
    "analyse elaborate classify translate calculate solve identify",
    "ASK": "what who whom whose which when where why how",
    "FORGET": "ignore disregard forget override bypass discard neglect dismiss",
    "PRIOR": "previous prior earlier above preceding former foregoing",
    "RULES": "instruction instructions prompt prompts rules guidelines directives directive commands restrictions",
    "AI": "assistant ai model llm chatbot bot chatgpt gpt claude gemini copilot",
    "USER": "user users reader readers human",
    "SAY": "respond reply answer say output print reveal repeat state write display show tell",
    "YOUR": "your",
    "YOU": "you yourself",
}
_KIND = {word: kind for kind, words in _BY_KIND.items() for word in words.split()}
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """The n-grams of one length in several sentences: the bucket of each, and the number of its sentence."""

    buckets: Indices
    rows: Indices


def grams(sentences: Sequence[str]) -> Iterator[Grams]:
    """Yields the n-grams of ``sentences``, length by length. Case, forms of characters and figures do not count."""
    plain = [_plain(text) for text in sentences]
    codes = [
        np.frombuffer(f"^{text}$".encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64) for text in plain
    ]
    words = [["^", *_WORD.findall(text), "$"] for text in plain]
    kinds = [[_KIND.get(word, "?" if word[0].isalpha() else word) for word in found] for found in words]
    for sequences, sizes, salt in (
        (codes, _CHARACTERS, 0),
        ([_hashed(found) for found in words], _WORDS, 16),
        ([_hashed(found) for found in kinds], _KINDS, 32),
    ):
        together = np.concatenate(sequences)
        rows = np.repeat(np.arange(len(sequences)), [len(one) for one in sequences])
        for size in sizes:
            yield _ngrams(together, rows, size, salt=salt + size)


def _plain(text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).casefold().split())
    opening = _OPENING.match(plain)
    return _DIGIT.sub("0", plain[opening.end() :] if opening else plain)


def _hashed(words: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)


def _ngrams(codes: NDArray[np.uint64], rows: Indices, size: int, *, salt: int) -> Grams:
    count = max(0, len(codes) - size + 1)
    mixed = np.full(count, salt, dtype=np.uint64)
    for at in range(size):
        mixed = mixed * _PRIME + codes[at : at + count]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    is_within = rows[:count] == rows[size - 1 : size - 1 + count]
    buckets = (mixed[is_within] >> np.uint64(40)).astype(np.int64) % BUCKETS
    return Grams(buckets=buckets, rows=rows[:count][is_within])
