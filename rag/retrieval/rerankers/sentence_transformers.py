"""Any cross-encoder of sentence-transformers, on any device."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np

from rag.errors import ModelError, RerankerError
from rag.models.sentence_transformers import COMPUTE_ERRORS, load_model
from rag.text.folding import encodable
from rag.types import FloatArray


class SentenceCrossEncoder:
    """Scores with ``model``, a name on the hub or a local folder, on ``device`` (``cpu``, ``cuda``, ``mps``).

    ``revision`` is a commit on the hub. Safe to call from several threads, one at a time.

    Raises:
        ModelError: sentence-transformers or the model is missing, the model does not load, or it is no ranking model.
    """

    def __init__(self, model: str, *, revision: str | None = None, device: str = "cpu") -> None:
        self._model = load_model(model, lambda library: library.CrossEncoder(model, device=device, revision=revision))
        if self._model.num_labels != 1:
            reason = f"it sorts into {self._model.num_labels} classes instead of scoring a pair"
            raise ModelError(model, reason, remedy="Name a cross-encoder with one output, made for ranking.")
        self._name = model
        self._lock = Lock()  # a tokenizer's settings change during a call

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n,) float32`` in [0, 1], the estimated probability that each text answers the question.

        Pairs longer than the model's longest input are cut.

        Raises:
            RerankerError: the model failed, for example out of memory.
        """
        pairs = [(encodable(question), encodable(text)) for text in texts]
        if not pairs:
            return np.zeros(0, dtype=np.float32)
        try:
            with self._lock:
                logits = self._model.predict(
                    pairs, batch_size=len(pairs), show_progress_bar=False, activation_fn=_identity
                )
        except COMPUTE_ERRORS as error:
            raise RerankerError(str(error)) from error
        return (1 / (1 + np.exp(-np.asarray(logits, dtype=np.float32)))).astype(np.float32)


def _identity(logits: object) -> object:
    """Replaces the model's own last function: some models end in a sigmoid, some do not."""
    return logits
