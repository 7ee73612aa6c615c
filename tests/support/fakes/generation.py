"""Builds requests to a generator."""

from __future__ import annotations

from rag.answers import GenerationRequest, Turn
from rag.types import Passage


def generation_request(question: str, *passages: Passage, history: tuple[Turn, ...] = ()) -> GenerationRequest:
    return GenerationRequest(question=question, passages=passages, history=history, tenant="acme", confidence=0.9)
