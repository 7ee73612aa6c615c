"""A synthetic corpus from a fixed seed: unit vectors, and texts with Zipf word frequencies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rag.types import Chunk, EncodedChunk, FloatArray, Scope, Span

DIMENSIONS = 384
ASKED = Scope(tenant="tenant-0", collection="bench")
"""The scope of all searches."""

_VOCABULARY = 30_000
_ZIPF_EXPONENT = 1.07
_WORDS_PER_CHUNK = 120
_WORDS_PER_QUESTION = 8
_BATCH = 1_000
_SECTIONS, _SENTENCES, _WORDS_PER_SENTENCE = 4, 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """The words and the vector of a search."""

    text: str
    vector: FloatArray


def batches(chunks: int, *, tenants: int) -> Iterator[tuple[Scope, list[EncodedChunk]]]:
    """Yields ``chunks`` chunks in batches of up to a thousand, for the tenants in turn."""
    random = np.random.default_rng(0)
    largest = min(_BATCH, math.ceil(chunks / tenants))
    for number, start in enumerate(range(0, chunks, largest)):
        size = min(largest, chunks - start)
        texts, vectors = zipf_texts(random, size, _WORDS_PER_CHUNK), _unit_vectors(random, size)
        yield (
            Scope(tenant=f"tenant-{number % tenants}", collection=ASKED.collection),
            [
                EncodedChunk(chunk=_chunk(number, row, text), vector=vector)
                for row, (text, vector) in enumerate(zip(texts, vectors, strict=True))
            ],
        )


def search_queries(count: int) -> list[SearchQuery]:
    """Returns questions with the word frequencies of the texts."""
    random = np.random.default_rng(1)
    texts, vectors = zipf_texts(random, count, _WORDS_PER_QUESTION), _unit_vectors(random, count)
    return [SearchQuery(text=text, vector=vector) for text, vector in zip(texts, vectors, strict=True)]


def synthetic_documents(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yields (name, content) of Markdown documents of about four chunks; determined by their numbers."""
    for number in range(first, first + count):
        sentences = zipf_texts(np.random.default_rng((2, number)), _SECTIONS * _SENTENCES, _WORDS_PER_SENTENCE)
        lines = [f"# Report {number}"]
        for section in range(_SECTIONS):
            written = sentences[section * _SENTENCES : (section + 1) * _SENTENCES]
            lines += [f"## Section {section + 1}", " ".join(f"{sentence.capitalize()}." for sentence in written)]
        yield f"report-{number}.md", "\n\n".join(lines).encode()


def zipf_texts(random: np.random.Generator, count: int, words: int) -> list[str]:
    """Returns ``count`` texts of ``words`` words each."""
    frequencies = 1 / np.arange(1, _VOCABULARY + 1) ** _ZIPF_EXPONENT
    drawn = random.choice(_vocabulary(), size=(count, words), p=frequencies / frequencies.sum())
    return [" ".join(row) for row in drawn]


@cache
def _vocabulary() -> NDArray[np.object_]:
    return np.array([_word(rank) for rank in range(_VOCABULARY)], dtype=object)


def _word(rank: int) -> str:
    """Spells a rank in syllables, so that frequent words are short."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprtv" for vowel in "aeiou"]
    word = syllables[rank % len(syllables)]
    while rank := rank // len(syllables):
        word += syllables[rank % len(syllables)]
    return word


def _unit_vectors(random: np.random.Generator, count: int) -> FloatArray:
    drawn = random.normal(size=(count, DIMENSIONS)).astype(np.float32)
    rows: FloatArray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return rows


def _chunk(batch: int, row: int, text: str) -> Chunk:
    return Chunk(
        chunk_id=f"{batch}-{row}",
        document_id=f"document-{batch}",
        version_id=f"version-{batch}",
        ordinal=row,
        name=f"document-{batch}.txt",
        title=f"Document {batch}",
        media_type="text/plain",
        heading_path=(),
        page=row // 5 + 1,
        span=Span(start=row * 800, end=row * 800 + len(text)),
        text=text,
    )
