"""The format of evaluation questions: JSON Lines, one question per line."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.answers import Role, Turn
from rag.errors import ConfigurationError

_FAULTS_SHOWN = 10


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoldPassage(_Strict):
    """A document that answers a question, by name or id, with the verbatim quote; without a quote, all of it.

    ``gain`` is the graded relevance, if the set has one.
    """

    document: str
    quote: str = ""
    gain: int = Field(default=1, ge=1)


class HistoryTurn(_Strict):
    """An earlier message."""

    role: Role
    content: str


class EvalQuestion(_Strict):
    """A question with its gold answers.

    ``answers``: alternatives, each of them right. ``gold_facts``: a complete answer states one wording of every group.
    ``wrong_answers``: answers of a misled reader. Results are broken down by ``tags``.
    """

    id: str
    question: str
    answerable: bool = True
    answers: tuple[str, ...] = ()
    gold_facts: tuple[tuple[str, ...], ...] = ()
    gold_passages: tuple[GoldPassage, ...] = ()
    wrong_answers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = "en"
    history: tuple[HistoryTurn, ...] = ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history in the form of ``Question.history``."""
        return tuple(Turn(role=turn.role, content=turn.content) for turn in self.history)

    @property
    def facts(self) -> tuple[tuple[str, ...], ...]:
        """``gold_facts``, or else ``answers`` as one group."""
        return self.gold_facts or ((self.answers,) if self.answers else ())


def read_questions(path: Path) -> tuple[EvalQuestion, ...]:
    """Reads a file of questions.

    Raises:
        ConfigurationError: the file is missing, lines are not questions, or two questions have the same id.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The questions in {path} cannot be read: {error}.") from error
    return parse_questions(text, source=str(path))


def parse_questions(text: str, *, source: str) -> tuple[EvalQuestion, ...]:
    """Reads questions, one per line; empty lines are skipped. ``source`` names the text in errors.

    Raises:
        ConfigurationError: lines are not questions, or two questions have the same id; names the first such lines.
    """
    questions: dict[str, EvalQuestion] = {}
    faults: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):  # splitlines would split inside texts
        if not line.strip():
            continue
        try:
            question = EvalQuestion.model_validate_json(line)
        except ValidationError as error:
            faults.append(f"{source}, line {number}: {_words(error)}.")
            continue
        if question.id in questions:
            faults.append(f"{source}, line {number}: the id {question.id} is there already; give another.")
        questions[question.id] = question
    if faults:
        more = [f"There are {len(faults) - _FAULTS_SHOWN} more."] if len(faults) > _FAULTS_SHOWN else []
        raise ConfigurationError("\n".join([*faults[:_FAULTS_SHOWN], *more]))
    return tuple(questions.values())


def _words(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the line"
    return f"{where}: {problem['msg']}"


def write_questions(path: Path, questions: tuple[EvalQuestion, ...]) -> None:
    """Writes a file of questions, without fields that have default values."""
    lines = (question.model_dump_json(exclude_defaults=True) for question in questions)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
