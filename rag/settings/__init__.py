"""The settings of the service, and where they come from."""

from __future__ import annotations

from rag.settings.answering import (
    AbstentionSettings,
    CompressionSettings,
    EncoderSettings,
    FusionSettings,
    RerankerSettings,
    RetrievalSettings,
)
from rag.settings.choices import (
    CondenseMethod,
    EncoderBackend,
    GeneratorBackend,
    IndexBackend,
    LogFormat,
    OcrBackend,
    OnUnsupported,
    RerankerBackend,
    TrialMode,
)
from rag.settings.documentation import SettingDescription, setting_descriptions
from rag.settings.endpoints import BudgetSettings, Dialect, EndpointSettings, JudgeSettings, Prices, Tier
from rag.settings.generation import GenerationSettings
from rag.settings.loading import fallback_notice, load_settings
from rag.settings.model import Settings
from rag.settings.protection.access import OidcSettings, SecuritySettings
from rag.settings.protection.guard import GuardDocuments, GuardPassages, GuardQuestions, GuardRules, GuardSettings
from rag.settings.protection.personal_data import PersonalAction, PersonalDataSettings, PersonalKind
from rag.settings.removed import fixed_value
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
from rag.settings.sources import models_used, profile_encoders, profile_models, profile_names, read_profile

__all__ = [
    "AbstentionSettings",
    "BudgetSettings",
    "CacheSettings",
    "ChatSettings",
    "CompressionSettings",
    "CondenseMethod",
    "ConversationSettings",
    "Dialect",
    "EncoderBackend",
    "EncoderSettings",
    "EndpointSettings",
    "ExperimentSettings",
    "FeedbackSettings",
    "FusionSettings",
    "GenerationSettings",
    "GeneratorBackend",
    "GuardDocuments",
    "GuardPassages",
    "GuardQuestions",
    "GuardRules",
    "GuardSettings",
    "IndexBackend",
    "IndexSettings",
    "IngestionSettings",
    "JudgeSettings",
    "LimitSettings",
    "LogFormat",
    "ModelSettings",
    "MonitoringSettings",
    "OcrBackend",
    "OidcSettings",
    "OnUnsupported",
    "PersonalAction",
    "PersonalDataSettings",
    "PersonalKind",
    "Prices",
    "RerankerBackend",
    "RerankerSettings",
    "RetrievalSettings",
    "SecuritySettings",
    "ServerSettings",
    "SettingDescription",
    "Settings",
    "StorageSettings",
    "Tier",
    "TracingSettings",
    "TrialMode",
    "fallback_notice",
    "fixed_value",
    "load_settings",
    "models_used",
    "profile_encoders",
    "profile_models",
    "profile_names",
    "read_profile",
    "setting_descriptions",
]
