"""Asks one question like a user, and records the answer, the steps behind it and their scores."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from evals.datasets.edits import negated
from evals.datasets.gold import golds_cited, golds_in, ranked_ids, span_of
from evals.datasets.questions import EvalQuestion
from evals.runs.records import CitationRecord, PassageRecord, QuestionRecord, SentenceRecord
from evals.runs.scoring import scores_of
from rag.answering.pipeline import SearchResult
from rag.answers import Answer, AnswerEvent, AnswerSentence, Question, Receipt
from rag.errors import CitewellError
from rag.retrieval.search import SearchSteps
from rag.retrieval.units import sentence_spans
from rag.types import Chunk, Passage, Scope
from rag.verification.checker import SupportChecker

STAGES = ("bm25", "dense", "fused", "reranked", "found")
_DEEPEST = 20
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])\d{1,4}(?![A-Za-z0-9_]|[.,]\d)")


class Answerer(Protocol):
    """Searches, answers and checks: a pipeline, alone or in a service."""

    @property
    def checker(self) -> SupportChecker:
        """The checker of an answer's sentences."""
        ...

    async def search(self, question: Question, *, limit: int | None = None) -> SearchResult:
        """Returns the best hits and the result of each step."""
        ...

    def answer(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Streams the answer; the last event is the whole ``Answer``."""
        ...


async def ask(answerer: Answerer, question: EvalQuestion, scope: Scope) -> QuestionRecord:
    """Asks a question; if that fails, returns a record with the error and no scores."""
    asked = Question(text=question.question, scope=scope, history=question.turns)
    try:
        async with aclosing(answerer.answer(asked)) as events:
            [answer] = [event async for event in events if isinstance(event, Answer)]
        found = (await answerer.search(asked, limit=_DEEPEST)).found
    except CitewellError as error:
        return QuestionRecord(question=question, error=f"{error.code}: {error}")
    record = _record(question, found, answer)
    claims = await asyncio.to_thread(checked_claims, answerer.checker, question, answer.passages)
    return record.model_copy(update={"scores": {**scores_of(record), **claims}})


def _record(question: EvalQuestion, found: SearchSteps, answer: Answer) -> QuestionRecord:
    chunks = {passage.hit.chunk.chunk_id: passage.hit.chunk for passage in answer.passages}
    receipt = answer.receipt
    return QuestionRecord(
        question=question,
        answer=answer.text,
        abstention=answer.abstention.value if answer.abstention else None,
        sentences=tuple(_sentence(question, sentence, chunks) for sentence in answer.sentences),
        passages=tuple(_passage(question, passage) for passage in answer.passages),
        rankings=_rankings(question, found),
        stage_milliseconds=_milliseconds(receipt),
        first_token_milliseconds=receipt.first_token_milliseconds,
        total_milliseconds=receipt.total_milliseconds,
        prompt_tokens=receipt.usage.prompt_tokens if receipt.usage else 0,
        completion_tokens=receipt.usage.completion_tokens if receipt.usage else 0,
        cost=(receipt.usage.cost or 0.0) if receipt.usage else 0.0,
        context_tokens_before=receipt.context_tokens_before,
        context_tokens_after=receipt.context_tokens_after,
        dropped_sentences=receipt.verification.dropped,
        retries=receipt.verification.retried,
        degraded=tuple(f"{each.stage}: {each.reason}" for each in receipt.degraded),
        versions={
            "encoder": receipt.encoder,
            "reranker": receipt.reranker,
            "index": receipt.index,
            "generator": receipt.generator,
            **({"prompt": receipt.prompt} if receipt.prompt else {}),
        },
    )


def _rankings(question: EvalQuestion, found: SearchSteps) -> dict[str, tuple[str, ...]]:
    sides = ([scored.chunk for scored in side] for side in (found.candidates.bm25, found.candidates.dense))
    steps = ([hit.chunk for hit in hits] for hits in (found.fused, found.reranked, found.hits))
    return {
        stage: ranked_ids(chunks[:_DEEPEST], question.gold_passages)
        for stage, chunks in zip(STAGES, (*sides, *steps), strict=True)
    }


def _passage(question: EvalQuestion, passage: Passage) -> PassageRecord:
    hit = passage.hit
    return PassageRecord(
        number=passage.number,
        document_id=hit.chunk.document_id,
        version_id=hit.chunk.version_id,
        name=hit.chunk.name,
        page=hit.chunk.page,
        score=hit.score if hit.rerank_score is None else hit.rerank_score,
        text=hit.chunk.text,
        shown=passage.text,
        gold=golds_in(hit.chunk, question.gold_passages),
    )


def _sentence(question: EvalQuestion, sentence: AnswerSentence, chunks: dict[str, Chunk]) -> SentenceRecord:
    return SentenceRecord(
        text=sentence.text,
        supported=sentence.supported,
        citations=tuple(
            CitationRecord(
                number=citation.number,
                document_id=citation.document_id,
                quote=citation.quote,
                gold=golds_cited(citation, chunks[citation.chunk_id], question.gold_passages),
            )
            for citation in sentence.citations
        ),
    )


def _milliseconds(receipt: Receipt) -> dict[str, float]:
    """Returns milliseconds by stage, summed if a stage ran more than once."""
    sums: dict[str, float] = {}
    for stage in receipt.stages:
        sums[stage.stage] = sums.get(stage.stage, 0.0) + stage.milliseconds
    return sums


def checked_claims(checker: SupportChecker, question: EvalQuestion, passages: Sequence[Passage]) -> dict[str, float]:
    """Checks the sentences of the gold passages among ``passages``, unchanged and with a number or verb changed.

    Returns:
        ``claims_supported``: share of the sentences found supported; ``edits_refused``: share of the changed ones found
        unsupported. A score without any such sentence is left out.
    """
    reading = checker.over(passages)
    claims = [claim for passage in passages for claim in _gold_sentences(question, passage)]
    edits = [edit for edit in map(altered, claims) if edit is not None]
    scores = {}
    for name, texts, wanted in (("claims_supported", claims, True), ("edits_refused", edits, False)):
        if texts:
            verdicts = [reading.check(0, text, ()).supported for text in texts]
            scores[name] = verdicts.count(wanted) / len(verdicts)
    return scores


def altered(sentence: str) -> str | None:
    """Returns the sentence with its last number changed, else negated; None if neither is possible."""
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return negated(sentence)
    last = numbers[-1]
    return f"{sentence[: last.start()]}{int(last[0]) + 3}{sentence[last.end() :]}"


def _gold_sentences(question: EvalQuestion, passage: Passage) -> list[str]:
    """Returns the sentences of the passage in which gold quotes start."""
    chunk: Chunk = passage.hit.chunk
    golds = [question.gold_passages[at] for at in golds_in(chunk, question.gold_passages)]
    starts = {span.start for gold in golds if (span := span_of(gold.quote, chunk)) is not None}
    return [
        passage.quote(span) for span in sentence_spans(chunk) if any(span.start <= start < span.end for start in starts)
    ]
