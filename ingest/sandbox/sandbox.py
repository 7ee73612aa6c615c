"""Parses documents in a child process, so that a bad file can neither harm nor block the service."""

from __future__ import annotations

import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter, ValidationError

from ingest.sandbox.process import ProcessEndedError, SandboxProcess
from ingest.sandbox.protocol import Configuration, ParseReply, ParseRequest, Progress, Ready
from ingest.storage.extracted_text import load_extracted
from rag.errors import (
    CitewellError,
    ConfigurationError,
    CorruptDocumentError,
    DocumentError,
    ParserCrashError,
    ParserLimitError,
    StorageFullError,
)
from rag.settings import IngestionSettings
from rag.stages import PageCounter, ignore_progress
from rag.types import ChunkSpan, ExtractedText

_logger = logging.getLogger(__name__)
_START_SECONDS = 120.0
_ANSWER: TypeAdapter[ParseReply | Progress] = TypeAdapter(ParseReply | Progress)
_TIME_REMEDY = "Split it, or raise CITEWELL_INGESTION__PARSE_TIMEOUT_SECONDS."
_MEMORY = "the system ended it, most likely for want of memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """The text of a document, and the spans of its chunks."""

    extracted: ExtractedText
    chunks: tuple[ChunkSpan, ...]


class Sandbox:
    """Keeps one parser process ready, and replaces it after a crash, a limit or growth.

    All methods may be called from several threads; files are parsed one after the other.

    Args:
        settings: limits, chunk size and text recognition.
        tokenizer_file: the encoder's ``tokenizer.json``.
        max_tokens: the most tokens that the encoder reads in one pass.
        parser: ``module:callable`` that makes the parser in the child, given ``ocr`` and ``ocr_languages``.
        max_files: the number of files that a process parses before it is replaced.
    """

    def __init__(
        self,
        settings: IngestionSettings,
        *,
        tokenizer_file: Path,
        max_tokens: int,
        parser: str = "ingest.parsing.parser:DocumentParser",
        max_files: int = 200,
    ) -> None:
        self._settings = settings
        self._tokenizer_file = tokenizer_file.resolve()
        self._max_tokens = max_tokens
        self._parser = parser
        self._max_files = max_files
        self._process: SandboxProcess | None = None
        self._files_read = 0
        self._isolation = ""
        self._closed = False
        # The kernel kills the child when the thread that started it ends, so a permanent thread starts it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")

    @property
    def isolation(self) -> str:
        """The child's isolation from the network: ``network namespace``, ``audit hook``, or empty before its start."""
        return self._isolation

    def warm_up(self) -> None:
        """Starts the process with its slow imports before the first file comes.

        Raises:
            ConfigurationError: the process cannot start.
        """
        self._thread.submit(self._running_process).result()

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
        return self._thread.submit(self._parse, request, on_page).result()

    def interrupt(self) -> None:
        """Ends the process at once: the file that it parses fails, and the next one gets a new process."""
        process = self._process
        if process is not None:
            process.interrupt()

    def stop(self) -> None:
        """Ends the process after the file that it parses, if it runs; the next file starts another one."""
        self._thread.submit(self._stop).result()

    def close(self) -> None:
        """Ends the process, also while it parses. Idempotent; nothing can be parsed afterwards."""
        self._closed = True
        self.interrupt()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, process: SandboxProcess, request: ParseRequest, on_page: PageCounter) -> ParseReply:
        for line in process.ask(request.line(), self._settings.parse_timeout_seconds):
            message = _ANSWER.validate_json(line)
            if isinstance(message, ParseReply):
                return message
            on_page(message.pages_done, message.page_count)
        raise AssertionError("lines come until the process ends, which is an error")

    def _parse(self, request: ParseRequest, on_page: PageCounter) -> ParsedDocument:
        process = self._running_process()
        self._files_read += 1
        try:
            reply = self._ask(process, request, on_page)
        except TimeoutError as error:
            self._stop()
            limit = f"it took longer than {self._settings.parse_timeout_seconds:g} seconds"
            raise ParserLimitError(request.name, limit, remedy=_TIME_REMEDY) from error
        except ProcessEndedError as error:
            self._stop()
            _logger.warning("The parser process ended: %s", error)
            raise _crash_error(request.name, error) from error
        except ValidationError as error:
            self._stop()
            raise CorruptDocumentError(request.name, "it made its parser answer nonsense") from error
        if reply.error_code is not None:
            self._recycle(reply)
            raise _error_of_child(reply.error_code, reply.message)
        self._recycle(reply)
        # By disk, although the child is at the other end of a pipe: a hostile document may control the child, so its
        # result passes the checks of every later load, and what was checked is what stays.
        try:
            extracted, chunks = load_extracted(request.output_folder)
        except (OSError, ValueError) as error:
            raise CorruptDocumentError(request.name, f"what its parser gave is inconsistent ({error})") from error
        return ParsedDocument(extracted=extracted, chunks=chunks)

    def _running_process(self) -> SandboxProcess:
        if self._process is not None and not self._process.is_alive:  # it was interrupted, or the system ended it
            self._stop()
        if self._process is None:
            process = SandboxProcess()
            self._process = process
            if self._closed:  # close() ran before there was a process to end
                self._stop()
                raise ConfigurationError("The process that reads documents was closed.")
            try:
                ready = Ready.model_validate_json(next(process.ask(self._configuration().line(), _START_SECONDS)))
            except (TimeoutError, ProcessEndedError, ValidationError) as error:
                self._stop()
                raise ConfigurationError(f"The process that reads documents cannot start: {error}") from error
            self._isolation = ready.isolation
            self._files_read = 0
        return self._process

    def _configuration(self) -> Configuration:
        return Configuration(
            parent_pid=os.getpid(),
            parser=self._parser,
            ocr=self._settings.ocr,
            ocr_languages=self._settings.ocr_languages,
            tokenizer_file=self._tokenizer_file,
            chunk_tokens=self._settings.chunk_tokens,
            overlap_tokens=self._settings.overlap_tokens,
            max_tokens=self._max_tokens,
            max_passages=self._settings.max_passages,
            memory_bytes=self._settings.parse_memory_bytes,
            timeout_seconds=self._settings.parse_timeout_seconds,
        )

    def _recycle(self, reply: ParseReply) -> None:
        has_grown = reply.resident_bytes > self._settings.parse_memory_bytes // 2
        if has_grown or self._files_read >= self._max_files:
            self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


def _crash_error(name: str, ended: ProcessEndedError) -> DocumentError:
    if ended.signal is None:
        return CorruptDocumentError(name, f"its parser failed ({ended.exception or 'without a word'})")
    if ended.signal is signal.SIGXCPU:
        return ParserLimitError(name, "it needs more processor time than allowed", remedy=_TIME_REMEDY)
    return ParserCrashError(name, _MEMORY if ended.signal is signal.SIGKILL else ended.signal.name)


def _error_of_child(code: str, message: str) -> CitewellError:
    """Rebuilds the error that the child raised. The message is complete, so its constructor is not called."""
    kinds: list[type[CitewellError]] = [*DocumentError.__subclasses__(), StorageFullError]
    kind = next((kind for kind in kinds if kind.code == code), DocumentError)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    return error
