"""Makes a follow-up question stand on its own, from the turns before it. Pure; needs no model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answers import Condensed, Question, Role, Turn
from rag.text.words import content_words

_OPENERS = re.compile(
    r"\s*(?:(?:and|but|or|so|also|what about|how about|what if|then|same for|why)\b|那|还有|呢|如果)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"\b(it|its|they|them|their|theirs|that|this|these|those|he|she|him|his|her|hers|one|ones|there|same|former|latter)\b"
    r"|[它其这那]|他们|她们|前者|后者|呢[？?]?\s*$",
    re.IGNORECASE,
)
_MIN_CONTENT_WORDS = 3


class LexicalCondenser:
    """Resolves a follow-up question by its words alone, without a model."""

    async def condense(self, question: Question) -> Condensed:
        """Returns the question as ``resolve_follow_up`` does."""
        return Condensed(text=resolve_follow_up(question.text, question.history))


def resolve_follow_up(question: str, history: Sequence[Turn]) -> str:
    """Returns the question to search for.

    A question that needs the turns before it (it has a pronoun, an opener such as "and", or few content words) gets
    the user's last question in front; any other is returned as it is.
    """
    previous = next((turn.content for turn in reversed(history) if turn.role is Role.USER), None)
    if previous is None or not _needs_history(question):
        return question
    return f"{previous.strip()} {question.strip()}"


def _needs_history(question: str) -> bool:
    if _OPENERS.match(question) or _REFERENCES.search(question):
        return True
    return len(content_words(question)) < _MIN_CONTENT_WORDS
