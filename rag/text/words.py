"""Words for lexical comparison: lower case, stemmed, Chinese as character pairs. Pure."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

import snowballstemmer

from rag.text.folding import fold_forms
from rag.types import Span

_FIRST_CJK = "\u3040"
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:(?:[.,:'’]|\^-?)[^\W_{_CJK}]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*(?:\^-?\d+)?")
_CJK_CHARACTER = re.compile(rf"[{_CJK}]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_STEMMER = snowballstemmer.stemmer("english")  # in C, a tenth of the time, where PyStemmer is installed
_STEMMER_LOCK = threading.Lock()  # a stemmer holds the word it works on

STOP_WORDS = frozenset(
    "a about all also am an and ani any are as at be been being but by can could did do doe does doing done far for "
    "from get give given had has have how i if in into is it list long mani many may me more most much must my no not "
    "of often on or our out pleas please say shall she should show so some such tell than that the their them then "
    "there these they this those to under up us was we were what when where which while who whom whose whi why will "
    "with would you your he "
    "her his him i'm i'v i'll it'll you'r we'r they'r don't doesn't didn't isn't aren't wasn't weren't can't cannot "
    "couldn't won't wouldn't shouldn't haven't hasn't hadn't mustn't "
    "的 了 是 在 和 与 及 吗 呢 什么 多少 哪 哪些 如何 怎么 怎样 多久 几 个 我 你 他 它 们 有 没 请 问 能 "
    "可以 可 不 为 对 从 到 之 是什 么时 时候 么是 是多 少是 有多 有哪 是否 需要 哪个 哪里 多长 长时 时间".split()
)


def words(text: str) -> tuple[str, ...]:
    """Returns the words of ``text`` in order: Latin words and numbers stemmed, CJK runs as overlapping pairs.

    A CJK run of one character is that character. Forms of the same characters are folded, umlauts written out.
    """
    found: list[str] = []
    for token in _TOKEN.findall(fold_forms(text).lower()):
        if token[0] >= _FIRST_CJK and _CJK_CHARACTER.match(token):
            found.extend(_pairs(token))
        else:
            found.append(_word(token))
    return tuple(found)


def word_spans(text: str) -> tuple[Span, ...]:
    """Returns the places of the words of ``text``; a run of Chinese is one."""
    return tuple(Span(start=match.start(), end=match.end()) for match in _TOKEN.finditer(text))


def content_words(text: str) -> tuple[str, ...]:
    """Returns the words without English and Chinese stop words."""
    return tuple(word for word in words(text) if word not in STOP_WORDS)


def has_cjk(text: str) -> bool:
    """Returns whether ``text`` has a Chinese, Japanese or Korean character."""
    return not text.isascii() and _CJK_CHARACTER.search(text) is not None


def is_mostly_cjk(text: str) -> bool:
    """Returns whether most words of ``text`` are Chinese, Japanese or Korean."""
    found = words(text)
    return sum(1 for word in found if _CJK_CHARACTER.match(word)) * 2 > len(found)


def numbers(text: str) -> frozenset[str]:
    """Returns the numbers of ``text``, thousands separators removed: ``1,250.50`` is ``1250.50``."""
    return frozenset(_plain_number(match.group()) for match in _NUMBER.finditer(fold_forms(text)))


def _plain_number(number: str) -> str:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", number)
    return plain.lstrip("0") or "0"


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]


@lru_cache(maxsize=65_536)
def _word(token: str) -> str:
    with _STEMMER_LOCK:
        return str(_STEMMER.stemWord(token.translate(_UMLAUTS).replace("’", "'").removesuffix("'s")))
