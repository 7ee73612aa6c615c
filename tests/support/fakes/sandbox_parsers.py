"""Parsers that misbehave as with a hostile file; loaded by name in the sandbox's process."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag.errors import EncryptedDocumentError
from rag.settings import OcrBackend
from rag.stages import PageCounter, ignore_progress
from rag.types import Element, ElementKind, ExtractedText, Span


class ObedientParser:
    """Does what the file's first word says; a result, if any, is the text."""

    def __init__(self, *, ocr: OcrBackend, ocr_languages: str) -> None:
        self._ocr = f"{ocr.value} {ocr_languages}"

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        order, _, rest = path.read_text(encoding="utf-8").partition(" ")
        actions: dict[str, Callable[[str], str]] = {
            "echo": lambda text: text,
            "describe": lambda _: f"{name} {media_type} {self._ocr}",
            "environment": lambda _: "\n".join(f"{key}={value}" for key, value in sorted(os.environ.items())),
            "hang": _hang,
            "hang-with-child": _hang_with_child,
            "eat-memory": lambda _: str(len(bytearray(4 * 1_073_741_824))),
            "write-much": _write_much,
            "segfault": _segfault,
            "connect": _connect,
            "print": _print,
            "is-loaded": lambda module: str(module in sys.modules),
            "pid": lambda _: str(os.getpid()),
            "encrypted": lambda _: _refuse(name),
            "bug": _stumble,
            "count": lambda _: _count(on_page),
        }
        return _extracted(actions[order](rest))


def _count(on_page: PageCounter) -> str:
    """Reports progress slowly, in more steps than are forwarded."""
    for page in range(1, 5):
        ends_at = time.monotonic() + 0.3
        while time.monotonic() < ends_at:
            pass
        on_page(page, 4)
    return "counted"


class FormerParser:
    """Reads plain text, and glues the number of a note to a value, as an old parser might."""

    def __init__(self, *, ocr: OcrBackend, ocr_languages: str) -> None:
        """Accepts the arguments of every parser."""

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        _ = media_type, on_page
        text = path.read_text(encoding="utf-8").replace("50 mg", "503 mg")
        return replace(_extracted(text), title=Path(name).stem)


class OverlappingParser:
    """Returns elements outside the text."""

    def __init__(self, *, ocr: OcrBackend, ocr_languages: str) -> None:
        """Accepts the arguments of every parser."""

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        _ = path, name, media_type, on_page
        element = Element(kind=ElementKind.PARAGRAPH, span=Span(start=1, end=99), page=None, heading_path=())
        return ExtractedText(text="short", title="", elements=(element,), page_count=None, parser="fake")


def unable(*, ocr: OcrBackend, ocr_languages: str) -> ObedientParser:
    """Fails like an incomplete installation."""
    raise ImportError(f"nothing to read {ocr.value} {ocr_languages} with")


def _extracted(text: str) -> ExtractedText:
    element = Element(kind=ElementKind.PARAGRAPH, span=Span(start=0, end=len(text)), page=None, heading_path=())
    return ExtractedText(text=text, title="A title", elements=(element,), page_count=None, parser="fake")


def _hang(news: str) -> str:
    Path(news).write_text(str(os.getpid()), encoding="ascii")
    signal.pause()
    return "woken"


def _hang_with_child(pid_file: str) -> str:
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    Path(pid_file).write_text(str(process.pid), encoding="ascii")
    return str(process.wait())


def _write_much(path: str) -> str:
    with Path(path).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 513 * 1_048_576)
    return "written"


def _connect(_: str) -> str:
    try:
        with socket.socket() as client:
            client.connect(("127.0.0.1", 9))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "connected"


def _print(text: str) -> str:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    sys.stdin.read()
    subprocess.run(["/bin/echo", "{}"], check=True)
    return "printed"


def _segfault(_: str) -> str:
    os.kill(os.getpid(), signal.SIGSEGV)
    return "survived"


def _stumble(text: str) -> str:
    words: dict[str, str] = {}
    return words[text]


def _refuse(name: str) -> str:
    raise EncryptedDocumentError(name)
