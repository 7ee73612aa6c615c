"""The default encoder: a prepared model in ONNX Runtime on the CPU. The only door to ``onnxruntime``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native
from tokenizers import Tokenizer

from rag.errors import EncoderError, ModelError
from rag.retrieval.model_folder import verify
from rag.retrieval.windows import encodable, pool_windows, split_windows
from rag.types import FloatArray

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
"""Everything that ONNX Runtime raises; its classes have no common base."""

_LOAD_ERRORS: tuple[type[Exception], ...] = (*RUNTIME_ERRORS, ValueError)

_PAD, _CLS, _SEP = 0, 101, 102  # BERT's vocabulary
_MAX_TOKENS = 254
_OUTPUT = "sentence_embedding"
_FATAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    owner: int
    token_ids: tuple[int, ...]


class OnnxEncoder:
    """Encodes with the model in ``folder``, as ``prepare_minilm`` returns it; 0 ``threads`` means one a core.

    Safe to call from several threads; they share the threads of one session.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """

    def __init__(self, folder: Path, *, batch_size: int = 32, threads: int = 0) -> None:
        verify(folder)
        self._name = folder.name
        self._tokenizer_file = folder / "tokenizer.json"
        self._batch_size = batch_size
        try:
            self._tokenizer = _load_tokenizer(self._tokenizer_file)
            self._session = _load_session(folder / "model.onnx", threads)
        except _LOAD_ERRORS as error:
            remedy = "Delete the folder and run 'citewell prepare'."
            raise ModelError(self._name, f"{folder} does not load ({error})", remedy=remedy) from error
        self._dimensions = int(self._session.get_outputs()[0].shape[1])

    @property
    def name(self) -> str:
        """Model, form and version of the recipe."""
        return self._name

    @property
    def tokenizer_file(self) -> Path:
        """The ``tokenizer.json`` of the model, for whoever sizes texts for it."""
        return self._tokenizer_file

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        """Longest text read in one pass, special tokens not counted."""
        return _MAX_TOKENS

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32``, rows L2-normalised, in the order of ``texts``; ``(0, d)`` for none.

        A text longer than ``max_tokens`` becomes windows of even size; its vector is their mean, weighted by tokens.
        Windows of like length share a batch, so that little is padded.

        Raises:
            EncoderError: the runtime failed.
        """
        windows = self._windows(texts)
        by_length = sorted(range(len(windows)), key=lambda index: len(windows[index].token_ids), reverse=True)
        vectors = np.zeros((len(windows), self._dimensions), dtype=np.float32)
        for first in range(0, len(windows), self._batch_size):
            batch = by_length[first : first + self._batch_size]
            vectors[batch] = self._run([windows[index].token_ids for index in batch])
        return pool_windows(
            vectors,
            owners=[window.owner for window in windows],
            weights=[len(window.token_ids) - 2 for window in windows],
            count=len(texts),
        )

    def _windows(self, texts: Sequence[str]) -> list[_Window]:
        windows: list[_Window] = []
        for owner, text in enumerate(texts):
            ids = self._tokenizer.encode(encodable(text), add_special_tokens=False).ids
            for start, end in split_windows(len(ids), _MAX_TOKENS):
                windows.append(_Window(owner=owner, token_ids=(_CLS, *ids[start:end], _SEP)))
        return windows

    def _run(self, batch: Sequence[Sequence[int]]) -> FloatArray:
        shape = (len(batch), max(len(token_ids) for token_ids in batch))
        input_ids = np.full(shape, _PAD, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        for row, token_ids in enumerate(batch):
            input_ids[row, : len(token_ids)] = token_ids
            attention_mask[row, : len(token_ids)] = 1
        feed = {"input_ids": input_ids, "attention_mask": attention_mask}
        try:
            vectors: FloatArray = self._session.run([_OUTPUT], feed)[0]
        except RUNTIME_ERRORS as error:
            raise EncoderError(str(error)) from error
        return vectors


def _load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_buffer(path.read_bytes())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _load_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # Left to itself the runtime pins its threads to cores, so that two processes would fight over the same ones.
    options.intra_op_num_threads = threads or _available_cores()
    options.log_severity_level = _FATAL  # what goes wrong is raised, not printed
    # Threads that spin between calls would take the cores from the rest of the process for 0.2 ms a query.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
