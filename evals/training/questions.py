"""Questions to train on: people's own, and those that a corpus holds without anybody asking. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.retrieval.evidence import quote, sentence_spans
from rag.text.words import content_words
from rag.types import Chunk, Span

_SENTENCE_WORDS = range(6, 31)
_HEADING_WORDS = 2
_LEAST_SENTENCES = 3
_SHARES = 1_000
_HELD_OUT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingQuestion:
    """A question and the chunk that answers it; None for one that nothing in the corpus answers.

    ``answers`` are what a right passage says, where that is known; another chunk that says it is no wrong one.
    """

    text: str
    chunk_id: str | None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A corpus with its questions."""

    corpus: tuple[Chunk, ...]
    questions: tuple[TrainingQuestion, ...]


def drawn_part(chunks: Sequence[Chunk], asked: Sequence[TrainingQuestion] = ()) -> Part:
    """Returns ``asked`` with up to two questions more a chunk: its heading, and one of its sentences.

    The sentence is taken out of its chunk: it is to be found by what stands around it, the inverse cloze task (Lee et
    al. 2019). Which one it is depends on the chunk alone, so that the same corpus gives the same questions. A chunk
    that answers one of ``asked`` stays whole.
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
    """Returns whether what ``name`` stands for judges a model and does not train it; always the same for a name."""
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
