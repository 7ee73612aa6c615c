"""The messages between the service and its parser process: one JSON object a line, checked on both sides."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rag.settings import OcrBackend


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def line(self) -> bytes:
        """Returns the message as it is sent; a line break inside a value is escaped."""
        return self.model_dump_json().encode("utf-8", errors="replace") + b"\n"


class Configuration(_Message):
    """Sent once, first. ``parser`` is ``module:callable``, called with ``ocr`` and ``ocr_languages``."""

    parent_pid: int
    parser: str
    ocr: OcrBackend
    ocr_languages: str
    tokenizer_file: Path
    chunk_tokens: int
    overlap_tokens: int
    max_tokens: int
    max_passages: int
    memory_bytes: int
    timeout_seconds: float


class Ready(_Message):
    """Answers a ``Configuration``. ``isolation`` says what keeps the process from the network."""

    isolation: str


class ParseRequest(_Message):
    """Asks to parse a file and to save the result in an existing folder."""

    path: Path
    name: str
    media_type: str
    output_folder: Path


class Progress(_Message):
    """Sent now and then while a ``ParseRequest`` is worked on."""

    pages_done: int
    page_count: int


class ParseReply(_Message):
    """Answers a ``ParseRequest``. ``error_code`` is a ``DocumentError``'s, None when the result was saved."""

    resident_bytes: int
    error_code: str | None = None
    message: str = ""
