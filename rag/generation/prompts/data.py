"""Makes the chat messages of an answer and of a condensed question from prompt files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.answers import AnswerTable, Shape, Turn
from rag.generation.prompts.files import Example, PromptFile, PromptKind, read_examples
from rag.generation.prompts.text import (
    ShownSource,
    ShownTable,
    ShownTurn,
    as_attribute,
    as_data,
    shown_source,
    shown_table,
    shown_turn,
)
from rag.settings import GenerationSettings
from rag.types import Passage

ChatMessage = tuple[str, str]
"""Role and content."""


def _sample_source(number: int, section: str) -> ShownSource:
    title, text = as_attribute("SAMPLE TITLE"), as_data("SAMPLE TEXT")
    return ShownSource(number=number, title=title, section=as_attribute(section), text=text)


_SAMPLE_TURNS = tuple(ShownTurn(role=role, text=as_data("SAMPLE TURN")) for role in ("user", "assistant"))
_SAMPLE_TABLE = ShownTable(title=as_attribute("SAMPLE TITLE"), text=as_data("| SAMPLE |"))
_ANSWER = PromptKind(
    name="answer",
    samples=(
        {"question": "SAMPLE QUESTION", "sources": (_sample_source(1, ""),), "shape": "", "tables": ()},
        {
            "question": "SAMPLE QUESTION",
            "sources": (_sample_source(1, "SAMPLE SECTION"), _sample_source(2, "")),
            "shape": Shape.TABLE.value,
            "tables": (_SAMPLE_TABLE,),
        },
    ),
    shown=("SAMPLE QUESTION", "SAMPLE TEXT"),
)
_CONDENSE = PromptKind(
    name="condense",
    samples=({"question": "SAMPLE QUESTION", "turns": _SAMPLE_TURNS},),
    shown=("SAMPLE QUESTION", "SAMPLE TURN"),
)


class AnswerPrompt:
    """Asks for an answer from numbered passages.

    Raises:
        ConfigurationError: there is no such prompt, or it does not work.
    """

    def __init__(self, name: str, *, folder: Path | None = None) -> None:
        self._file = PromptFile(name, _ANSWER, folder=folder)
        self._system = self._file.render("system", {})
        examples = read_examples(self._file.path)
        self._examples = tuple(message for example in examples for message in self._shown(example))

    @property
    def system(self) -> str:
        """The system message, which is the same for every question."""
        return self._system

    @property
    def name(self) -> str:
        """Name and version, as in the receipt."""
        return self._file.name

    @property
    def has_examples(self) -> bool:
        """True if the prompt comes with examples."""
        return bool(self._examples)

    def messages(
        self,
        question: str,
        passages: Sequence[Passage],
        history: Sequence[Turn],
        *,
        examples: bool = True,
        shape: Shape = Shape.PASSAGE,
        tables: Sequence[AnswerTable] = (),
        instructions: str = "",
        marked: frozenset[int] = frozenset(),
    ) -> list[ChatMessage]:
        """Returns the system message, the examples, the history, and the question with its passages and tables.

        A template sees the form of the answer as ``shape``. ``instructions`` stand at the end of the system message.
        The passages with ``marked`` numbers have a sign between their words.
        """
        sources = (shown_source(passage, marked=passage.number in marked) for passage in passages)
        # The parts that are the same for every question come first: a server can keep them in its prefix cache.
        return [
            ("system", f"{self._system}\n\n{instructions}" if instructions else self._system),
            *(self._examples if examples else ()),
            *((turn.role.value, str(as_data(turn.content))) for turn in history),
            self._asked(question, sources, shape, tables),
        ]

    def _asked(
        self,
        question: str,
        sources: Iterable[ShownSource],
        shape: Shape,
        tables: Sequence[AnswerTable] = (),
    ) -> ChatMessage:
        values = {
            "question": as_data(question),
            "sources": tuple(sources),
            "shape": shape.value,
            "tables": tuple(map(shown_table, tables)),
        }
        return "user", self._file.render("user", values)

    def _shown(self, example: Example) -> tuple[ChatMessage, ChatMessage]:
        sources = (
            ShownSource(
                number=number,
                title=as_attribute(source.title),
                section=as_attribute(source.section),
                text=as_data(source.text),
            )
            for number, source in enumerate(example.source, start=1)
        )
        return self._asked(example.question, sources, example.shape), ("assistant", example.answer)


class CondensePrompt:
    """Asks to rewrite a follow-up question so that it can be understood without the turns before it.

    Raises:
        ConfigurationError: there is no such prompt, or it does not work.
    """

    def __init__(self, name: str, *, folder: Path | None = None) -> None:
        self._file = PromptFile(name, _CONDENSE, folder=folder)

    def messages(self, question: str, history: Sequence[Turn]) -> list[ChatMessage]:
        """Returns a system and a user message; the user message holds the turns as data."""
        values = {"question": as_data(question), "turns": tuple(map(shown_turn, history))}
        return [("system", self._file.render("system", {})), ("user", self._file.render("user", values))]


def system_messages(settings: GenerationSettings) -> list[str]:
    """Returns the system messages of the prompts that answers are written with.

    Raises:
        ConfigurationError: there is no such prompt, or it does not work.
    """
    names = settings.prompts or (settings.prompt,)
    return [AnswerPrompt(name, folder=settings.prompts_folder).system for name in names]
