"""Settings of the way from a question to its answer: encoder, retrieval, reranking, abstention, generation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from rag.settings.base import Section
from rag.settings.choices import (
    CondenseMethod,
    EncoderBackend,
    FusionMethod,
    GeneratorBackend,
    OnUnsupported,
    RerankerBackend,
)
from rag.settings.endpoints import BudgetSettings, EndpointSettings


class EncoderSettings(Section):
    backend: EncoderBackend = EncoderBackend.ONNX
    model: str = "all-MiniLM-L6-v2"
    revision: str | None = Field(default=None, description="a commit on the hub; sentence-transformers only")
    question_prefix: str = Field(default="", description="what the model wants in front; sentence-transformers only")
    passage_prefix: str = Field(default="", description="the same for passages")
    device: str = "cpu"
    batch_size: int = Field(default=32, ge=1)
    threads: int = Field(default=0, ge=0, description="0: as many as there are cores")
    allowed_models: tuple[str, ...] = Field(
        default=(),
        description="names or folders that callers may have an index built with, beside this model, the profiles' "
        "and the trained one in use",
    )


class FusionSettings(Section):
    method: FusionMethod = FusionMethod.CALIBRATED
    dense_weight: float = Field(default=1.0, ge=0)
    bm25_weight: float = Field(default=1.0, ge=0)
    dense_spread: float = Field(
        default=0.05,
        ge=0,
        description="calibrated: cosines that differ by less than this (standard deviation) tell little; the encoder's",
    )


class RetrievalSettings(Section):
    candidates: int = Field(default=50, ge=1, le=1_000)
    limit: int = Field(default=8, ge=1, le=100)
    fusion: FusionSettings = FusionSettings()
    second_round: bool = Field(default=True, description="search once more with what the best passage says")
    per_document: int = Field(default=0, ge=0, description="most passages of one document; 0: as many as there are")
    diversity: float = Field(default=0.0, ge=0, le=1, description="share of novelty against relevance (MMR)")
    collections: dict[str, FusionSettings] = Field(default={}, description="fusion of single collections, by name")

    def fusion_of(self, collection: str) -> FusionSettings:
        """Returns the collection's own fusion, or the one for all."""
        return self.collections.get(collection, self.fusion)


class RerankerSettings(Section):
    backend: RerankerBackend = RerankerBackend.BEST_SENTENCE
    model: str = Field(
        default="cross-encoder/ms-marco-MiniLM-L6-v2",
        description="sentence-transformers: a name on the hub or a folder; onnx: a folder of 'citewell train reranker'",
    )
    revision: str | None = None
    device: str = "cpu"
    candidates: int = Field(default=12, ge=1, le=200)
    weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="a cross-encoder's share of the score; none: as calibrated, or 1",
    )
    budget_milliseconds: float = Field(default=150.0, gt=0, description="a cross-encoder's; candidates may go unread")
    collections: dict[str, str] = Field(
        default={},
        description="cross-encoders trained for single collections: folders by name; '' for none",
    )


class CompressionSettings(Section):
    enabled: bool = True
    budget_tokens: int = Field(default=380, ge=50)


class AbstentionSettings(Section):
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="least confidence of an answer; without one it follows from the target"
    )
    target_error: float = Field(
        default=0.35, gt=0, lt=1, description="share of answers that may be wrong when half of the questions have none"
    )


class GenerationSettings(Section):
    backend: GeneratorBackend = Field(
        default=GeneratorBackend.AUTO,
        description="auto: the endpoints while one is there; vllm: the same, and what falls back is called degraded",
    )
    url: str = Field(default="http://127.0.0.1:8001/v1", pattern=r"^https?://[^/\s]+")
    api_key: SecretStr | None = None
    model: str = ""
    prompt: str = "answer-v1"
    max_tokens: int = Field(default=512, ge=1)
    max_sentences: int = Field(default=5, ge=1, le=20, description="extractive answers only")
    temperature: float = Field(default=0.0, ge=0, le=2)
    timeout_seconds: float = Field(default=60.0, gt=0)
    prompts: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default={}, description="several prompts with their weights, in place of the one"
    )
    prompts_folder: Path | None = Field(default=None, description="prompt files of one's own, beside those built in")
    context_tokens: int = Field(default=0, ge=0, description="the model's window; 0: as its server says, else 4,096")
    tokenizer: Path | None = Field(default=None, description="the model's tokenizer.json, or its folder")
    condense: CondenseMethod = Field(default=CondenseMethod.LEXICAL, description="who resolves a follow-up question")
    condense_prompt: str = "condense-v1"
    condense_timeout_seconds: float = Field(default=2.0, gt=0, description="after it the question is resolved by words")
    endpoints: tuple[EndpointSettings, ...] = Field(
        default=(), description="a JSON list; without one, url, api_key and model are the only endpoint"
    )
    silence_seconds: float = Field(
        default=15.0,
        gt=0,
        description="before the first word, then the next endpoint is tried; or between two",
    )
    budget: BudgetSettings = BudgetSettings()
    tenant_budgets: dict[str, BudgetSettings] = Field(default={}, description="of single tenants, by name")
    cache_secret: SecretStr | None = Field(
        default=None, description="keeps tenants apart in vLLM's prefix cache; by default a file in the data folder"
    )

    on_unsupported: OnUnsupported = Field(
        default=OnUnsupported.MARK, description="mark a sentence that no passage supports, drop it, or retry the answer"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [endpoint.name for endpoint in self.endpoints]
        if len(set(names)) < len(names):
            raise PydanticCustomError("endpoint_names", "two endpoints of one name")
        budgets = (self.budget, *self.tenant_budgets.values())
        priced = {endpoint.currency for endpoint in self.endpoints if endpoint.prompt_price is not None}
        if len(priced) > 1 and any(budget.money is not None for budget in budgets):
            raise PydanticCustomError("endpoint_currencies", "prices in several currencies")
        return self

    @property
    def all_endpoints(self) -> tuple[EndpointSettings, ...]:
        """The list, or the single endpoint that the settings describe."""
        single = EndpointSettings(name="default", url=self.url, api_key=self.api_key, model=self.model)
        return self.endpoints or (single,)

    def budget_of(self, tenant: str) -> BudgetSettings:
        """Returns the tenant's own budget, or the one for all."""
        return self.tenant_budgets.get(tenant, self.budget)
