"""The parts of public sets that may be trained on: NQ-oracle and SQuAD 2.0, by passage and by article."""

from __future__ import annotations

from pathlib import Path

from evals.datasets.readers.public_sets import SQUAD2, read_nq_passages
from evals.datasets.readers.squad import read_squad
from evals.datasets.readers.training_split import is_test_article, is_test_passage
from evals.training.questions import Part, TrainingQuestion


def nq_training_part(data: Path) -> Part:
    """Returns NQ-oracle's passages outside the test part, and the questions on them."""
    rows = [row for row in read_nq_passages(data) if not is_test_passage(row.chunk.text)]
    corpus = {row.chunk.chunk_id: row.chunk for row in rows}
    questions = [TrainingQuestion(text=row.question, chunk_id=row.chunk.chunk_id, answers=row.answers) for row in rows]
    return Part(corpus=tuple(corpus.values()), questions=tuple(questions))


def squad2_training_part(data: Path) -> Part:
    """Returns SQuAD 2.0's articles outside the test part; a question without an answer has no chunk."""
    dataset = read_squad(data / SQUAD2)
    passages = dataset.passages()
    corpus = tuple(chunk for chunk in passages if not is_test_article(chunk.title))
    questions = [
        TrainingQuestion(text=row.text, chunk_id=passages[row.paragraph].chunk_id if row.answers else None)
        for row in dataset.questions
        if not is_test_article(row.article)
    ]
    return Part(corpus=corpus, questions=tuple(questions))
