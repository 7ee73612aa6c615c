"""Settings of the service: server, storage, ingestion, limits, monitoring, caches and experiments."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr

from rag.settings.base import Section
from rag.settings.choices import IndexBackend, LogFormat, OcrBackend, TrialMode


class ServerSettings(Section):
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


class StorageSettings(Section):
    folder: Path = Path("data")
    catalog_url: SecretStr | None = Field(
        default=None, description="postgresql://...; without one the catalogue is SQLite, in the folder"
    )
    min_free_bytes: int = Field(default=64 * 1_048_576, ge=0, description="with less room uploads are refused")
    erase_after_seconds: float = Field(
        default=30.0, ge=0, description="how long deleted bytes may stay in the index's files before it is written anew"
    )


class ModelSettings(Section):
    cache_folder: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "citewell",
        json_schema_extra={"shown_default": "~/.cache/citewell"},
    )


class IndexSettings(Section):
    backend: IndexBackend = IndexBackend.EDGE
    url: str = "http://127.0.0.1:6333"
    api_key: SecretStr | None = None
    name: str = "citewell"
    timeout_seconds: float = Field(default=10.0, gt=0)


class IngestionSettings(Section):
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
    versions_kept: int = Field(default=3, ge=1, description="of each document, the active one included")
    ocr: OcrBackend = OcrBackend.AUTO
    ocr_languages: str = "eng+chi_sim"


class LimitSettings(Section):
    question_characters: int = Field(default=4_000, ge=1)
    history_turns: int = Field(default=20, ge=0)
    concurrent_questions: int = Field(default=64, ge=1, description="answered at once by a process")
    waiting_questions: int = Field(default=64, ge=0, description="beyond those; more are refused with 429")
    waiting_seconds: float = Field(default=10.0, gt=0, description="for so long; then they are refused, too")
    job_followers: int = Field(
        default=100, ge=1, description="The most clients that follow jobs in a process; more are refused with 429."
    )
    evaluation_questions: int = Field(default=1_000, ge=1, description="of one evaluation within the service")


class MonitoringSettings(Section):
    usage_days: int = Field(default=400, ge=1, description="how long the accounts of each answer are kept")
    tenant_label: bool = Field(default=False, description="metrics by tenant; only where there are few")
    log_format: LogFormat = LogFormat.TEXT


class TracingSettings(Section):
    endpoint: str | None = Field(
        default=None, description="an OTLP/HTTP collector, e.g. http://127.0.0.1:4318; none, or OTEL_EXPORTER_OTLP_*"
    )
    content: bool = Field(default=False, description="questions and answers as attributes of spans")


class CacheSettings(Section):
    answers: bool = Field(default=True, description="answer the same question on unchanged documents from memory")
    answer_bytes: int = Field(default=64 * 1_048_576, ge=0, description="what kept answers may take in memory")


class ChatSettings(Section):
    footer: bool = Field(default=True, description="end answers of /v1/chat/completions with their sources, readable")


class FeedbackSettings(Section):
    keep_days: int = Field(
        default=30, ge=0, le=3_650, description="how long answers are remembered, for feedback; 0: not at all"
    )


class ExperimentSettings(Section):
    name: str = Field(default="", pattern=r"^[\w.-]{0,64}$", description="none runs without a name")
    share: float = Field(default=0.5, ge=0, le=1, description="of conversations that the other settings answer")
    mode: TrialMode = Field(
        default=TrialMode.SPLIT, description="split: users get that answer; shadow: it is only recorded"
    )
    settings: dict[str, str] = Field(
        default={}, description='what differs, by path, e.g. {"retrieval.candidates": "20"}'
    )
