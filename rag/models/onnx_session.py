"""Loads a prepared model into ONNX Runtime on the CPU. The only importer of ``onnxruntime``."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from rag.errors import ModelError
from rag.models.folder import verify
from rag.models.subwords import Subwords, load_subwords

RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    native.DeviceReset,
    native.EngineError,
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.ModelLoadCanceled,
    native.ModelLoaded,
    native.ModelRequiresCompilation,
    native.NoModel,
    native.NoSuchFile,
    native.NotFound,
    native.NotImplemented,
    native.RuntimeException,
)
"""All errors of ONNX Runtime; its classes have no common base."""

_LOAD_ERRORS: tuple[type[Exception], ...] = (*RUNTIME_ERRORS, ValueError, RuntimeError, OSError)

_FATAL = 4
_VNNI = re.compile(r"\bavx(?:512)?_vnni\b")


def load_onnx(folder: Path) -> tuple[Subwords, onnxruntime.InferenceSession]:
    """Returns the tokenizer and the model of a folder, as ``folder.publish`` wrote it.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """
    verify(folder)
    try:
        return load_subwords(folder), _load_session(folder / "model.onnx")
    except _LOAD_ERRORS as error:
        remedy = "Delete the folder and run 'citewell prepare'."
        raise ModelError(folder.name, f"{folder} does not load ({error})", remedy=remedy) from error


def available_cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _adds_bytes_exactly() -> bool:
    """Returns whether the processor adds products of bytes in 32 bits at once (VNNI).

    One without it would cut sums of two products off at 16 bits; told so, ONNX Runtime takes another way, which gives
    the same result and takes longer.
    """
    with suppress(OSError):
        return bool(_VNNI.search(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")))
    return False


def _load_session(path: Path) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # The calling thread does the work, so that its priority applies.
    options.intra_op_num_threads = 1
    if not _adds_bytes_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = _FATAL  # errors are raised, not printed
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
