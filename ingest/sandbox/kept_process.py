"""Keeps one confined process, and tells what it was that ended one."""

from __future__ import annotations

import logging
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer

from pydantic import TypeAdapter, ValidationError

from ingest.sandbox.process import ProcessEndedError, SandboxProcess
from ingest.sandbox.protocol import Configuration, PageRequest, ParseRequest, Progress, Ready, Reply
from rag.errors import (
    CitewellError,
    ConfigurationError,
    CorruptDocumentError,
    DocumentError,
    ParserCrashError,
    ParserLimitError,
    StorageFullError,
)
from rag.stages import PageCounter, ignore_progress

_logger = logging.getLogger(__name__)
_START_SECONDS = 120.0
_ANSWER: TypeAdapter[Reply | Progress] = TypeAdapter(Reply | Progress)
_MEMORY = "the system ended it, most likely for want of memory"


class KeptProcess:
    """Starts a process with the first request, and replaces it after a crash, a limit or growth.

    All methods may be called from several threads; requests are answered one after the other.

    Args:
        configuration: what the process does, and its limits.
        time_remedy: what to do about a file that takes too long.
        max_requests: the number of requests after which the process is replaced.
        idle_seconds: the time without requests after which the process ends; None keeps it.
    """

    def __init__(
        self, configuration: Configuration, *, time_remedy: str, max_requests: int, idle_seconds: float | None
    ) -> None:
        self._configuration = configuration
        self._time_remedy = time_remedy
        self._max_requests = max_requests
        self._idle_seconds = idle_seconds
        self._process: SandboxProcess | None = None
        self._requests = 0
        self._used_at = 0.0
        self._timer: Timer | None = None
        self._isolation = ""
        self._closed = False
        # The kernel kills the child when the thread that started it ends, so a permanent thread starts it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")

    @property
    def isolation(self) -> str:
        """How it is kept from the network: ``network namespace``, ``audit hook``, or empty before its start."""
        return self._isolation

    def warm_up(self) -> None:
        """Starts the process with its slow imports before the first request comes.

        Raises:
            ConfigurationError: the process cannot start.
        """
        self._thread.submit(self._running).result()

    def ask(self, request: ParseRequest | PageRequest, on_page: PageCounter = ignore_progress) -> Reply:
        """Returns the reply to a request. ``on_page`` is called now and then, in a thread of its own.

        Raises:
            DocumentError: the file is bad, crashed the process or exceeded a limit.
            StorageFullError: there is no room for the result.
            ConfigurationError: the process cannot start.
        """
        return self._thread.submit(self._ask, request, on_page).result()

    def interrupt(self) -> None:
        """Ends the process at once: the request that it works on fails, and the next one gets a new process."""
        process = self._process
        if process is not None:
            process.interrupt()

    def close(self) -> None:
        """Ends the process, also while it works. Idempotent; no request is answered afterwards."""
        self._closed = True
        self.interrupt()
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._timer is not None:
            self._timer.cancel()
        self._stop()

    def _ask(self, request: ParseRequest | PageRequest, on_page: PageCounter) -> Reply:
        process = self._running()
        self._requests += 1
        try:
            reply = self._reply(process, request, on_page)
        except TimeoutError as error:
            self._stop()
            limit = f"it took longer than {self._configuration.timeout_seconds:g} seconds"
            raise ParserLimitError(request.name, limit, remedy=self._time_remedy) from error
        except ProcessEndedError as error:
            self._stop()
            _logger.warning("The parser process ended: %s", error)
            raise self._crash_error(request.name, error) from error
        except ValidationError as error:
            self._stop()
            raise CorruptDocumentError(request.name, "it made its parser answer nonsense") from error
        has_grown = reply.resident_bytes > self._configuration.memory_bytes // 2
        if has_grown or self._requests >= self._max_requests:
            self._stop()
        self._end_later()
        if reply.error_code is not None:
            raise _error_of_child(reply.error_code, reply.message)
        return reply

    def _reply(self, process: SandboxProcess, request: ParseRequest | PageRequest, on_page: PageCounter) -> Reply:
        for line in process.ask(request.line(), self._configuration.timeout_seconds):
            message = _ANSWER.validate_json(line)
            if isinstance(message, Reply):
                return message
            on_page(message.pages_done, message.page_count)
        raise AssertionError("lines come until the process ends, which is an error")

    def _running(self) -> SandboxProcess:
        if self._process is not None and not self._process.is_alive:  # it was interrupted, or the system ended it
            self._stop()
        if self._process is None:
            process = SandboxProcess()
            self._process = process
            if self._closed:  # close() ran before there was a process to end
                self._stop()
                raise ConfigurationError("The process that reads documents was closed.")
            try:
                ready = Ready.model_validate_json(next(process.ask(self._configuration.line(), _START_SECONDS)))
            except (TimeoutError, ProcessEndedError, ValidationError) as error:
                self._stop()
                raise ConfigurationError(f"The process that reads documents cannot start: {error}") from error
            self._isolation = ready.isolation
            self._requests = 0
        return self._process

    def _end_later(self) -> None:
        if self._idle_seconds is None or self._process is None:
            return
        self._used_at = time.monotonic()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = Timer(self._idle_seconds, self._wake_to_end)
        self._timer.daemon = True
        self._timer.start()

    def _wake_to_end(self) -> None:
        with suppress(RuntimeError):  # it was closed
            self._thread.submit(self._end_if_idle)

    def _end_if_idle(self) -> None:
        if time.monotonic() - self._used_at >= (self._idle_seconds or 0.0):
            self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _crash_error(self, name: str, ended: ProcessEndedError) -> DocumentError:
        if ended.signal is None:
            return CorruptDocumentError(name, f"its parser failed ({ended.exception or 'without a word'})")
        if ended.signal is signal.SIGXCPU:
            return ParserLimitError(name, "it needs more processor time than allowed", remedy=self._time_remedy)
        return ParserCrashError(name, _MEMORY if ended.signal is signal.SIGKILL else ended.signal.name)


def _error_of_child(code: str, message: str) -> CitewellError:
    """Rebuilds the error that the child raised. The message is complete, so its constructor is not called."""
    kinds: list[type[CitewellError]] = [*DocumentError.__subclasses__(), StorageFullError]
    kind = next((kind for kind in kinds if kind.code == code), DocumentError)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    return error
