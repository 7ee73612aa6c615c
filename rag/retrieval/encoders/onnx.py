"""The default encoder: a prepared model in ONNX Runtime on the CPU."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.errors import EncoderError
from rag.models.onnx_session import CLS, RUNTIME_ERRORS, SEP, available_cores, load_onnx
from rag.retrieval.encoders.windows import encodable, pool_windows, split_windows
from rag.types import FloatArray

_MAX_TOKENS = 254
_OUTPUT = "sentence_embedding"
_NICENESS = 10  # about a tenth of a search's share of a core: background work slows down, but continues


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    owner: int
    token_ids: tuple[int, ...]


class OnnxEncoder:
    """Encodes with the model in ``folder``, as ``prepare_minilm`` returns it; 0 ``threads`` means one per core.

    Safe to call from several threads; they share the encoder's threads, each of which encodes one window at a time.
    Without padding this is faster than batches, and a vector does not depend on the other texts.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._tokenizer, self._session = load_onnx(folder)
        self._name = folder.name
        self._tokenizer_file = folder / "tokenizer.json"
        self._dimensions = int(self._session.get_outputs()[0].shape[1])
        count = threads or available_cores()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="encode")
        self._background_threads = ThreadPoolExecutor(count, "encode-background", initializer=_lower_priority)

    def in_background(self) -> OnnxEncoder:
        """Returns an encoder for background work: it shares the model, and its threads have a lower priority."""
        background: OnnxEncoder = copy(self)
        background._threads = self._background_threads
        return background

    @property
    def name(self) -> str:
        return self._name

    @property
    def tokenizer_file(self) -> Path:
        return self._tokenizer_file

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return _MAX_TOKENS

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        """Returns the same vectors as ``encode``: the model treats questions like passages."""
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32``, rows L2-normalised, in the order of ``texts``; ``(0, d)`` for none.

        A text longer than ``max_tokens`` is split into even windows; its vector is their mean, weighted by tokens.

        Raises:
            EncoderError: the runtime failed.
        """
        windows = self._windows(texts)
        longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index].token_ids))
        vectors = np.zeros((len(windows), self._dimensions), dtype=np.float32)
        encoded = self._threads.map(self._run, [windows[index].token_ids for index in longest_first])
        for index, vector in zip(longest_first, encoded, strict=True):
            vectors[index] = vector
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
                windows.append(_Window(owner=owner, token_ids=(CLS, *ids[start:end], SEP)))
        return windows

    def _run(self, token_ids: Sequence[int]) -> FloatArray:
        input_ids = np.array([token_ids], dtype=np.int64)
        feed = {"input_ids": input_ids, "attention_mask": np.ones_like(input_ids)}
        try:
            batch: FloatArray = self._session.run([_OUTPUT], feed)[0]
        except RUNTIME_ERRORS as error:
            raise EncoderError(str(error)) from error
        only: FloatArray = batch[0]
        return only


def _lower_priority() -> None:
    """Lowers the priority of the calling thread; only Linux has priorities per thread."""
    if sys.platform == "linux":
        os.nice(_NICENESS)
