"""The messages between the service and its parser process: one JSON object a line, checked on both sides."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rag.settings import OcrBackend, PersonalAction, PersonalKind

INSTEAD_OF_IMAGE = "With 'format=html' the text that was read of it is shown instead."
"""What to do where a page cannot be rendered within the limits."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def line(self) -> bytes:
        """Returns the message as it is sent; a line break inside a value is escaped."""
        return self.model_dump_json().encode("utf-8", errors="replace") + b"\n"


class Parsing(_Message):
    """How a process parses. ``parser`` is ``module:callable``, called with ``ocr`` and ``ocr_languages``."""

    parser: str
    ocr: OcrBackend
    ocr_languages: str
    tokenizer_file: Path
    chunk_tokens: int
    overlap_tokens: int
    max_tokens: int
    max_passages: int
    personal_data: dict[PersonalKind, PersonalAction] = {}


class Configuration(_Message):
    """Sent once, first. Without ``parsing`` the process renders pages."""

    parent_pid: int
    memory_bytes: int
    timeout_seconds: float
    parsing: Parsing | None = None


class Ready(_Message):
    """Answers a ``Configuration``. ``isolation`` says what keeps the process from the network."""

    isolation: str


class ParseRequest(_Message):
    """Asks to parse a file and to save the result in an existing folder."""

    path: Path
    name: str
    media_type: str
    output_folder: Path


class PageRequest(_Message):
    """Asks to render a page, counted from 1, and to save its pixels in a file, three bytes each, row by row."""

    path: Path
    name: str
    media_type: str
    page: int
    width: int
    output_file: Path


class Progress(_Message):
    """Sent now and then while a ``ParseRequest`` is worked on."""

    pages_done: int
    page_count: int


class Reply(_Message):
    """Answers a request. ``error_code`` is a ``DocumentError``'s, None when the result was saved.

    ``width`` and ``height`` are those of a page's image in pixels.
    """

    resident_bytes: int
    error_code: str | None = None
    message: str = ""
    width: int = 0
    height: int = 0
