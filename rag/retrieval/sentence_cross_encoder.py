"""Any cross-encoder of sentence-transformers, on any device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from rag.errors import ModelError, RerankerError
from rag.retrieval.sentence_models import COMPUTE_ERRORS, load_model
from rag.retrieval.windows import encodable
from rag.types import Hit


class SentenceCrossEncoder:
    """Reranks with ``model``, a name on the hub or a local folder, on ``device`` (``cpu``, ``cuda``, ``mps``).

    Safe to call from several threads; they take turns, because a tokenizer's settings change during a call.

    Raises:
        ModelError: sentence-transformers or the model is missing, the model does not load, or it is no ranking model.
    """

    def __init__(self, model: str, *, revision: str | None = None, device: str = "cpu", batch_size: int = 32) -> None:
        self._model = load_model(model, lambda library: library.CrossEncoder(model, device=device, revision=revision))
        if self._model.num_labels != 1:
            reason = f"it sorts into {self._model.num_labels} classes instead of scoring a pair"
            raise ModelError(model, reason, remedy="Name a cross-encoder with one output, made for ranking.")
        self._name = model
        self._batch_size = batch_size
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The model as it was named."""
        return self._name

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the hits by the model's score, highest first, each with its ``rerank_score``.

        Ties keep the order they came in. The model reads the question with the chunk's indexed text, title and
        headings included, and cuts off what is beyond its longest input.

        Raises:
            RerankerError: the model failed, for instance for want of memory.
        """
        if not hits:
            return ()
        pairs = [(encodable(question), encodable(hit.chunk.indexed_text)) for hit in hits]
        try:
            with self._lock:
                scores = self._model.predict(pairs, batch_size=self._batch_size, show_progress_bar=False)
        except COMPUTE_ERRORS as error:
            raise RerankerError(str(error)) from error
        order = np.argsort(-np.asarray(scores, dtype=np.float32), kind="stable")
        return tuple(replace(hits[index], rerank_score=float(scores[index])) for index in order)
