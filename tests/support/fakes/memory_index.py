"""A chunk index in memory: dense search by brute force, and Robertson's BM25."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.errors import ConfigurationError, IndexUnavailableError
from rag.types import Candidates, EncodedChunk, IndexQuery, Scope, ScoredChunk, SearchFilter, SentenceVectors

_K1 = 1.2
_B = 0.75
_ENDINGS = ("ing", "ed", "es", "s")
_SHORTEST_STEM = 3


class MemoryIndex:
    """Stores chunks in a dictionary by scope and id."""

    def __init__(self) -> None:
        self._stored: dict[Scope, dict[str, EncodedChunk]] = {}
        self._closed = False
        self.optimizations = 0

    @property
    def name(self) -> str:
        return "memory"

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        self._refuse_when_closed()
        self._stored.setdefault(scope, {}).update({encoded.chunk.chunk_id: encoded for encoded in chunks})

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        self._refuse_when_closed()
        stored = tuple(self._stored.get(scope, {}).values())
        narrowed = [encoded for encoded in stored if _passes(encoded, query.filter)]
        dense = [] if query.vector is None else [float(encoded.vector @ query.vector) for encoded in narrowed]
        words = _bm25(query.text, stored)
        return Candidates(
            dense=_best([(e, score) for e, score in zip(narrowed, dense, strict=False)], query.limit),
            bm25=_best([(e, words[e.chunk.chunk_id]) for e in narrowed if e.chunk.chunk_id in words], query.limit),
        )

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        self._refuse_when_closed()
        stored = self._stored.get(scope, {})
        found = {key: stored[key].sentences for key in chunk_ids if key in stored}
        return {key: sentences for key, sentences in found.items() if sentences is not None}

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        self._refuse_when_closed()
        held = self._stored.get(scope, {})
        copied = {key: each for key, each in held.items() if each.chunk.version_id in version_ids}
        self._stored.setdefault(target, {}).update(copied)

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        self._refuse_when_closed()
        kept = {key: e for key, e in self._stored.get(scope, {}).items() if e.chunk.version_id != version_id}
        self._stored[scope] = kept

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        self._refuse_when_closed()
        stored = self._stored.get(scope, {}).values()
        return sum(version_id in (None, encoded.chunk.version_id) for encoded in stored)

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        self._refuse_when_closed()
        held = {scope: Counter(e.chunk.version_id for e in stored.values()) for scope, stored in self._stored.items()}
        return {scope: counts for scope, counts in held.items() if counts}

    async def save_copy(self, folder: Path) -> None:
        raise ConfigurationError(f"An index in memory cannot be copied to {folder}.")

    async def optimize(self) -> None:
        self._refuse_when_closed()
        self.optimizations += 1

    async def erase_deleted(self) -> bool:
        self._refuse_when_closed()
        return True

    async def ping(self) -> None:
        self._refuse_when_closed()

    async def close(self) -> None:
        self._closed = True

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise IndexUnavailableError(self.name, "it has been closed")


def terms(text: str) -> list[str]:
    """Returns words without their endings; each Chinese character is a word."""
    return [_stem(word) for word in re.findall(r"[一-鿿]|[^\W一-鿿]+", text.lower())]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def _bm25(text: str, stored: Sequence[EncodedChunk]) -> dict[str, float]:
    counts = {encoded.chunk.chunk_id: Counter(terms(encoded.chunk.indexed_text)) for encoded in stored}
    average = sum(count.total() for count in counts.values()) / max(1, len(counts))
    scores: dict[str, float] = dict.fromkeys(counts, 0.0)
    for term in set(terms(text)):
        holders = [chunk_id for chunk_id, count in counts.items() if term in count]
        rarity = math.log(1 + (len(counts) - len(holders) + 0.5) / (len(holders) + 0.5))
        for chunk_id in holders:
            frequency = counts[chunk_id][term]
            length = 1 - _B + _B * counts[chunk_id].total() / average
            scores[chunk_id] += rarity * frequency * (_K1 + 1) / (frequency + _K1 * length)
    return {chunk_id: score for chunk_id, score in scores.items() if score > 0}


def _passes(encoded: EncodedChunk, search: SearchFilter) -> bool:
    chunk = encoded.chunk
    return search.allows(chunk.document_id) and (not search.media_types or chunk.media_type in search.media_types)


def _best(scored: list[tuple[EncodedChunk, float]], limit: int) -> tuple[ScoredChunk, ...]:
    ordered = sorted(scored, key=lambda pair: (-pair[1], pair[0].chunk.chunk_id))
    return tuple(ScoredChunk(chunk=encoded.chunk, score=score) for encoded, score in ordered[:limit])
