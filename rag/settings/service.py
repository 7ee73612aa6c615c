"""Settings of the service: server, storage, ingestion, limits, monitoring, caches and experiments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from rag.settings.base import Section
from rag.settings.choices import IndexBackend, LogFormat, OcrBackend, TrialMode

Folder = Annotated[Path, AfterValidator(Path.expanduser)]
"""A folder; ``~`` is the user's home, which no shell expands in a file."""


class ServerSettings(Section):
    host: str = Field(
        default="127.0.0.1",
        description="Address that the service listens on. Set 0.0.0.0 to accept connections from other machines, "
        "with security.logins.",
    )
    port: int = Field(
        default=8000, ge=0, le=65_535, description="Port that the service listens on; 0 takes any free one."
    )
    max_connections: int = Field(
        default=1_000,
        ge=1,
        description="Most connections at a time; fewer where the process may not open as many files. Beyond it the "
        "connection that has waited longest for its request is closed.",
    )
    head_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds within which the head of a request must arrive, counted from the connection or from the "
        "answer before it. Raise it for clients on very slow lines.",
    )
    body_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Seconds within which a question's body must arrive, and seconds of silence allowed in any other "
        "body, which has one more for every 4 KiB.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost", "[::1]"),
        description="Host names under which clients may reach the service; it refuses requests for any other. '*' "
        "allows all, behind a proxy that checks them.",
    )


class StorageSettings(Section):
    folder: Folder = Field(
        default=Path("data"),
        description="Data folder: catalogue, originals, extracted text and index. A relative path starts at the "
        "working folder. Set it to a disk that is backed up.",
    )
    catalog_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database of the catalogue; it needs 'citewell[postgres]'. Without it the catalogue is "
        "SQLite in the data folder. Set it to run workers on several machines.",
        examples=["postgresql://citewell:password@db/citewell"],
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Secret that encrypts the keys of connected models in the catalogue, and seals the audit trail. "
        "Without it a file beside the data folder, with its name and .key, holds one; set it where that place cannot "
        "be written or does not last.",
        examples=["any long random text"],
    )
    min_free_bytes: int = Field(
        default=64 * 1_048_576,
        ge=0,
        description="Bytes that must stay free on the data folder's disk. With fewer, uploads are refused and "
        "jobs wait.",
    )
    erase_after_seconds: float = Field(
        default=30.0,
        ge=0,
        description="Seconds that bytes of deleted passages may stay in the files of the index before it is rewritten. "
        "Raise it where documents are deleted all day and rewriting takes long.",
    )


class ModelSettings(Section):
    cache_folder: Folder = Field(
        default_factory=lambda: Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "citewell",
        json_schema_extra={"shown_default": "~/.cache/citewell"},
        description="Folder for model files, beside the data: they can be fetched again. By default it lies in "
        "XDG_CACHE_HOME where that is set.",
    )


class IndexSettings(Section):
    backend: IndexBackend = Field(
        default=IndexBackend.EDGE,
        description="Place of the index: edge keeps it in the process, qdrant on a Qdrant server. Choose qdrant for "
        "more than one process, or for millions of passages.",
    )
    url: str = Field(
        default="http://127.0.0.1:6333",
        description="Address of the Qdrant server. Read where index.backend is qdrant.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="Key that the Qdrant server asks for.", examples=["any text"]
    )
    name: str = Field(
        default="citewell",
        description="Beginning of the names of the collections on the Qdrant server. Set it where several "
        "installations share the server.",
    )
    timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds after which a request to the Qdrant server fails. Raise it where the server is far away "
        "or busy.",
    )


class IngestionSettings(Section):
    max_upload_bytes: int = Field(
        default=100 * 1_048_576, ge=1, description="Most bytes of one uploaded file; a larger one is refused."
    )
    chunk_tokens: int | None = Field(
        default=None,
        ge=32,
        description="Most tokens of the encoder in one chunk; without it, the encoder's own. Smaller chunks are found "
        "more precisely, larger ones hold more context. It applies to documents uploaded after the change.",
        examples=[140],
    )
    overlap_tokens: int = Field(
        default=0,
        ge=0,
        description="Tokens that a chunk repeats from the one before, in whole sentences under the same heading; half "
        "a chunk at most.",
    )
    max_passages: int = Field(
        default=10_000,
        ge=1,
        description="Most chunks of one document; a longer one is refused. A report of 500 pages has 2,300, and two "
        "cores encode 10,000 in 6 minutes.",
    )
    parse_timeout_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Seconds that reading one document may take. Raise it for long scans, whose text is recognised.",
    )
    parse_memory_bytes: int = Field(
        default=4 * 1_073_741_824,
        ge=268_435_456,
        description="Bytes of memory that the process which reads documents may use. Raise it where large files fail "
        "with a limit and the machine has more.",
    )
    max_waiting_jobs: int = Field(
        default=1_000,
        ge=1,
        description="Most jobs that wait to be taken in; beyond it uploads are refused until some are done.",
    )
    versions_kept: int = Field(
        default=3,
        ge=1,
        description="Originals kept per document, including the active one, each in as many readings. Older ones are "
        "purged after the next upload.",
    )
    ocr: OcrBackend = Field(
        default=OcrBackend.AUTO,
        description="Engine that recognises text in scans and images: auto takes Tesseract where it is installed, else "
        "RapidOCR. Set none to leave them unread.",
    )
    ocr_languages: str = Field(
        default="eng+chi_sim",
        description="Languages that text recognition expects, as Tesseract's codes joined by +. Tesseract needs their "
        "packages installed.",
    )


class LimitSettings(Section):
    question_characters: int = Field(
        default=4_000, ge=1, description="Most characters of a question; a longer one is refused."
    )
    history_turns: int = Field(
        default=20,
        ge=0,
        description="Most earlier turns of a conversation that are read; the oldest beyond them are left out.",
    )
    concurrent_questions: int = Field(
        default=64,
        ge=1,
        description="Most questions that a process answers at a time. Raise it with the model servers' capacity.",
    )
    waiting_questions: int = Field(
        default=64,
        ge=0,
        description="Most questions that wait for a place, tenants in turn; more are refused with status 429.",
    )
    waiting_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds that a question may wait for a place; after them it is refused with status 429.",
    )
    job_followers: int = Field(
        default=100,
        ge=1,
        description="Most clients that follow jobs in a process; more are refused with status 429.",
    )
    evaluation_questions: int = Field(
        default=1_000,
        ge=1,
        description="Most questions of one evaluation within the service. 'citewell eval run' has no such limit.",
    )


class MonitoringSettings(Section):
    usage_days: int = Field(
        default=400,
        ge=1,
        description="Days for which the tokens and costs of each answer are kept in the catalogue.",
    )
    tenant_label: bool = Field(
        default=False,
        description="Whether metrics carry the tenant as a label. Switch it on only where tenants are few: each one "
        "multiplies the number of time series.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.TEXT,
        description="Form of the log on standard error: text for people, json with one object a line for programs.",
    )


class TracingSettings(Section):
    endpoint: str | None = Field(
        default=None,
        description="Address of an OTLP/HTTP collector that spans are sent to; it needs 'citewell[tracing]'. Without "
        "it the variables OTEL_EXPORTER_OTLP_* are read, and without those nothing is sent.",
        examples=["http://127.0.0.1:4318"],
    )
    content: bool = Field(
        default=False,
        description="Whether spans carry the text of questions and answers. Switch it on only where the collector may "
        "hold them.",
    )


class CacheSettings(Section):
    answers: bool = Field(
        default=True,
        description="Whether the same question on unchanged documents is answered from memory. Switch it off to "
        "measure, or to have every answer written again.",
    )
    answer_bytes: int = Field(
        default=64 * 1_048_576, ge=0, description="Most bytes of memory for kept answers; the oldest leave first."
    )


class ChatSettings(Section):
    footer: bool = Field(
        default=True,
        description="Whether answers of /v1/chat/completions end with a list of their sources. Switch it off for "
        "clients that show the citations themselves.",
    )


class FeedbackSettings(Section):
    keep_days: int = Field(
        default=30,
        ge=0,
        le=3_650,
        description="Days for which questions and answers are kept, so that users can rate them; 0 keeps none.",
    )


class ConversationSettings(Section):
    keep_days: int = Field(
        default=365,
        ge=0,
        le=3_650,
        description="Days for which a conversation is kept after its last question, pinned or not; 0 keeps none.",
    )


class ExperimentSettings(Section):
    name: str = Field(
        default="",
        pattern=r"^[\w.-]{0,64}$",
        description="Name of the experiment that runs in the service; none runs without a name. Give a new comparison "
        "a new name.",
    )
    share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of conversations, from 0 to 1, that the experiment's settings answer.",
    )
    mode: TrialMode = Field(
        default=TrialMode.SPLIT,
        description="Use of the experiment's answers: split shows them to users, shadow only records them.",
    )
    settings: dict[str, str] = Field(
        default={},
        description="Settings that differ in the experiment, by path, such as retrieval.candidates, with values as "
        "text. Only those of retrieval, reranker, compression, abstention and generation may differ.",
    )
