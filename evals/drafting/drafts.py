"""Drafts: questions with an answer and a quote, not accepted by a person yet. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import TypeVar

from evals.datasets.questions import EvalQuestion, GoldPassage
from rag.types import Chunk

DRAFT, ACCEPTED = "draft", "accepted"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SEED = 5
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """``dropped`` counts the drafts of a model that their passage did not confirm."""

    questions: tuple[EvalQuestion, ...]
    dropped: int = 0


def make_draft(kind: str, chunk: Chunk, *, question: str, answer: str, quote: str, language: str = "") -> EvalQuestion:
    """Returns a draft; its id depends only on question, document name and quote."""
    digest = sha256(f"{question}\0{chunk.name}\0{quote}".encode("utf-8", "replace")).hexdigest()[:12]
    return EvalQuestion(
        id=f"{kind}-{digest}",
        question=question,
        answers=(answer,),
        gold_passages=(GoldPassage(document=chunk.name, quote=quote),),
        tags=(DRAFT, kind),
        language=language or ("zh" if is_chinese(question) else "en"),
    )


def is_chinese(text: str) -> bool:
    """Returns whether the text contains Chinese characters."""
    return _CHINESE.search(text) is not None


def accepted(question: EvalQuestion) -> EvalQuestion:
    """Returns the question with the tag ``draft``, if it has it, replaced by ``accepted``."""
    tags = tuple(ACCEPTED if tag == DRAFT else tag for tag in question.tags)
    return question.model_copy(update={"tags": tags})


def spread_by_document(items: Iterable[tuple[str, Item]], count: int) -> list[Item]:
    """Returns up to ``count`` items, drawn with a fixed seed from the documents in turn."""
    by_document: dict[str, list[Item]] = {}
    for document, item in items:
        by_document.setdefault(document, []).append(item)
    draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
    for held in by_document.values():
        draw.shuffle(held)
    return in_turn(list(by_document.values()), count)


def in_turn(lists: Sequence[Sequence[Item]], count: int) -> list[Item]:
    """Returns up to ``count`` items: the first of each list, then the second of each, and so on."""
    longest = max((len(held) for held in lists), default=0)
    found = [held[at] for at in range(longest) for held in lists if at < len(held)]
    return found[:count]
