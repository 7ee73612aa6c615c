"""Reads the SQuAD layout, shared by SQuAD 2.0, XQuAD and CMRC 2018."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from evals.datasets.dataset import whole_document
from rag.errors import ConfigurationError
from rag.types import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class SquadQuestion:
    """A question about a paragraph, with its answers or, for an unanswerable one, plausible answers."""

    text: str
    article: str
    paragraph: int
    answers: tuple[str, ...]
    plausible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SquadDataset:
    """Paragraphs as (article, text), and questions; ``paragraph`` of a question is an index into them."""

    paragraphs: tuple[tuple[str, str], ...]
    questions: tuple[SquadQuestion, ...]

    def passages(self) -> tuple[Chunk, ...]:
        """Returns each paragraph as a document, ``p0`` and so on, titled like its article."""
        return tuple(
            whole_document(f"p{number}", title=title, text=text) for number, (title, text) in enumerate(self.paragraphs)
        )


def read_squad(path: Path) -> SquadDataset:
    """Reads a file.

    Raises:
        ConfigurationError: the file is missing or has another layout.
    """
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        paragraphs: list[tuple[str, str]] = []
        questions: list[SquadQuestion] = []
        for article in articles:
            title = article.get("title", "").replace("_", " ")
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    answers = () if question.get("is_impossible") else tuple(a["text"] for a in question["answers"])
                    questions.append(
                        SquadQuestion(
                            text=question["question"],
                            article=title,
                            paragraph=len(paragraphs),
                            answers=answers,
                            plausible=tuple(a["text"] for a in question.get("plausible_answers", ())),
                        )
                    )
                paragraphs.append((title, paragraph["context"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is not in the SQuAD layout: {error!r}.") from error
    return SquadDataset(paragraphs=tuple(paragraphs), questions=tuple(questions))
