"""Reads questions with gold facts and gold passages, one JSON object a line."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from rag.answers import Role, Turn


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoldPassage(_Strict):
    """Words of a document, verbatim, that hold the fact."""

    document: str
    quote: str


class HistoryTurn(_Strict):
    """An earlier message."""

    role: Role
    content: str


class SampleQuestion(_Strict):
    """A question; every group of ``gold_facts`` must be met by one of its variants."""

    id: str
    question: str
    kind: str
    language: str
    history: tuple[HistoryTurn, ...] = ()
    answerable: bool
    gold_facts: tuple[tuple[str, ...], ...] = ()
    gold_passages: tuple[GoldPassage, ...] = Field(default=())

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history as the pipeline takes it."""
        return tuple(Turn(role=turn.role, content=turn.content) for turn in self.history)


def read_questions(path: Path) -> tuple[SampleQuestion, ...]:
    """Reads a file of questions.

    Raises:
        ValidationError: a line is not a question.
    """
    with path.open(encoding="utf-8") as lines:
        return tuple(SampleQuestion.model_validate_json(line) for line in lines if line.strip())
