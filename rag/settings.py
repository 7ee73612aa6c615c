"""Every setting, with its default. Set one by environment variable, e.g. ``CITEWELL_SERVER__PORT=9000``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from rag.endpoint_settings import BudgetSettings, EndpointSettings, JudgeSettings
from rag.errors import ConfigurationError
from rag.profiles import read_profile
from rag.text.validation_messages import words_for


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexBackend(StrEnum):
    EDGE = "edge"
    QDRANT = "qdrant"


class EncoderBackend(StrEnum):
    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence_transformers"


class RerankerBackend(StrEnum):
    BEST_SENTENCE = "best_sentence"
    NONE = "none"
    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence_transformers"


class GeneratorBackend(StrEnum):
    AUTO = "auto"
    EXTRACTIVE = "extractive"
    VLLM = "vllm"


class CondenseMethod(StrEnum):
    LEXICAL = "lexical"
    MODEL = "model"


class OnUnsupported(StrEnum):
    MARK = "mark"
    DROP = "drop"
    RETRY = "retry"


class OcrBackend(StrEnum):
    AUTO = "auto"
    TESSERACT = "tesseract"
    RAPIDOCR = "rapidocr"
    NONE = "none"


class FusionMethod(StrEnum):
    RRF = "rrf"
    MIN_MAX = "min_max"
    Z_SCORE = "z_score"
    CALIBRATED = "calibrated"


class TrialMode(StrEnum):
    SPLIT = "split"
    SHADOW = "shadow"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class ServerSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    max_connections: int = Field(
        default=1_000,
        ge=1,
        description="The most connections at a time; fewer where the process may not open as many files.",
    )
    head_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds within which the head of a request is there, from the connection or the last answer on.",
    )
    body_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Seconds of silence within a body; a question's body has no more in all, an upload 4 KiB a second.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost", "[::1]"),
        description="names under which clients may reach the service; '*' for any, behind a proxy that checks",
    )


class StorageSettings(_Section):
    folder: Path = Path("data")
    catalog_url: SecretStr | None = Field(
        default=None, description="postgresql://...; without one the catalogue is SQLite, in the folder"
    )
    min_free_bytes: int = Field(default=64 * 1_048_576, ge=0, description="with less room uploads are refused")
    erase_after_seconds: float = Field(
        default=30.0, ge=0, description="how long deleted bytes may stay in the index's files before it is written anew"
    )


class ModelSettings(_Section):
    cache_folder: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "citewell"
    )


class IndexSettings(_Section):
    backend: IndexBackend = IndexBackend.EDGE
    url: str = "http://127.0.0.1:6333"
    api_key: SecretStr | None = None
    name: str = "citewell"
    timeout_seconds: float = Field(default=10.0, gt=0)


class EncoderSettings(_Section):
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


class FusionSettings(_Section):
    method: FusionMethod = FusionMethod.CALIBRATED
    dense_weight: float = Field(default=1.0, ge=0)
    bm25_weight: float = Field(default=1.0, ge=0)
    dense_spread: float = Field(
        default=0.05,
        ge=0,
        description="calibrated: cosines that differ by less than this (standard deviation) tell little; the encoder's",
    )
    rrf_k: int = Field(default=10, ge=1)


class RetrievalSettings(_Section):
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


class RerankerSettings(_Section):
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


class CompressionSettings(_Section):
    enabled: bool = True
    budget_tokens: int = Field(default=380, ge=50)


class AbstentionSettings(_Section):
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="least confidence of an answer; without one it follows from the target"
    )
    target_error: float = Field(
        default=0.35, gt=0, lt=1, description="share of answers that may be wrong when half of the questions have none"
    )


class GenerationSettings(_Section):
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
    health_seconds: float = Field(default=5.0, gt=0, description="between two looks at an endpoint")
    breaker_failures: int = Field(default=3, ge=1, description="in a row, after which an endpoint is left alone")
    breaker_seconds: float = Field(default=10.0, gt=0, description="for so long; twice as long if it fails again")
    hard_characters: int = Field(default=400, ge=1, description="longer questions prefer a large endpoint")
    hard_confidence: float = Field(default=0.0, ge=0, le=1, description="so do those whose passages are less certain")
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


class IngestionSettings(_Section):
    max_upload_bytes: int = Field(default=100 * 1_048_576, ge=1)
    chunk_tokens: int = Field(default=140, ge=32)
    overlap_tokens: int = Field(default=0, ge=0)
    max_passages: int = Field(
        default=10_000,
        ge=1,
        description="of one document; a report of 500 pages has 2,300, and two cores encode 10,000 in 6 minutes",
    )
    parse_timeout_seconds: float = Field(default=300.0, gt=0)
    parse_memory_bytes: int = Field(default=4 * 1_073_741_824, ge=268_435_456)
    max_waiting_jobs: int = Field(default=1_000, ge=1, description="beyond it uploads are refused for a while")
    max_attempts: int = Field(default=3, ge=1)
    lease_seconds: float = Field(default=30.0, ge=1, description="a worker that is silent for longer loses its job")
    versions_kept: int = Field(default=3, ge=1, description="of each document, the active one included")
    ocr: OcrBackend = OcrBackend.AUTO
    ocr_languages: str = "eng+chi_sim"


class LimitSettings(_Section):
    question_characters: int = Field(default=4_000, ge=1)
    history_turns: int = Field(default=20, ge=0)
    concurrent_questions: int = Field(default=64, ge=1, description="answered at once by a process")
    waiting_questions: int = Field(default=64, ge=0, description="beyond those; more are refused with 429")
    waiting_seconds: float = Field(default=10.0, gt=0, description="for so long; then they are refused, too")
    job_followers: int = Field(
        default=100, ge=1, description="The most clients that follow jobs in a process; more are refused with 429."
    )
    evaluation_questions: int = Field(default=1_000, ge=1, description="of one evaluation within the service")


class MonitoringSettings(_Section):
    usage_days: int = Field(default=400, ge=1, description="how long the accounts of each answer are kept")
    tenant_label: bool = Field(default=False, description="metrics by tenant; only where there are few")
    log_format: LogFormat = LogFormat.TEXT


class TracingSettings(_Section):
    endpoint: str | None = Field(
        default=None, description="an OTLP/HTTP collector, e.g. http://127.0.0.1:4318; none, or OTEL_EXPORTER_OTLP_*"
    )
    content: bool = Field(default=False, description="questions and answers as attributes of spans")


class CacheSettings(_Section):
    answers: bool = Field(default=True, description="answer the same question on unchanged documents from memory")
    answer_bytes: int = Field(default=64 * 1_048_576, ge=0, description="what kept answers may take in memory")
    answer_age_seconds: float = Field(default=3_600, gt=0, description="how long an answer is kept at most")


class ChatSettings(_Section):
    footer: bool = Field(default=True, description="end answers of /v1/chat/completions with their sources, readable")


class FeedbackSettings(_Section):
    keep_days: int = Field(
        default=30, ge=0, le=3_650, description="how long answers are remembered, for feedback; 0: not at all"
    )


class ExperimentSettings(_Section):
    name: str = Field(default="", pattern=r"^[\w.-]{0,64}$", description="none runs without a name")
    share: float = Field(default=0.5, ge=0, le=1, description="of conversations that the other settings answer")
    mode: TrialMode = Field(
        default=TrialMode.SPLIT, description="split: users get that answer; shadow: it is only recorded"
    )
    settings: dict[str, str] = Field(
        default={}, description='what differs, by path, e.g. {"retrieval.candidates": "20"}'
    )
    shadow_concurrency: int = Field(default=1, ge=1, le=16, description="shadow answers at a time; more are left out")


class _ProfileSource(PydanticBaseSettingsSource):
    """The settings of the profile that the sources before this one name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base's
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        name = self.current_state.get("profile") or self.settings_cls.model_fields["profile"].default
        return read_profile(str(name))


_PREFIX = "CITEWELL_"
_OTHER_VARIABLES = re.compile(
    r"CITEWELL_(URL|DATA)"  # options of the command line
    r"|CITEWELL_(FAULT|TEST)_\w+"  # what the tests read
    # what Kubernetes tells every container of a service whose name begins with citewell
    r"|CITEWELL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)
"""The variables with our prefix that are no settings."""
_CLUSTER_ADDRESS = re.compile(r"(tcp|udp|sctp)://.+")


class Settings(BaseSettings):
    """All settings. An unknown variable with the prefix is an error: a typing mistake cannot pass unseen."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")

    profile: str = Field(default="cpu", description="a set of models; 'rag/profiles.toml' lists them")
    tenant: str = "default"
    server: ServerSettings = ServerSettings()
    storage: StorageSettings = StorageSettings()
    models: ModelSettings = ModelSettings()
    index: IndexSettings = IndexSettings()
    encoder: EncoderSettings = EncoderSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    reranker: RerankerSettings = RerankerSettings()
    compression: CompressionSettings = CompressionSettings()
    abstention: AbstentionSettings = AbstentionSettings()
    generation: GenerationSettings = GenerationSettings()
    ingestion: IngestionSettings = IngestionSettings()
    limits: LimitSettings = LimitSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    tracing: TracingSettings = TracingSettings()
    cache: CacheSettings = CacheSettings()
    chat: ChatSettings = ChatSettings()
    judge: JudgeSettings = JudgeSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    experiment: ExperimentSettings = ExperimentSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no such file
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor this one
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Puts the profile behind everything that is set one by one."""
        return init_settings, env_settings, _ProfileSource(settings_cls)


def load_settings(chosen: Mapping[str, str] | None = None) -> Settings:
    """Reads settings from the environment; ``chosen``, by path as in ``retrieval.limit``, go before it.

    Raises:
        ConfigurationError: a value is wrong or a name is unknown; all of them are listed.
    """
    faults = [f"{variable}: {_unknown(variable)}" for variable in _strangers(os.environ)]
    settings = None
    try:
        settings = Settings(**_nested(chosen or {}))
    except ValidationError as error:
        faults += [f"{_variable(fault['loc'])}: {_words(fault)}" for fault in error.errors()]
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        raise ConfigurationError(
            f"A setting whose name begins with {_variable((field[1],) if field else ())} must be JSON and is not. "
            "Write a list as JSON, for example CITEWELL_SERVER__ALLOWED_HOSTS='[\"citewell.example.org\"]'."
        ) from error
    if faults or settings is None:
        raise ConfigurationError("These settings are wrong:\n  " + "\n  ".join(faults))
    return settings


def _strangers(environment: Mapping[str, str]) -> Iterator[str]:
    """Yields the variables with our prefix that neither a section nor a setting beside the sections reads."""
    for variable, value in sorted(environment.items()):
        name = variable.upper()
        if not name.startswith(_PREFIX) or _OTHER_VARIABLES.fullmatch(name):
            continue
        section, nested, _ = name.removeprefix(_PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        is_setting = field is not None and (not nested or _section_of(field) is not None)
        if not is_setting and not (name.endswith("_PORT") and _CLUSTER_ADDRESS.fullmatch(value)):
            yield variable


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _variables(model: type[BaseModel], prefix: str = _PREFIX) -> Iterator[str]:
    """Yields the names of all variables that set something."""
    for name, field in model.model_fields.items():
        section = _section_of(field)
        if section is None:
            yield f"{prefix}{name}".upper()
        else:
            yield from _variables(section, f"{prefix}{name}__")


def _unknown(variable: str) -> str:
    """Says that there is no such setting, and which one may be meant."""
    known = [name.removeprefix(_PREFIX) for name in _variables(Settings)]
    asked = variable.upper().removeprefix(_PREFIX)
    near = get_close_matches(asked, known, n=1) or [name for name in known if name.endswith(f"__{asked}")]
    return f"is not known; did you mean {_PREFIX}{near[0]}?" if near else "is not known; the README names the settings"


def _words(fault: Mapping[str, Any]) -> str:
    return _unknown(_variable(fault["loc"])) if fault["type"] == "extra_forbidden" else words_for(fault)


def _nested(chosen: Mapping[str, str]) -> dict[str, Any]:
    """Returns ``{"a.b": "1"}`` as ``{"a": {"b": "1"}}``."""
    sections: dict[str, Any] = {}
    for path, value in chosen.items():
        section, _, name = path.partition(".")
        if not name or section not in Settings.model_fields:
            variable = f"{_PREFIX}{path.replace('.', '__')}"
            raise ConfigurationError(
                f"{path} is no setting ({_unknown(variable)}). Write it as section.name, for example retrieval.limit=8."
            )
        sections.setdefault(section, {})[name] = value
    return sections


def _variable(location: tuple[int | str, ...]) -> str:
    """Returns the environment variable; a place within its value is not part of its name."""
    return f"{_PREFIX}{'__'.join(part for part in location if isinstance(part, str))}".upper()
