"""The model of all settings, and the order of their sources."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from rag.settings.answering import (
    AbstentionSettings,
    CompressionSettings,
    EncoderSettings,
    RerankerSettings,
    RetrievalSettings,
)
from rag.settings.base import PREFIX
from rag.settings.endpoints import JudgeSettings
from rag.settings.generation import GenerationSettings
from rag.settings.protection.access import SecuritySettings
from rag.settings.protection.guard import GuardSettings
from rag.settings.protection.personal_data import PersonalDataSettings
from rag.settings.service import (
    CacheSettings,
    ChatSettings,
    ConversationSettings,
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
from rag.settings.sources import EnvironmentSource, ProfileSource, file_sources


class Settings(BaseSettings):
    """Every setting. Prefer ``load_settings``, which also refuses unknown names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")

    profile: str = Field(
        default="multilingual",
        description="Set of models that go together: multilingual, english, tiny or gpu. Settings given one by one "
        "go before those of the profile.",
    )
    tenant: str = Field(
        default="default",
        description="Tenant that owns all documents and questions of this service. Documents of another tenant are "
        "invisible.",
    )
    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    storage: StorageSettings = StorageSettings()
    models: ModelSettings = ModelSettings()
    index: IndexSettings = IndexSettings()
    encoder: EncoderSettings = EncoderSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    reranker: RerankerSettings = RerankerSettings()
    compression: CompressionSettings = CompressionSettings()
    abstention: AbstentionSettings = AbstentionSettings()
    generation: GenerationSettings = GenerationSettings()
    guard: GuardSettings = GuardSettings()
    ingestion: IngestionSettings = IngestionSettings()
    limits: LimitSettings = LimitSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    tracing: TracingSettings = TracingSettings()
    cache: CacheSettings = CacheSettings()
    chat: ChatSettings = ChatSettings()
    judge: JudgeSettings = JudgeSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    conversations: ConversationSettings = ConversationSettings()
    experiment: ExperimentSettings = ExperimentSettings()
    personal_data: PersonalDataSettings = PersonalDataSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - EnvironmentSource is one
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no such file
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor this one
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Returns the sources, the strongest first: arguments, environment, file, profile."""
        return (
            init_settings,
            EnvironmentSource(settings_cls),
            *file_sources(settings_cls),
            ProfileSource(settings_cls),
        )
