"""Loads a prepared model into ONNX Runtime on the CPU. The only importer of ``onnxruntime``."""

from __future__ import annotations

import os
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native
from tokenizers import Tokenizer

from rag.errors import ModelError
from rag.models.folder import verify

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

_LOAD_ERRORS: tuple[type[Exception], ...] = (*RUNTIME_ERRORS, ValueError)

CLS, SEP = 101, 102
"""Token ids of BERT's vocabulary."""
_FATAL = 4


def load_onnx(folder: Path) -> tuple[Tokenizer, onnxruntime.InferenceSession]:
    """Returns the tokenizer and the model of a folder, as ``folder.publish`` wrote it.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """
    verify(folder)
    try:
        return _load_tokenizer(folder / "tokenizer.json"), _load_session(folder / "model.onnx")
    except _LOAD_ERRORS as error:
        remedy = "Delete the folder and run 'citewell prepare'."
        raise ModelError(folder.name, f"{folder} does not load ({error})", remedy=remedy) from error


def available_cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_buffer(path.read_bytes())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _load_session(path: Path) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # The calling thread does the work, so that its priority applies.
    options.intra_op_num_threads = 1
    options.log_severity_level = _FATAL  # errors are raised, not printed
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
