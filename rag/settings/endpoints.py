"""Settings of model servers: address, prices, the questions they may answer, and the budgets of tenants."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Dialect(StrEnum):
    """Extensions of the OpenAI API that a server understands."""

    AUTO = "auto"
    VLLM = "vllm"
    OPENAI = "openai"


class Tier(StrEnum):
    """Size of an endpoint's model, compared with the others."""

    SMALL = "small"
    LARGE = "large"


class Prices(BaseModel):
    """Prices of a model's tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_price: float | None = Field(
        default=None,
        ge=0,
        description="Price of a million tokens of prompts. Without it no cost is reckoned.",
        examples=[2.5],
    )
    cached_prompt_price: float | None = Field(
        default=None,
        ge=0,
        description="Price of a million tokens of prompts that the server had in its prefix cache. Without it they "
        "cost as much as the others.",
        examples=[0.25],
    )
    completion_price: float | None = Field(
        default=None,
        ge=0,
        description="Price of a million tokens that the model writes. Without it no cost is reckoned.",
        examples=[10.0],
    )
    currency: str = Field(default="USD", description="Currency of the prices, as receipts and accounts show it.")

    def cost(self, *, prompt_tokens: int, cached_prompt_tokens: int, completion_tokens: int) -> float | None:
        """Returns the cost; ``cached_prompt_tokens`` are part of ``prompt_tokens``. None without prices."""
        if self.prompt_price is None or self.completion_price is None:
            return None
        cached_price = self.prompt_price if self.cached_prompt_price is None else self.cached_prompt_price
        cached = min(cached_prompt_tokens, prompt_tokens)
        prompt = (prompt_tokens - cached) * self.prompt_price + cached * cached_price
        return (prompt + completion_tokens * self.completion_price) / 1_000_000


class EndpointSettings(Prices):
    """A model server and the questions that it may answer."""

    name: str = Field(
        min_length=1,
        description="Name of the endpoint in receipts, metrics and messages. Every endpoint needs its own.",
        examples=["local"],
    )
    url: str = Field(
        pattern=r"^https?://[^/\s]+",
        description="Address of the server's OpenAI API, with /v1.",
        examples=["http://gpu:8000/v1"],
    )
    api_key: SecretStr | None = Field(default=None, description="Key that the server asks for.", examples=["sk-..."])
    model: str = Field(
        default="", description="Model that the server is asked for; the first one that it serves where empty."
    )
    dialect: Dialect = Field(
        default=Dialect.AUTO,
        description="Extensions of the API that the server understands: vllm is sent more fields than openai, and auto "
        "asks the server which one it is.",
    )
    tier: Tier = Field(
        default=Tier.SMALL,
        description="Size of the model beside the others: large is preferred for long questions, and writes answers "
        "again that a smaller model got wrong.",
    )
    context_tokens: int = Field(
        default=0,
        ge=0,
        description="Tokens that the model reads and writes at a time; longer prompts go to other endpoints where "
        "possible. 0 asks the server.",
    )
    max_concurrent: int = Field(
        default=0, ge=0, description="Most answers that the endpoint writes at a time; 0 sets no limit."
    )
    languages: frozenset[str] = Field(
        default=frozenset(),
        description="Languages of the questions that the endpoint may answer, as codes such as en; an empty list "
        "allows all.",
    )
    tenants: frozenset[str] = Field(
        default=frozenset(), description="Tenants whose questions the endpoint may see; an empty list allows all."
    )
    least_confidence: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Least confidence, from 0 to 1, that the passages answer the question; the endpoint is spared the "
        "questions below it.",
    )


class BudgetSettings(BaseModel):
    """Limits of a tenant's use on a day (UTC); None sets no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: int | None = Field(
        default=None,
        ge=0,
        description="Tokens of prompts and answers that a tenant may use on a day (UTC); beyond them answers are "
        "extractive. Without it there is no limit.",
        examples=[2_000_000],
    )
    money: float | None = Field(
        default=None,
        ge=0,
        description="Money, in the endpoints' currency, that a tenant may use on a day (UTC); beyond it answers are "
        "extractive. Without it there is no limit.",
        examples=[5.0],
    )


class JudgeSettings(Prices):
    """The model that judges answers in evaluations, behind any OpenAI-compatible server."""

    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="Address of the judge's OpenAI API, with /v1. Without it evaluations are not judged by a model.",
        examples=["https://llm.example.org/v1"],
    )
    api_key: SecretStr | None = Field(
        default=None, description="Key that the judge's server asks for.", examples=["sk-..."]
    )
    model: str = Field(default="", description="Model that judges; the first one that the server serves where empty.")
    timeout_seconds: float = Field(
        default=60.0, gt=0, description="Seconds that one call of the judge may take. Raise it for slow models."
    )
    max_tokens: int = Field(
        default=2_048,
        ge=1,
        description="Most tokens of one reply of the judge; a reply that is cut off counts as failed.",
    )
    concurrency: int = Field(
        default=4, ge=1, description="Calls of the judge at a time. Raise it as far as the server allows."
    )
