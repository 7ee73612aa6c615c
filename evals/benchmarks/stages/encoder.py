"""Measures the configured encoder: single questions, and batches of chunks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from evals.benchmarks.measure import summarize
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Table
from evals.datasets.questions import read_questions
from evals.datasets.readers.catalogue import SAMPLE_FOLDER
from rag.factory import build_encoder, build_tokenizer
from rag.settings import load_settings
from rag.stages import Encoder, Tokenizer

_TOKENS = 176
_BATCH = 32
_QUESTIONS = 300


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Encodes the sample questions one by one, and texts of the sample documents in batches."""
    settings = load_settings()
    encoder = build_encoder(settings.encoder, settings.models)
    asked = _questions(min(_QUESTIONS, sizes.texts))
    return _time_questions(encoder, asked), _time_chunks(encoder, build_tokenizer(encoder), sizes.texts)


def _questions(count: int) -> list[str]:
    questions = read_questions(SAMPLE_FOLDER / "questions.jsonl")
    return [question.question for question in islice(cycle(questions), count)]


def _time_questions(encoder: Encoder, questions: Sequence[str]) -> Table:
    encoder.encode(questions[:_BATCH])
    milliseconds = []
    for question in questions:
        start = time.perf_counter()
        encoder.encode([question])
        milliseconds.append((time.perf_counter() - start) * 1_000)
    return Table(title="Encoding one question", rows=({"encoder": encoder.name, **summarize(milliseconds)},))


def _time_chunks(encoder: Encoder, tokenizer: Tokenizer, count: int) -> Table:
    texts = list(islice(_texts(tokenizer), count))
    tokens = sum(tokenizer.count(text) for text in texts)
    encoder.encode(texts[:_BATCH])
    start = time.perf_counter()
    for first in range(0, count, _BATCH):
        encoder.encode(texts[first : first + _BATCH])
    seconds = time.perf_counter() - start
    row = {
        "encoder": encoder.name,
        "chunks": count,
        "tokens_per_chunk": round(tokens / count, 1),
        "chunks_per_s": round(count / seconds, 1),
        "tokens_per_s": round(tokens / seconds),
    }
    return Table(title=f"Encoding chunks, {_BATCH} at a time", rows=(row,))


def _texts(tokenizer: Tokenizer) -> Iterator[str]:
    """Yields endless texts of a long chunk's size, cut from the sample sources."""
    words: list[str] = []
    tokens = 0
    sources = sorted((SAMPLE_FOLDER / "sources").glob("*.md"))
    for word in cycle(word for source in sources for word in source.read_text(encoding="utf-8").split()):
        length = tokenizer.count(word)
        if tokens + length > _TOKENS:
            yield " ".join(words)
            words, tokens = [], 0
        words.append(word)
        tokens += length
