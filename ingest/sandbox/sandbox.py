"""Parses documents in a child process, so that a bad file can neither harm nor block the service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.sandbox.kept_process import KeptProcess
from ingest.sandbox.protocol import Configuration, ParseRequest, Parsing
from ingest.storage.extracted_text import load_extracted, load_tables
from rag.errors import CorruptDocumentError
from rag.settings import IngestionSettings, PersonalAction, PersonalKind
from rag.stages import PageCounter, ignore_progress
from rag.types import ChunkSpan, ExtractedText

_TIME_REMEDY = "Split it, or raise CITEWELL_INGESTION__PARSE_TIMEOUT_SECONDS."


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """The text of a document, and the spans of its chunks."""

    extracted: ExtractedText
    chunks: tuple[ChunkSpan, ...]


class Sandbox:
    """Parses files one after the other in a process that is replaced after a crash, a limit or growth.

    All methods may be called from several threads.

    Args:
        settings: limits, chunk size and text recognition.
        tokenizer_file: the encoder's ``tokenizer.json``.
        max_tokens: the most tokens that the encoder reads in one pass.
        parser: ``module:callable`` that makes the parser in the child, given ``ocr`` and ``ocr_languages``.
        max_files: the number of files that a process parses before it is replaced.
        personal_data: what is done with personal data, by kind.
        idle_seconds: the time without files after which the process ends; None keeps it.
    """

    def __init__(
        self,
        settings: IngestionSettings,
        *,
        tokenizer_file: Path,
        max_tokens: int,
        chunk_tokens: int = 140,
        parser: str = "ingest.parsing.parser:DocumentParser",
        max_files: int = 200,
        idle_seconds: float | None = None,
        personal_data: Mapping[PersonalKind, PersonalAction] | None = None,
    ) -> None:
        configuration = Configuration(
            parent_pid=os.getpid(),
            memory_bytes=settings.parse_memory_bytes,
            timeout_seconds=settings.parse_timeout_seconds,
            parsing=Parsing(
                parser=parser,
                ocr=settings.ocr,
                ocr_languages=settings.ocr_languages,
                tokenizer_file=tokenizer_file.resolve(),
                chunk_tokens=settings.chunk_tokens or chunk_tokens,
                overlap_tokens=settings.overlap_tokens,
                max_tokens=max_tokens,
                max_passages=settings.max_passages,
                personal_data=dict(personal_data or {}),
            ),
        )
        self._process = KeptProcess(
            configuration, time_remedy=_TIME_REMEDY, max_requests=max_files, idle_seconds=idle_seconds
        )

    @property
    def isolation(self) -> str:
        """The child's isolation from the network: ``network namespace``, ``audit hook``, or empty before its start."""
        return self._process.isolation

    def warm_up(self) -> None:
        """Starts the process with its slow imports before the first file comes.

        Raises:
            ConfigurationError: the process cannot start.
        """
        self._process.warm_up()

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        """Parses and chunks a file, saves the result in ``output_folder``, which must exist, and returns it.

        ``on_page`` is called now and then, in the sandbox's own thread.

        Raises:
            DocumentError: the file is bad, crashed its parser or exceeded a limit.
            StorageFullError: there is no room for the result.
            ConfigurationError: the process cannot start.
        """
        request = ParseRequest(
            path=path.resolve(), name=name, media_type=media_type, output_folder=output_folder.resolve()
        )
        self._process.ask(request, on_page)
        # By disk, although the child is at the other end of a pipe: a hostile document may control the child, so its
        # result passes the checks of every later load, and what was checked is what stays.
        try:
            extracted, chunks = load_extracted(request.output_folder)
            load_tables(request.output_folder)
        except (OSError, ValueError) as error:
            raise CorruptDocumentError(name, f"what its parser gave is inconsistent ({error})") from error
        return ParsedDocument(extracted=extracted, chunks=chunks)

    def interrupt(self) -> None:
        """Ends the process at once: the file that it parses fails, and the next one gets a new process."""
        self._process.interrupt()

    def close(self) -> None:
        """Ends the process, also while it parses. Idempotent; nothing can be parsed afterwards."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
