"""Finds the NVIDIA GPU of this machine with ``nvidia-smi`` and checks whether a profile fits it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from rag.errors import ModelServerError
from rag.model_server.profiles import Hardware, ServerProfile

_QUERY = ("--query-gpu=memory.total,compute_cap", "--format=csv,noheader,nounits")
_TIMEOUT_SECONDS = 30
_MEBIBYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """The properties of a GPU that a profile depends on."""

    memory_gib: float
    compute_capability: float


def find_gpu() -> Gpu | None:
    """Returns the first GPU; None without a GPU or driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        asked = subprocess.run(  # noqa: S603 - found by which, fixed arguments
            [program, *_QUERY], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_gpu(asked.stdout)


def parse_gpu(listed: str) -> Gpu | None:
    """Reads the first line of ``nvidia-smi``'s output; None if it names no GPU."""
    memory, _, capability = listed.partition("\n")[0].partition(",")
    try:
        return Gpu(memory_gib=float(memory) / _MEBIBYTES, compute_capability=float(capability))
    except ValueError:
        return None


def check_fit(name: str, profile: ServerProfile, gpu: Gpu | None) -> None:
    """Compares a profile with the machine, before anything is installed or downloaded.

    Raises:
        ModelServerError: there is no GPU, it is too old, or it has too little memory.
    """
    if profile.hardware is Hardware.CPU:
        return
    if gpu is None:
        raise ModelServerError(
            f"The profile '{name}' needs an NVIDIA GPU, and nvidia-smi shows none",
            remedy="Install its driver, or use the profile cpu-int8.",
        )
    oldest = profile.compute_capability
    if oldest is not None and gpu.compute_capability < oldest:
        raise ModelServerError(
            f"The profile '{name}' needs a GPU of compute capability {oldest}; this one has {gpu.compute_capability}",
            remedy="Choose another profile of rag/model_server/profiles.toml.",
        )
    needed = profile.gpu_memory_gib
    if needed is not None and gpu.memory_gib < needed:
        raise ModelServerError(
            f"The profile '{name}' needs {needed:g} GiB of GPU memory; this one has {gpu.memory_gib:.1f}",
            remedy="Choose a smaller model in a profile of your own (--profiles), or the profile cpu-int8.",
        )
