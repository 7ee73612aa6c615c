"""Keeps one parser process, and a second one while two documents are parsed at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from ingest.sandbox.sandbox import ParsedDocument, Sandbox
from rag.stages import PageCounter, ignore_progress


class SandboxPool:
    """Parses each document in the first sandbox that is free; it is a ``DocumentReader``.

    Only the first one is kept warm: the others' processes, of some 300 MB each, start when a document finds no
    sandbox free, and should end when they are idle.
    """

    def __init__(self, sandboxes: Sequence[Sandbox]) -> None:
        self._sandboxes = sandboxes
        self._lock = Lock()
        self._reading: dict[Path, Sandbox] = {}

    def warm_up(self) -> None:
        """Starts the first process; see ``DocumentReader``."""
        self._sandboxes[0].warm_up()

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        """Parses a file; see ``DocumentReader``. With more callers than sandboxes, they wait for the first one."""
        with self._lock:
            taken = self._reading.values()
            sandbox = next((sandbox for sandbox in self._sandboxes if sandbox not in taken), self._sandboxes[0])
            self._reading[output_folder] = sandbox
        try:
            return sandbox.parse(path, name=name, media_type=media_type, output_folder=output_folder, on_page=on_page)
        finally:
            with self._lock:
                self._reading.pop(output_folder, None)  # two calls for one version share the entry

    def interrupt(self, output_folder: Path) -> None:
        """Ends the parsing into that folder; see ``DocumentReader``."""
        with self._lock:
            sandbox = self._reading.get(output_folder)
        if sandbox is not None:
            sandbox.interrupt()

    def close(self) -> None:
        """Ends all processes, also while they parse. Idempotent; nothing can be parsed afterwards."""
        for sandbox in self._sandboxes:
            sandbox.close()
