"""What people have accepted as right: questions with the words that answer them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.training.questions import TrainingQuestion
from rag.errors import ConfigurationError
from rag.text.validation_messages import words_for
from rag.types import Chunk


class AcceptedAnswer(BaseModel):
    """One line of a feedback file; ``document`` is the name of the file that ``quote`` stands in, word for word."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: str
    document: str
    quote: str


def read_feedback(path: Path) -> tuple[AcceptedAnswer, ...]:
    """Reads a file in JSON Lines; empty lines are left out.

    Raises:
        ConfigurationError: the file cannot be read, or a line is no accepted answer; the message names it.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The feedback in {path} cannot be read ({error}).") from error
    return tuple(_answer(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip())


def accepted_questions(answers: Sequence[AcceptedAnswer], chunks: Sequence[Chunk]) -> Iterator[TrainingQuestion]:
    """Yields a question for each answer whose words still stand in the corpus."""
    for answer in answers:
        for chunk in chunks:
            if chunk.name == answer.document and answer.quote in chunk.text:
                yield TrainingQuestion(text=answer.question, chunk_id=chunk.chunk_id)
                break


def _answer(line: str, place: str) -> AcceptedAnswer:
    try:
        return AcceptedAnswer.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        needed = "A line needs question, document and quote."
        raise ConfigurationError(f"{place}: {field} {words_for(fault)}. {needed}") from error
