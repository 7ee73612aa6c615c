"""Settings of how an answer is written, and by which model server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from rag.settings.base import Section
from rag.settings.choices import CondenseMethod, GeneratorBackend, OnUnsupported
from rag.settings.endpoints import BudgetSettings, EndpointSettings


class GenerationSettings(Section):
    backend: GeneratorBackend = Field(
        default=GeneratorBackend.AUTO,
        description="Writer of answers: auto uses a model server while one is there, vllm does so and calls any other "
        "answer degraded, extractive quotes the documents and needs no model.",
    )
    url: str = Field(
        default="http://127.0.0.1:8001/v1",
        pattern=r"^https?://[^/\s]+",
        description="Address of the model server's OpenAI API, with /v1. Read where generation.endpoints is empty.",
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="Key that the model server at generation.url asks for.",
        examples=["sk-..."],
    )
    model: str = Field(
        default="",
        description="Model that the server at generation.url is asked for; the first one that it serves where empty.",
    )
    prompt: str = Field(
        default="answer-v3",
        description="Name of the prompt that answers are written with, built in or from generation.prompts_folder.",
    )
    max_tokens: int = Field(
        default=512,
        ge=1,
        description="Most tokens that a model may write for an answer. A longer answer is cut off.",
    )
    max_sentences: int = Field(default=5, ge=1, le=20, description="Most sentences that an extractive answer quotes.")
    temperature: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="Randomness of the model's words, from 0 to 2. At 0 the same question gets nearly the same answer.",
    )
    timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds that a model may take for a whole answer, all endpoints together. Raise it for slow "
        "models, such as one without a GPU.",
    )
    prompts: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default={},
        description="Several prompts by name, with weights that share conversations out among them. Set it in place of "
        "generation.prompt to compare prompts.",
    )
    prompts_folder: Path | None = Field(
        default=None,
        description="Folder with prompt files of your own, beside those built in.",
        examples=["prompts"],
    )
    context_tokens: int = Field(
        default=0,
        ge=0,
        description="Tokens that the model reads and writes at a time; 0 asks the server, and takes 4,096 where it "
        "does not say.",
    )
    tokenizer: Path | None = Field(
        default=None,
        description="The model's tokenizer.json, or its folder, to count tokens with. Set it where the server cannot "
        "count them and prompts come close to its window.",
        examples=["models/qwen/tokenizer.json"],
    )
    condense: CondenseMethod = Field(
        default=CondenseMethod.LEXICAL,
        description="Way to resolve a follow-up question: lexical uses the words of earlier turns, model has the model "
        "server rewrite the question, which takes longer.",
    )
    condense_prompt: str = Field(
        default="condense-v1",
        description="Name of the prompt that rewrites a follow-up question, where generation.condense is model.",
    )
    condense_timeout_seconds: float = Field(
        default=2.0,
        gt=0,
        description="Seconds that a model may take to rewrite a follow-up question. After them its words resolve it.",
    )
    endpoints: tuple[EndpointSettings, ...] = Field(
        default=(),
        description="Model servers among which questions are shared out: a JSON list in the environment, "
        "[[generation.endpoints]] in the file. Without any, generation.url is the only one.",
    )
    silence_seconds: float = Field(
        default=15.0,
        gt=0,
        description="Seconds without a word after which an endpoint is given up: before its first word the next one is "
        "tried, later the answer fails. Raise it for models that start slowly.",
    )
    budget: BudgetSettings = BudgetSettings()
    tenant_budgets: dict[str, BudgetSettings] = Field(
        default={},
        description="Budgets of single tenants, by name, in place of generation.budget and with the same keys.",
    )
    cache_secret: SecretStr | None = Field(
        default=None,
        description="Secret that keeps tenants apart in the prefix cache of vLLM. Without it a file in the data folder "
        "holds one; set it where processes do not share that folder.",
        examples=["any long random text"],
    )
    on_unsupported: OnUnsupported = Field(
        default=OnUnsupported.MARK,
        description="Handling of a sentence that no passage supports: mark shows it as unsupported, drop leaves it "
        "out, retry has the whole answer written again by a larger model.",
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

    @property
    def names_a_server(self) -> bool:
        """True where the settings say what writes answers: a server's address, or none at all."""
        return self.backend is not GeneratorBackend.AUTO or bool({"url", "endpoints"} & self.model_fields_set)

    def with_connected(self, connected: tuple[EndpointSettings, ...]) -> GenerationSettings:
        """Returns the settings with the endpoints that people have connected; those of the settings go before them."""
        if self.names_a_server or not connected:
            return self
        return self.model_copy(update={"endpoints": connected})

    def budget_of(self, tenant: str) -> BudgetSettings:
        """Returns the tenant's own budget, or the one for all."""
        return self.tenant_budgets.get(tenant, self.budget)
