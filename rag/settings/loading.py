"""Every setting, with its default. Set one by environment variable, e.g. ``CITEWELL_SERVER__PORT=9000``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from rag.errors import ConfigurationError
from rag.settings.answering import (
    AbstentionSettings,
    CompressionSettings,
    EncoderSettings,
    GenerationSettings,
    RerankerSettings,
    RetrievalSettings,
)
from rag.settings.endpoints import (
    JudgeSettings,
)
from rag.settings.service import (
    CacheSettings,
    ChatSettings,
    ExperimentSettings,
    FeedbackSettings,
    IndexSettings,
    IngestionSettings,
    LimitSettings,
    ModelSettings,
    MonitoringSettings,
    ServerSettings,
    StorageSettings,
    TracingSettings,
)
from rag.settings.sources import ProfileSource
from rag.text.validation_messages import words_for

PREFIX = "CITEWELL_"
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

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")

    profile: str = Field(default="cpu", description="a set of models; 'rag/settings/profiles.toml' lists them")
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
        return init_settings, env_settings, ProfileSource(settings_cls)


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
        if not name.startswith(PREFIX) or _OTHER_VARIABLES.fullmatch(name):
            continue
        section, nested, _ = name.removeprefix(PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        is_setting = field is not None and (not nested or _section_of(field) is not None)
        if not is_setting and not (name.endswith("_PORT") and _CLUSTER_ADDRESS.fullmatch(value)):
            yield variable


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _variables(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    """Yields the names of all variables that set something."""
    for name, field in model.model_fields.items():
        section = _section_of(field)
        if section is None:
            yield f"{prefix}{name}".upper()
        else:
            yield from _variables(section, f"{prefix}{name}__")


def _unknown(variable: str) -> str:
    """Says that there is no such setting, and which one may be meant."""
    known = [name.removeprefix(PREFIX) for name in _variables(Settings)]
    asked = variable.upper().removeprefix(PREFIX)
    near = get_close_matches(asked, known, n=1) or [name for name in known if name.endswith(f"__{asked}")]
    return f"is not known; did you mean {PREFIX}{near[0]}?" if near else "is not known; the README names the settings"


def _words(fault: Mapping[str, Any]) -> str:
    return _unknown(_variable(fault["loc"])) if fault["type"] == "extra_forbidden" else words_for(fault)


def _nested(chosen: Mapping[str, str]) -> dict[str, Any]:
    """Returns ``{"a.b": "1"}`` as ``{"a": {"b": "1"}}``."""
    sections: dict[str, Any] = {}
    for path, value in chosen.items():
        section, _, name = path.partition(".")
        if not name or section not in Settings.model_fields:
            variable = f"{PREFIX}{path.replace('.', '__')}"
            raise ConfigurationError(
                f"{path} is no setting ({_unknown(variable)}). Write it as section.name, for example retrieval.limit=8."
            )
        sections.setdefault(section, {})[name] = value
    return sections


def _variable(location: tuple[int | str, ...]) -> str:
    """Returns the environment variable; a place within its value is not part of its name."""
    return f"{PREFIX}{'__'.join(part for part in location if isinstance(part, str))}".upper()
