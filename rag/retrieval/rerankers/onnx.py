"""A cross-encoder trained by ``citewell train reranker``, in ONNX Runtime on the CPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rag.errors import ModelError, RerankerError
from rag.models.onnx_session import CLS, RUNTIME_ERRORS, SEP, available_cores, load_onnx
from rag.retrieval.encoders.windows import encodable
from rag.types import FloatArray

_WEIGHT_FILE = "weight.json"
MAX_TOKENS = 128
"""Tokens of the longest pair, with the three special tokens; a longer text loses its end."""
MAX_QUESTION_TOKENS = 48
"""Tokens of the longest question."""


class OnnxCrossEncoder:
    """Scores pairs with the model in ``folder``, as ``citewell train reranker`` writes it.

    ``weight`` is the share of the final score that the model was calibrated for, or 1. Safe to call from several
    threads. Each pair is scored alone, without padding.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._tokenizer, self._session = load_onnx(folder)
        self._name = folder.name
        self.weight = _read_weight(folder)
        self._threads = ThreadPoolExecutor(threads or available_cores(), thread_name_prefix="rerank")

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1], the estimated probability that each text answers the question.

        Raises:
            RerankerError: the runtime failed.
        """
        asked = self._ids(question)[:MAX_QUESTION_TOKENS]
        logits = list(self._threads.map(lambda text: self._read(asked, self._ids(text)), texts))
        return (1 / (1 + np.exp(-np.array(logits, dtype=np.float32)))).astype(np.float32)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(encodable(text), add_special_tokens=False).ids
        return ids

    def _read(self, question: Sequence[int], text: Sequence[int]) -> float:
        first = [CLS, *question, SEP]
        second = [*text[: MAX_TOKENS - len(first) - 1], SEP]
        ids = np.array([first + second], dtype=np.int64)
        types = np.array([[0] * len(first) + [1] * len(second)], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        try:
            return float(self._session.run(["logits"], feed)[0][0, 0])
        except RUNTIME_ERRORS as error:
            raise RerankerError(str(error)) from error


def write_weight(folder: Path, weight: float) -> None:
    """Stores the share of the score that the model in ``folder`` is calibrated for."""
    (folder / _WEIGHT_FILE).write_text(json.dumps({"weight": weight}) + "\n", encoding="utf-8")


def _read_weight(folder: Path) -> float:
    path = folder / _WEIGHT_FILE
    if not path.is_file():
        return 1.0
    try:
        return float(json.loads(path.read_text("utf-8"))["weight"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(folder.name, f"{path} cannot be read ({error})", remedy="Train the model again.") from error
