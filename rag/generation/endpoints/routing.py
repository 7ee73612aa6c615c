"""Chooses the endpoints that may answer a question, and their order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import GenerationRequest
from rag.settings import EndpointSettings, GenerationSettings, Tier

BYTES_PER_TOKEN = 3
"""An estimate: English has four or more, Chinese about three, numbers and names fewer."""

_HARD_CHARACTERS = 400  # longer questions prefer a large endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The properties of a request that decide on its endpoint.

    ``language`` is None where it is not known; ``model`` is the one that its collection prefers, empty for any.
    """

    tenant: str
    language: str | None
    confidence: float
    tier: Tier
    prompt_bytes: int
    max_tokens: int
    model: str = ""

    @property
    def window_tokens(self) -> int:
        """Estimated tokens of prompt and answer together."""
        return self.prompt_bytes // BYTES_PER_TOKEN + self.max_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An endpoint that may be chosen. ``load`` is its number of requests, divided by its limit if it has one."""

    endpoint: EndpointSettings
    load: float
    model: str = ""


def needs_of(request: GenerationRequest, settings: GenerationSettings, *, language: str | None) -> Needs:
    """Returns what the request needs; the prompt's own words, the same for every endpoint, are not counted."""
    texts = [request.question, *(turn.content for turn in request.history), *(each.text for each in request.passages)]
    hard = len(request.question) > _HARD_CHARACTERS
    return Needs(
        tenant=request.scope.tenant,
        language=language,
        confidence=request.confidence,
        tier=Tier.LARGE if hard or request.escalated else Tier.SMALL,
        prompt_bytes=sum(len(text.encode()) for text in texts),
        max_tokens=settings.max_tokens,
        model=request.tuning.model,
    )


def may_answer(endpoint: EndpointSettings, needs: Needs) -> bool:
    """Returns whether the endpoint's settings allow it to answer such a request."""
    return (
        (not endpoint.tenants or needs.tenant in endpoint.tenants)
        and (not endpoint.languages or needs.language in endpoint.languages)
        and needs.confidence >= endpoint.least_confidence
    )


def order(options: Sequence[Option], needs: Needs) -> list[EndpointSettings]:
    """Returns the endpoints in the order in which they are asked.

    Those with the model that the collection prefers come first, then those whose context window the prompt fits into,
    then those of the tier that the question needs, then those with the least load. Ties keep the order of the settings,
    so that one endpoint's prefix cache stays warm.
    """

    def rank(option: Option) -> tuple[bool, bool, bool, float]:
        endpoint = option.endpoint
        too_small = 0 < endpoint.context_tokens < needs.window_tokens
        is_other = bool(needs.model) and needs.model != option.model
        return is_other, too_small, endpoint.tier is not needs.tier, option.load

    return [option.endpoint for option in sorted(options, key=rank)]
