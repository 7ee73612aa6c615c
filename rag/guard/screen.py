"""Watches one answer while it is written: what goes out of it, and when."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rag.answers import AnswerSentence, TextDelta
from rag.guard.canary import LeakWatch, Secrets, letters_of
from rag.guard.closing import closed
from rag.guard.links.defusing import defuse, harmless_length
from rag.guard.orders.detector import Level
from rag.guard.verdict import Verdict
from rag.settings.protection.guard import GuardRules
from rag.text.words import content_words
from rag.types import Passage

Shown = TextDelta | AnswerSentence
_ABOUT_SHARE = 0.5
"""Share of a sentence's content words, of question and passages, from which it is about the question."""
_PART = re.compile(r"[.!?:;。！？]\s{0,3}(?=\S)")
_LONG_WORD = 40
_LEAST_READABLE = 0.6


@dataclass(slots=True, kw_only=True)
class Screen:
    """The guard of one answer. ``level`` is what its passages say to a model."""

    rules: GuardRules
    question: str
    passages: tuple[Passage, ...]
    level: Level
    secrets: Secrets
    verdict: Verdict
    gives_orders: Callable[[str], bool]
    _pending: str = field(default="", init=False)
    _released: int = field(default=0, init=False)
    _leaks: bool = field(default=False, init=False)
    _watch: LeakWatch = field(init=False)

    def __post_init__(self) -> None:
        texts = [self.question, *(f"{each.hit.chunk.title} {each.hit.chunk.text}" for each in self.passages)]
        self._watch = LeakWatch(secrets=self.secrets, public=letters_of(" ".join(texts)))

    def begin_attempt(self) -> None:
        """Forgets what was written but has not gone out."""
        self._pending, self._released, self._leaks = "", 0, False

    @closed
    def read(self, text: str, *, certain: bool = False) -> str:
        """Adds written text; returns what of it can go out before its sentence is checked: nothing of a quote."""
        self._pending += text
        if certain:
            return ""
        if self.rules.canary and self._watch.read(text):
            self._leaks = True
        is_held = self._leaks or (self.rules.canary and self._watch.is_close)
        if is_held or (self.rules.answers and self.level is not Level.NONE):
            return ""
        end = harmless_length(self._pending) if self.rules.links else len(self._pending)
        going, self._released = self._pending[self._released : end], max(self._released, end)
        return going

    @closed
    def finish_sentence(
        self, space: str, text: str, sentence: AnswerSentence | None, *, certain: bool = False
    ) -> Sequence[Shown]:
        """Returns what goes out of a sentence that was read to its end: the rest of its text, and the sentence.

        ``sentence`` is None for a line that claims nothing. A ``certain`` one quotes the documents.
        """
        whole = space + text
        out, self._released = self._released, max(0, self._released - len(whole))
        self._pending = self._pending[len(whole) :]
        shown = whole[:out]
        leaks = self._leaks or (self.rules.canary and not certain and self._watch.is_told_in(text))
        self._leaks = False
        if leaks or self._is_withheld(text, sentence, certain=certain):
            self.verdict.leaks += leaks
            self.verdict.withheld += 1
            return self._cut_off(shown, space, sentence)
        safe = self._defused(text, sentence, certain=certain)
        rest = (space + safe)[len(shown) :] if (space + safe).startswith(shown) else ""
        parts: list[Shown] = [TextDelta(text=rest)] if rest else []
        return [*parts, replace(sentence, text=safe)] if sentence is not None else parts

    @closed
    def checked(
        self, text: str, sentence: AnswerSentence, *, certain: bool = False
    ) -> tuple[str, AnswerSentence] | None:
        """Returns text and sentence as they go out, where nothing of them has; None where they do not."""
        leaks = self.rules.canary and not certain and self._watch.read(text)
        if leaks or self._is_withheld(text, sentence, certain=certain):
            self.verdict.leaks += leaks
            self.verdict.withheld += 1
            return None
        safe = self._defused(sentence.text, sentence, certain=certain)
        above = text.removesuffix(sentence.text)
        return self._defused(above, None) + safe, replace(sentence, text=safe)

    def _cut_off(self, shown: str, space: str, sentence: AnswerSentence | None) -> Sequence[Shown]:
        """Returns the end of a sentence whose beginning went out before it was known."""
        words = shown[len(space) :].rstrip()
        if sentence is None or not words:
            return []
        return [TextDelta(text=" …"), replace(sentence, text=words, citations=(), supported=False, facts=())]

    def _is_withheld(self, text: str, sentence: AnswerSentence | None, *, certain: bool) -> bool:
        if certain:
            return self.gives_orders(text)
        is_supported = sentence is not None and sentence.supported
        if self.rules.canary and sentence is not None and not is_supported and not _is_readable(text):
            return True
        if not self.rules.answers or self.level is Level.NONE:
            return False
        if sentence is not None and not is_supported and self.level is Level.ORDER:
            return True
        # A row or a run-on sentence may have support for most of its words, and not for one of its parts.
        return not all(map(self._is_about_question, _PART.split(text)))

    def _is_about_question(self, text: str) -> bool:
        words = [word for word in content_words(text) if not word.isdigit()]
        known = set(content_words(self.question))
        for passage in self.passages:
            known.update(content_words(passage.text))
        return not words or sum(word in known for word in words) >= _ABOUT_SHARE * len(words)

    def _defused(self, text: str, sentence: AnswerSentence | None, *, certain: bool = False) -> str:
        if not self.rules.links or not text:
            return text
        cited = {each.number for each in sentence.citations} if sentence is not None else set()
        chunks = [each.hit.chunk for each in self.passages if each.number in cited]
        sources = [text] if certain else [f"{chunk.title}\n{chunk.text}" for chunk in chunks]
        result = defuse(text, sources="\n".join(sources))
        self.verdict.defused += result.changed
        return result.text


def _is_readable(text: str) -> bool:
    """Returns whether most of a text is words, and not an encoding of some."""
    bare = [each for each in text if not each.isspace()]
    in_words = sum(len(word) for word in text.split() if len(word) < _LONG_WORD or not word.isascii())
    signs = sum(each.isalnum() for each in bare)
    is_short = len(bare) < _LONG_WORD
    return is_short or min(in_words, signs) >= _LEAST_READABLE * len(bare)
