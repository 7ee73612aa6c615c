"""A cross-encoder in ONNX Runtime on the CPU: an installed one, or one trained by ``citewell train reranker``."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rag.errors import ModelError, RerankerError
from rag.models.onnx_session import RUNTIME_ERRORS, available_cores, load_onnx
from rag.models.pair_form import PairForm, read_pair_form
from rag.types import FloatArray

MAX_TOKENS = 128
"""Tokens of the longest pair, with the three special tokens; a longer text loses its end."""
MAX_QUESTION_TOKENS = 48
"""Tokens of the longest question."""


class OnnxCrossEncoder:
    """Scores pairs with the model in ``folder``: a prepared one, or one that ``citewell train reranker`` wrote.

    ``form`` is what the model was calibrated for. Safe to call from several threads. Each pair is scored alone, without
    padding.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._subwords, self._session = load_onnx(folder)
        self._name = folder.name
        self.form = _read_form(folder)
        self._threads = ThreadPoolExecutor(threads or available_cores(), thread_name_prefix="rerank")

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1], the estimated probability that each text answers the question.

        Raises:
            RerankerError: the runtime failed.
        """
        scores: FloatArray = (1 / (1 + np.exp(-self.logits(question, texts) / self.form.temperature))).astype(
            np.float32
        )
        return scores

    def logits(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32``, without bounds; a pair's logit does not depend on the other texts.

        Raises:
            RerankerError: the runtime failed.
        """
        asked = self._subwords.ids(question)[:MAX_QUESTION_TOKENS]
        found = list(self._threads.map(lambda text: self._read(asked, self._subwords.ids(text)), texts))
        return np.array(found, dtype=np.float32)

    def _read(self, question: Sequence[int], text: Sequence[int]) -> float:
        first = [self._subwords.first, *question, self._subwords.last]
        second = [*text[: MAX_TOKENS - len(first) - 1], self._subwords.last]
        ids = np.array([first + second], dtype=np.int64)
        types = np.array([[0] * len(first) + [1] * len(second)], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        try:
            return float(self._session.run(["logits"], feed)[0][0, 0])
        except RUNTIME_ERRORS as error:
            raise RerankerError(str(error)) from error


def _read_form(folder: Path) -> PairForm:
    try:
        return read_pair_form(folder)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            folder.name, f"its weight cannot be read ({error})", remedy="Train the model again."
        ) from error
