"""Searches for a question as it is best read: alone or completed by earlier turns, and with its typos corrected."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from rag.answering.abstention import AbstentionGate
from rag.answering.readings import CLEAR, Reading, best_of
from rag.answers import Condensed, Question
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.search import HybridSearch, SearchSteps
from rag.stages import Tokenizer
from rag.telemetry.recorder import Recorder
from rag.text.spelling import corrected


class QuestionSearch:
    """Searches once for most questions; again for a follow-up, and for a question with words that no document has."""

    def __init__(
        self, search: HybridSearch, *, gate: AbstentionGate, scorer: EvidenceScorer, tokenizer: Tokenizer
    ) -> None:
        self._search = search
        self._gate = gate
        self._scorer = scorer
        self._tokenizer = tokenizer

    async def find(
        self, question: Question, standalone: Condensed, recorder: Recorder, *, limit: int
    ) -> tuple[Condensed, SearchSteps]:
        """Returns the question as it was read, and what was found for it.

        Raises:
            IndexUnavailableError: the index does not answer.
        """
        if standalone.alone or standalone.leans:
            chosen, steps = await self._with_history(question, standalone, recorder, limit)
        else:
            chosen, steps = standalone, await self._search.find(question, standalone.text, recorder, limit=limit)
        if question.search_query:
            return chosen, steps
        text = await asyncio.to_thread(self._spelled, chosen.text, steps)
        if text == chosen.text:
            return chosen, steps
        first = await self._assessed(chosen, steps)
        second = await self._read(question, replace(chosen, text=text), recorder, limit)
        best = max(second, first, key=lambda reading: reading.confidence)
        return best.query, best.steps

    async def _with_history(
        self, question: Question, standalone: Condensed, recorder: Recorder, limit: int
    ) -> tuple[Condensed, SearchSteps]:
        alone: Reading | None = None
        if standalone.alone:
            text = standalone.alone
            alone = await self._read(question, Condensed(text=text), recorder, limit)
            if alone.confidence >= CLEAR and not standalone.leans and not standalone.new:
                return alone.query, alone.steps
        texts = (standalone.text, *standalone.others)
        completed = [await self._read(question, replace(standalone, text=text), recorder, limit) for text in texts]
        chosen = await asyncio.to_thread(best_of, alone, completed, self._scorer)
        return chosen.query, chosen.steps

    async def _read(self, question: Question, query: Condensed, recorder: Recorder, limit: int) -> Reading:
        return await self._assessed(query, await self._search.find(question, query.text, recorder, limit=limit))

    async def _assessed(self, query: Condensed, steps: SearchSteps) -> Reading:
        confidence = 0.0
        if steps.hits:
            confidence = (await asyncio.to_thread(self._gate.assess, query.text, steps.hits)).confidence
        return Reading(query=query, steps=steps, confidence=confidence)

    def _spelled(self, query: str, steps: SearchSteps) -> str:
        candidates = steps.candidates
        texts = dict.fromkeys(side.chunk.indexed_text for side in (*candidates.dense, *candidates.bm25))
        return corrected(query, texts, pieces=self._tokenizer.count)
