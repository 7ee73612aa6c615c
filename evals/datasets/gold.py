"""Matches chunks, citations and answers with gold passages and facts. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from evals.datasets.questions import EvalQuestion, GoldPassage
from rag.answers import Citation
from rag.types import Chunk, Span


def states_fact(answer: str, fact: str) -> bool:
    """Returns whether the answer contains the fact in whole words and numbers, ignoring case and white space."""
    wanted = re.escape(folded(fact))
    return re.search(rf"(?<![a-z0-9]){wanted}(?![a-z0-9])(?!\.\d)", folded(answer)) is not None


def folded(text: str) -> str:
    """Returns the text with normalised width, case and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def golds_in(chunk: Chunk, golds: Sequence[GoldPassage]) -> tuple[int, ...]:
    """Returns the indices of the gold passages that the chunk contains.

    White space is ignored, because text recognition and layouts vary in it.
    """
    return tuple(at for at, gold in enumerate(golds) if _is_from(chunk, gold) and _quotes(chunk.text, gold.quote))


def golds_cited(citation: Citation, chunk: Chunk, golds: Sequence[GoldPassage]) -> tuple[int, ...]:
    """Returns the indices of the gold passages that overlap a citation of the chunk."""
    cited = citation.span
    found = []
    for at in golds_in(chunk, golds):
        span = span_of(golds[at].quote, chunk)
        if span is None or (span.start < cited.end and cited.start < span.end):
            found.append(at)
    return tuple(found)


def ranked_ids(chunks: Sequence[Chunk], golds: Sequence[GoldPassage]) -> tuple[str, ...]:
    """Returns ids in the order of ``chunks``: ``gold:0`` and so on for gold passages, the chunk's id for others.

    A chunk with several gold passages gives all their ids; ids found before are left out.
    """
    ids: dict[str, None] = {}
    for chunk in chunks:
        found = golds_in(chunk, golds)
        ids.update(dict.fromkeys([gold_id(at) for at in found] or [chunk.chunk_id]))
    return tuple(ids)


def gold_id(at: int) -> str:
    """Returns the id of a gold passage in rankings."""
    return f"gold:{at}"


def facts_stated(text: str, facts: Sequence[Sequence[str]]) -> float:
    """Returns the share of facts that the text states in one of their wordings; 1.0 without facts."""
    return sum(any(states_fact(text, wording) for wording in fact) for fact in facts) / len(facts) if facts else 1.0


def span_of(quote: str, chunk: Chunk) -> Span | None:
    """Returns the quote's place in the version's text; None for an empty or missing quote."""
    if not quote:
        return None
    match = re.search(r"\s*".join(re.escape(letter) for letter in "".join(quote.split())), chunk.text, re.IGNORECASE)
    return Span(start=chunk.span.start + match.start(), end=chunk.span.start + match.end()) if match else None


def _is_from(chunk: Chunk, gold: GoldPassage) -> bool:
    return gold.document in (chunk.document_id, chunk.name)


def _quotes(text: str, quote: str) -> bool:
    return _bare(quote) in _bare(text)


@lru_cache(maxsize=20_000)
def _bare(text: str) -> str:
    return folded(text).replace(" ", "")


def quotes_not_found(
    questions: Iterable[EvalQuestion], chunks: Sequence[Chunk]
) -> tuple[tuple[EvalQuestion, GoldPassage], ...]:
    """Returns the gold passages that no chunk of their document contains and no search can find."""
    by_document: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        for key in {chunk.document_id, chunk.name}:
            by_document.setdefault(key, []).append(chunk)
    return tuple(
        (question, gold)
        for question in questions
        for gold in question.gold_passages
        if not any(golds_in(chunk, (gold,)) for chunk in by_document.get(gold.document, ()))
    )
