"""Answers what is no question: a greeting, thanks, or a call for help, in the speaker's language."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.material import Material

_FILE = Path(__file__).parent / "greetings.toml"
_BREAKS = re.compile(r"[\W_]+")
_LONGEST = 60
_TITLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrases:
    """What is said in one language, and the replies."""

    hello: tuple[str, ...]
    thanks: tuple[str, ...]
    help: tuple[str, ...]
    also: tuple[str, ...]
    hello_reply: str
    thanks_reply: str
    help_reply: str
    such_as: str
    empty: str

    def replies(self) -> dict[str, tuple[str, _Phrases]]:
        """Returns the reply to each phrase."""
        pairs = ((self.hello, self.hello_reply), (self.thanks, self.thanks_reply), (self.help, self.help_reply))
        spoken = {phrase: reply for phrases, reply in pairs for phrase in phrases}
        longer = {f"{phrase} {word}": reply for phrase, reply in spoken.items() for word in self.also}
        return {_plain(phrase): (reply, self) for phrase, reply in (longer | spoken).items()}


def is_small_talk(text: str) -> bool:
    """Returns whether a text is no question, but a greeting, thanks or a call for help."""
    return len(text) <= _LONGEST and _plain(text) in _replies()


class GreetingPlanner:
    """Greets back and says what can be asked about: the documents that came first in the search."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the reply; None for anything that may be a question."""
        said = material.alone or material.question
        if len(said) > _LONGEST or (found := _replies().get(_plain(said))) is None:
            return None
        reply, phrases = found
        titles = list(dict.fromkeys(hit.chunk.title or hit.chunk.name for hit in material.hits))[:_TITLES]
        text = reply + phrases.such_as.format(titles=", ".join(titles)) if titles else phrases.empty
        sentence = ComposedSentence(text=text, marks=())
        return Composed(
            shape=Shape.PASSAGE, sentences=(sentence,), passages=material.passages, certain=True, final=True
        )


def _plain(text: str) -> str:
    return _BREAKS.sub(" ", text.casefold()).strip()


@cache
def _replies() -> dict[str, tuple[str, _Phrases]]:
    said: dict[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))
    languages = TypeAdapter(dict[str, _Phrases]).validate_python(said)
    found: dict[str, tuple[str, _Phrases]] = {}
    for phrases in reversed(languages.values()):
        found |= phrases.replies()
    return found
