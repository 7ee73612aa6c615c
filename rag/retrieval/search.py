"""Hybrid search: encode, retrieve, fuse, rerank, and a second round with the best sentence as its query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rag.answers import Question
from rag.errors import EncoderError, RerankerError
from rag.models.calibrations import Fusion, FusionMethod, calibration_of
from rag.retrieval.diversity import (
    cap_per_document,
    collapse_duplicates,
    collapse_near_duplicates,
    maximal_marginal_relevance,
)
from rag.retrieval.encoders.caching import CACHE_OWNER
from rag.retrieval.exact import exact_first
from rag.retrieval.fusion import fuse
from rag.retrieval.late_chunking import with_sentences
from rag.retrieval.second_round import FOUND_IN_SECOND_ROUND, KEPT_PLACES, SecondQuery, SecondRound, join_rounds
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder, Reranker
from rag.telemetry.recorder import Recorder
from rag.types import Candidates, FloatArray, Hit, IndexQuery, Scope, ScoredChunk

Visible = Callable[[Question, frozenset[str]], frozenset[str]]
"""Maps (question, version ids) to those that its answer may show, by the catalogue."""
_LARGEST_LIMIT_FACTOR = 8
"""Upper limit of a search that invisible versions crowd, as a multiple of the wanted candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSteps:
    """The result of each step, best first; ``hits`` is the final one."""

    candidates: Candidates
    fused: tuple[Hit, ...]
    reranked: tuple[Hit, ...]
    hits: tuple[Hit, ...]


class HybridSearch:
    """Finds hits for a question. One instance serves all requests."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        index: ChunkIndex,
        visible: Visible,
        reranker: Reranker,
        collection_rerankers: Mapping[str, Reranker] | None = None,
        second_round: SecondRound,
        settings: Settings,
    ) -> None:
        self.encoder = encoder
        self.index = index
        self._reranker = reranker
        self._collection_rerankers = collection_rerankers or {}
        self._visible = visible
        self._second_round = second_round
        self._retrieval = settings.retrieval
        self._tenant = settings.tenant
        self._guard = settings.guard
        self._calibrated = calibration_of(encoder.name).fusion
        self._depth = settings.reranker.candidates

    async def find(self, question: Question, query: str, recorder: Recorder, *, limit: int) -> SearchSteps:
        """Searches the question's scope for the standalone ``query``; returns up to ``limit`` hits.

        Raises:
            IndexUnavailableError: the index does not answer.
        """
        CACHE_OWNER.set(question.scope.tenant)
        vector = await self._encode(query, recorder)
        candidates = await self._retrieve(question, query, vector, recorder)
        fused = self._fuse(candidates, question, query, recorder)
        reranked = await self._rerank(question, query, fused, recorder)
        hits = reranked
        if self._retrieval.second_round and not self._are_settled(reranked[:KEPT_PLACES], limit):
            hits = await self._add_second_round(question, query, reranked, recorder)
        hits = await with_sentences(self.index, question.scope, self._diversify(question.scope, hits, limit))
        return SearchSteps(candidates=candidates, fused=fused, reranked=reranked, hits=hits)

    @property
    def depth(self) -> int:
        """How many fused hits are reranked."""
        return self._depth

    async def candidates(self, question: Question, query: str, *, limit: int) -> Candidates:
        """Returns the visible chunks of each side, up to ``limit``: more than a search needs, to tell their ranks.

        Raises:
            IndexUnavailableError: the index does not answer.
        """
        vector = await self._encode(query, Recorder())
        asked = IndexQuery(text=query, vector=vector, limit=limit, filter=question.filter)
        return await self._only_visible(question, await self._ask_index(question, asked))

    def _diversify(self, scope: Scope, hits: tuple[Hit, ...], limit: int) -> tuple[Hit, ...]:
        distinct: Iterable[Hit] = collapse_duplicates(hits)
        if self._guard.rules_of(scope.tenant).duplicates:
            distinct = collapse_near_duplicates(distinct)
        distinct = cap_per_document(distinct, most=self._retrieval.per_document)
        return maximal_marginal_relevance(distinct, share=self._retrieval.diversity, limit=limit)

    def _are_settled(self, kept: tuple[Hit, ...], limit: int) -> bool:
        """Returns whether the places that the second round keeps are all that was asked for."""
        reordered = self._retrieval.diversity or self._retrieval.per_document
        return not reordered and len(tuple(collapse_duplicates(kept))) >= limit

    async def all_visible(self, question: Question, hits: Sequence[Hit]) -> bool:
        """Returns whether every hit's version is visible at this moment."""
        versions = frozenset(hit.chunk.version_id for hit in hits)
        return versions <= await asyncio.to_thread(self._visible, question, versions)

    async def _encode(self, query: str, recorder: Recorder) -> FloatArray | None:
        with recorder.stage("encode", count_in=1) as stage:
            try:
                vectors: FloatArray = await asyncio.to_thread(self.encoder.encode_questions, [query])
            except EncoderError as error:
                recorder.degrade("encode", f"{error} BM25 searched alone.")
                return None
            stage.count_out = 1
            vector: FloatArray = vectors[0]
            return vector

    async def _retrieve(
        self, question: Question, query: str, vector: FloatArray | None, recorder: Recorder
    ) -> Candidates:
        """Retrieves candidates, with a doubled limit while invisible versions crowd out visible ones."""
        wanted = self._retrieval.candidates
        with recorder.stage("retrieve", count_in=1) as stage:
            limit = wanted
            while True:
                asked = IndexQuery(text=query, vector=vector, limit=limit, filter=question.filter)
                found = await self._ask_index(question, asked)
                visible = await self._only_visible(question, found)
                sides = ((found.dense, visible.dense), (found.bm25, visible.bm25))
                crowded = any(len(side) >= limit and len(kept) < wanted for side, kept in sides)
                if not crowded or limit >= _LARGEST_LIMIT_FACTOR * wanted:
                    break
                limit *= 2
            stage.count_out = len({side.chunk.chunk_id for side in (*visible.dense, *visible.bm25)})
        return Candidates(dense=visible.dense[:wanted], bm25=visible.bm25[:wanted])

    async def _ask_index(self, question: Question, asked: IndexQuery) -> Candidates:
        if asked.filter.document_ids is not None and not asked.filter.document_ids:
            return Candidates(dense=(), bm25=())
        return await self.index.search(question.scope, asked)

    async def _only_visible(self, question: Question, found: Candidates) -> Candidates:
        versions = frozenset(side.chunk.version_id for side in (*found.dense, *found.bm25))
        visible = await asyncio.to_thread(self._visible, question, versions) if versions else frozenset()

        def keep(side: Sequence[ScoredChunk]) -> tuple[ScoredChunk, ...]:
            return tuple(scored for scored in side if scored.chunk.version_id in visible)

        return Candidates(dense=keep(found.dense), bm25=keep(found.bm25))

    def _fuse(self, candidates: Candidates, question: Question, query: str, recorder: Recorder) -> tuple[Hit, ...]:
        with recorder.stage("fuse", count_in=len(candidates.dense) + len(candidates.bm25)) as stage:
            fusion = self._fusion_of(question)
            hits = exact_first(query, fuse(candidates, fusion, question=query))
            stage.count_out = len(hits)
        return hits

    def _fusion_of(self, question: Question) -> Fusion:
        """Returns the encoder's fusion, with what the settings say in place of it, and then the collection."""
        of_settings = self._retrieval.fusion
        if question.scope.tenant == self._tenant:
            of_settings = self._retrieval.fusion_of(question.scope.collection)
        fusion = of_settings.over(self._calibrated)
        own = question.tuning
        return replace(
            fusion,
            method=FusionMethod(own.fusion_method) if own.fusion_method else fusion.method,
            dense_weight=fusion.dense_weight if own.dense_weight is None else own.dense_weight,
            bm25_weight=fusion.bm25_weight if own.bm25_weight is None else own.bm25_weight,
        )

    def reranker_of(self, scope: Scope) -> Reranker:
        """Returns the collection's own reranker, or the default one.

        The settings name collections of their own tenant: one of another tenant may have the same name.
        """
        own = self._collection_rerankers if scope.tenant == self._tenant else {}
        return own.get(scope.collection, self._reranker)

    async def _rerank(
        self, question: Question, query: str, hits: tuple[Hit, ...], recorder: Recorder
    ) -> tuple[Hit, ...]:
        """Reranks the first candidates; the others keep their places behind them."""
        reranker = self.reranker_of(question.scope)
        with recorder.stage("rerank", count_in=len(hits)) as stage:
            first = await with_sentences(self.index, question.scope, hits[: self._depth])
            try:
                first = await asyncio.to_thread(reranker.rerank, query, first)
            except RerankerError as error:
                recorder.degrade("rerank", f"{error} The fused order was kept.")
            stage.count_out = sum(hit.rerank_score is not None for hit in first)
        return exact_first(query, (*first, *hits[self._depth :]))

    async def _add_second_round(
        self, question: Question, query: str, hits: tuple[Hit, ...], recorder: Recorder
    ) -> tuple[Hit, ...]:
        with recorder.stage("second_round", count_in=len(hits)) as stage:
            second_query = await asyncio.to_thread(self._second_round.query, query, hits)
            if second_query is not None:
                found = await self._retrieve_second_round(question, second_query)
                hits = join_rounds(hits, found[:FOUND_IN_SECOND_ROUND])
            stage.count_out = len(hits)
        return hits

    async def _retrieve_second_round(self, question: Question, query: SecondQuery) -> tuple[Hit, ...]:
        vector = query.vector
        if vector is None:
            with suppress(EncoderError):  # BM25 searches alone; the encode stage reports the failure
                vector = (await asyncio.to_thread(self.encoder.encode, [query.text]))[0]
        asked = IndexQuery(text=query.text, vector=vector, limit=self._retrieval.candidates, filter=question.filter)
        found = await self._only_visible(question, await self._ask_index(question, asked))
        return fuse(found, self._fusion_of(question), question=query.text)
