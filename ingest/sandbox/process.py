"""Starts a parser process, sends it requests and kills it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

_PARSER = (sys.executable, "-X", "faulthandler", "-m", "ingest.sandbox.child")
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "PYTHONPATH")
_LONGEST_REPLY_BYTES = 65_536
_SHOWN_CHARACTERS = 2_000
_EXCEPTION = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")
_END_SECONDS = 10.0


class ProcessEndedError(Exception):
    """The process ended before it answered, by a signal or an exception whose name its last words give."""

    def __init__(self, returncode: int, last_words: str) -> None:
        self.signal = signal.Signals(-returncode) if returncode < 0 else None
        lines = last_words.strip().splitlines() or [""]
        found = _EXCEPTION.match(lines[-1]) if self.signal is None else None
        self.exception = found.group(1) if found else ""
        cause = self.signal.name if self.signal else f"exit status {returncode}"
        super().__init__(f"{cause}; {last_words.strip()}")


class SandboxProcess:
    """One parser process in its own process group, with an empty environment and a private folder.

    Args:
        command: what to run instead of the parser; it answers lines with lines.
    """

    def __init__(self, command: Sequence[str] = _PARSER) -> None:
        self._interrupted = False
        self._unread = b""
        self._folder = tempfile.TemporaryDirectory(prefix="citewell-parser-")
        folder = Path(self._folder.name)
        self._errors = folder / "stderr.txt"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(folder),
                cwd=folder,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """False once the process has ended or was interrupted."""
        return not self._interrupted and self._process.poll() is None

    def ask(self, line: bytes, timeout_seconds: float) -> Iterator[bytes]:
        """Sends one line and yields the lines that answer it, all of them within the time.

        Raises:
            TimeoutError: no answer in time; the process still runs.
            ProcessEndedError: it ended, or its answer was too long.
        """
        deadline = time.monotonic() + timeout_seconds
        with suppress(BrokenPipeError):  # reading the answer tells how it ended
            requests = cast("IO[bytes]", self._process.stdin)
            requests.write(line)
            requests.flush()
        while True:
            reply, found, self._unread = self._unread.partition(b"\n")
            if found:
                yield reply
                continue
            piece = self._read(deadline)
            self._unread = reply + piece
            if not piece or len(self._unread) > _LONGEST_REPLY_BYTES:
                raise self._ended()

    def interrupt(self) -> None:
        """Kills the process and those it started; a call that waits for its answer fails. Safe from any thread."""
        self._interrupted = True
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kills the process and those it started, and removes its private folder. Idempotent."""
        self.interrupt()
        with suppress(BrokenPipeError):
            self._process.communicate()
        self._folder.cleanup()

    def _read(self, deadline: float) -> bytes:
        replies = cast("IO[bytes]", self._process.stdout).fileno()
        poll = select.poll()
        poll.register(replies, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1_000):
            raise TimeoutError("no answer in time")
        return os.read(replies, _LONGEST_REPLY_BYTES)

    def _ended(self) -> ProcessEndedError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_END_SECONDS)
        returncode = self._process.poll()
        with self._errors.open("rb") as errors:
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(0, size - _SHOWN_CHARACTERS))
            last_words = errors.read().decode("utf-8", errors="replace")
        return ProcessEndedError(0 if returncode is None else returncode, last_words)


def _environment(folder: Path) -> dict[str, str]:
    """Returns the variables that parsing needs: no secrets of the service, and settings that stop telemetry."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    root = str(Path(__file__).parents[2])
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH")))),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "LLAMA_INDEX_CACHE_DIR": str(folder / "cache"),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "HF_HUB_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
        "SCARF_NO_ANALYTICS": "true",
        "AUTO_DOWNLOAD_NLTK": "False",
        "TOKENIZERS_PARALLELISM": "false",
    }
