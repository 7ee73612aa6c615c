"""Builds requests to a generator."""

from __future__ import annotations

from rag.answers import GenerationRequest, Turn
from rag.generation.follow_up import resolve_follow_up
from rag.types import Passage, Scope


def generation_request(question: str, *passages: Passage, history: tuple[Turn, ...] = ()) -> GenerationRequest:
    return GenerationRequest(
        question=question,
        standalone=resolve_follow_up(question, history).text,
        passages=passages,
        history=history,
        scope=Scope(tenant="acme", collection="default"),
        confidence=0.9,
    )
