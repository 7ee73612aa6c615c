"""Settings of model servers: where they are, what they cost, whose questions they answer; and of budgets."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Dialect(StrEnum):
    """What a server understands beside the OpenAI API."""

    AUTO = "auto"
    VLLM = "vllm"
    OPENAI = "openai"


class Tier(StrEnum):
    """How large an endpoint's model is, beside the others'."""

    SMALL = "small"
    LARGE = "large"


class Prices(BaseModel):
    """What a model's tokens cost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_price: float | None = Field(default=None, ge=0, description="of a million tokens; without one, no cost")
    cached_prompt_price: float | None = Field(default=None, ge=0, description="of those in its prefix cache, if other")
    completion_price: float | None = Field(default=None, ge=0)
    currency: str = "USD"

    def cost(self, *, prompt_tokens: int, cached_prompt_tokens: int, completion_tokens: int) -> float | None:
        """Returns what the tokens cost; ``cached_prompt_tokens`` are part of ``prompt_tokens``. None without prices."""
        if self.prompt_price is None or self.completion_price is None:
            return None
        cached_price = self.prompt_price if self.cached_prompt_price is None else self.cached_prompt_price
        cached = min(cached_prompt_tokens, prompt_tokens)
        prompt = (prompt_tokens - cached) * self.prompt_price + cached * cached_price
        return (prompt + completion_tokens * self.completion_price) / 1_000_000


class EndpointSettings(Prices):
    """One model server, and which questions go to it."""

    name: str = Field(min_length=1, description="as receipts and messages call it")
    url: str = Field(pattern=r"^https?://[^/\s]+")
    api_key: SecretStr | None = None
    model: str = Field(default="", description="the server's first one when empty")
    dialect: Dialect = Field(default=Dialect.AUTO, description="vllm is sent more fields; auto asks the server")
    tier: Tier = Field(default=Tier.SMALL, description="large ones are for hard and escalated questions")
    context_tokens: int = Field(default=0, ge=0, description="longer prompts go elsewhere if they can; 0: not known")
    max_concurrent: int = Field(default=0, ge=0, description="answers at once; 0: as many as come")
    languages: frozenset[str] = Field(default=frozenset(), description="of questions, as 'en'; none: all")
    tenants: frozenset[str] = Field(default=frozenset(), description="whose questions it may see; none: all")
    least_confidence: float = Field(default=0.0, ge=0, le=1, description="that the passages answer the question")


class BudgetSettings(BaseModel):
    """What a tenant may use on a day (UTC); None: as much as it likes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: int | None = Field(default=None, ge=0, description="of prompts and answers together")
    money: float | None = Field(default=None, ge=0, description="in the endpoints' currency")


class JudgeSettings(Prices):
    """The model that judges answers in evaluations, behind any OpenAI-compatible server."""

    url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+", description="without one nobody judges")
    api_key: SecretStr | None = None
    model: str = Field(default="", description="the server's first one when empty")
    timeout_seconds: float = Field(default=60.0, gt=0, description="of one call")
    max_tokens: int = Field(default=2_048, ge=1, description="of one reply; what is cut off counts as failed")
    concurrency: int = Field(default=4, ge=1, description="calls at a time")
