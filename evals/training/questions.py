"""Training questions: from feedback, from public sets, and derived from a corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.datasets.readers.public_sets import (
    SQUAD2,
    is_test_article,
    is_test_passage,
    public_file,
    read_nq_passages,
)
from evals.datasets.readers.squad import read_squad
from rag.errors import ConfigurationError
from rag.retrieval.evidence import quote
from rag.retrieval.units import sentence_spans
from rag.text.validation_messages import words_for
from rag.text.words import content_words
from rag.types import Chunk, Span

_SENTENCE_WORDS = range(6, 31)
_HEADING_WORDS = 2
_LEAST_SENTENCES = 3
_SHARES = 1_000
_HELD_OUT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingQuestion:
    """A question and the chunk that answers it; None if no chunk of the corpus does.

    ``answers`` are known wordings of the answer; other chunks that contain one are not used as wrong passages.
    """

    text: str
    chunk_id: str | None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    corpus: tuple[Chunk, ...]
    questions: tuple[TrainingQuestion, ...]


def drawn_part(chunks: Sequence[Chunk], asked: Sequence[TrainingQuestion] = ()) -> Part:
    """Returns ``asked`` and up to two questions per chunk: its heading, and one of its sentences.

    The sentence is removed from its chunk and must be found by its context, the inverse cloze task (Lee et al. 2019).
    Its choice depends only on the chunk, so that the same corpus gives the same questions. A chunk that answers one of
    ``asked`` stays whole.
    """
    whole = frozenset(question.chunk_id for question in asked)
    corpus: list[Chunk] = []
    questions = list(asked)
    for chunk in chunks:
        heading = chunk.heading_path[-1] if chunk.heading_path else ""
        if heading != chunk.title and len(content_words(heading)) >= _HEADING_WORDS:
            questions.append(TrainingQuestion(text=f"{chunk.title}: {heading}", chunk_id=chunk.chunk_id))
        sentence = None if chunk.chunk_id in whole else _sentence_to_find(chunk)
        if sentence is not None:
            questions.append(TrainingQuestion(text=quote(chunk, sentence), chunk_id=chunk.chunk_id))
        corpus.append(chunk if sentence is None else _without(chunk, sentence))
    return Part(corpus=tuple(corpus), questions=tuple(questions))


def is_held_out(name: str, *, share: float = _HELD_OUT) -> bool:
    """Returns whether a document or question belongs to the held-out ``share``; depends only on ``name``."""
    return _number(name) % _SHARES < share * _SHARES


def _sentence_to_find(chunk: Chunk) -> Span | None:
    spans = sentence_spans(chunk)
    fitting = [span for span in spans if len(quote(chunk, span).split()) in _SENTENCE_WORDS]
    return fitting[_number(chunk.chunk_id) % len(fitting)] if fitting and len(spans) >= _LEAST_SENTENCES else None


def _without(chunk: Chunk, sentence: Span) -> Chunk:
    start, end = sentence.start - chunk.span.start, sentence.end - chunk.span.start
    text = f"{chunk.text[:start].rstrip()} {chunk.text[end:].lstrip()}".strip()
    return replace(chunk, text=text, span=Span(start=chunk.span.start, end=chunk.span.start + len(text)))


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


class AcceptedAnswer(BaseModel):
    """A line of a feedback file; ``document`` is the name of the file that contains ``quote`` verbatim."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: str
    document: str
    quote: str


def read_feedback(path: Path) -> tuple[AcceptedAnswer, ...]:
    """Reads a feedback file in JSON Lines, without empty lines.

    Raises:
        ConfigurationError: the file cannot be read, or a line is not an accepted answer; the message names it.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The feedback in {path} cannot be read ({error}).") from error
    return tuple(_answer(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip())


def accepted_questions(answers: Sequence[AcceptedAnswer], chunks: Sequence[Chunk]) -> Iterator[TrainingQuestion]:
    """Yields a question for each answer whose quote is still in the corpus."""
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


def nq_training_part(data: Path) -> Part:
    """Returns NQ-oracle's passages outside the test part, with their questions."""
    rows = [row for row in read_nq_passages(data) if not is_test_passage(row.chunk.text)]
    corpus = {row.chunk.chunk_id: row.chunk for row in rows}
    questions = [TrainingQuestion(text=row.question, chunk_id=row.chunk.chunk_id, answers=row.answers) for row in rows]
    return Part(corpus=tuple(corpus.values()), questions=tuple(questions))


def squad2_training_part(data: Path) -> Part:
    """Returns SQuAD 2.0's articles outside the test part; unanswerable questions have no chunk."""
    dataset = read_squad(public_file(data, SQUAD2))
    passages = dataset.passages()
    corpus = tuple(chunk for chunk in passages if not is_test_article(chunk.title))
    questions = [
        TrainingQuestion(text=row.text, chunk_id=passages[row.paragraph].chunk_id if row.answers else None)
        for row in dataset.questions
        if not is_test_article(row.article)
    ]
    return Part(corpus=corpus, questions=tuple(questions))
