"""Which of several prompts a conversation gets, by weight. Pure: the same conversation always gets the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

from rag.answers import GenerationRequest, Role
from rag.generation.prompts.data import AnswerPrompt


class PromptChoice:
    """Shares conversations out among prompts, each with a weight above 0.

    Weighted rendezvous hashing (Schindelhauer & Schomaker 2005): a changed weight or a new prompt moves no more
    conversations than it must.
    """

    def __init__(self, weighted: Sequence[tuple[AnswerPrompt, float]]) -> None:
        self._weighted = tuple(weighted)

    def choose(self, request: GenerationRequest) -> AnswerPrompt:
        """Returns the prompt of the conversation, which its tenant and its first question tell."""
        opening = next((turn.content for turn in request.history if turn.role is Role.USER), request.question)
        key = f"{request.tenant}\0{' '.join(opening.split()).casefold()}"
        return max(self._weighted, key=lambda pair: _rank(pair[0].name, key, weight=pair[1]))[0]


def _rank(name: str, key: str, *, weight: float) -> float:
    digest = blake2b(f"{name}\0{key}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return -weight / math.log(uniform)
