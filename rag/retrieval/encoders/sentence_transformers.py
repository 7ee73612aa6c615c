"""Any bi-encoder of sentence-transformers, on any device: for models other than the default, and for GPUs."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np

from rag.errors import EncoderError, ModelError
from rag.models.sentence_transformers import COMPUTE_ERRORS, load_model
from rag.retrieval.encoders.windows import pool_windows, split_windows
from rag.text.folding import encodable
from rag.types import FloatArray, Span

_LONGEST_WINDOW = 8_192
_SHORT_REVISION = 12


class SentenceTransformerEncoder:
    """Encodes with ``model``, a name on the hub or a local folder, on ``device`` (``cpu``, ``cuda``, ``mps``).

    ``revision`` is a commit on the hub; the prefixes are those that the model was trained with.

    Safe to call from several threads, one at a time.

    Raises:
        ModelError: sentence-transformers or the model is missing, the model does not load, or its tokenizer is not a
            fast one.
    """

    def __init__(
        self,
        model: str,
        *,
        revision: str | None = None,
        device: str = "cpu",
        batch_size: int = 32,
        question_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        self._model = load_model(
            model, lambda library: library.SentenceTransformer(model, device=device, revision=revision)
        )
        self._name = f"{model}@{revision[:_SHORT_REVISION]}" if revision else model
        self._question_prefix = question_prefix
        self._passage_prefix = passage_prefix
        self._batch_size = batch_size
        self._tokenizer = self._model.tokenizer
        longest = min(self._model.max_seq_length or _LONGEST_WINDOW, _LONGEST_WINDOW)
        prefix = max(self._tokens(question_prefix), self._tokens(passage_prefix))
        self._max_tokens = longest - int(self._tokenizer.num_special_tokens_to_add()) - prefix
        self._tokenizer_file = self._save_tokenizer()
        self._lock = Lock()  # a tokenizer's settings change during a call
        self._dimensions = int(self._model.get_embedding_dimension())

    @property
    def name(self) -> str:
        return self._name

    @property
    def tokenizer_file(self) -> Path:
        """A copy of the model's ``tokenizer.json``, which is deleted with the encoder."""
        return self._tokenizer_file

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        """Longest text read in one pass, without special tokens and prefixes."""
        return self._max_tokens

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        """Returns the vectors of questions, encoded with the question prefix."""
        return self._encode_all(texts, self._question_prefix)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32``, rows L2-normalised, in the order of ``texts``; ``(0, d)`` for none.

        A text longer than ``max_tokens`` is split into even windows; its vector is their mean, weighted by tokens.

        Raises:
            EncoderError: the model failed, for example out of memory.
        """
        return self._encode_all(texts, self._passage_prefix)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Returns the vectors of passages, and none of sentences."""
        del sentences
        return self.encode(texts), ()

    def _encode_all(self, texts: Sequence[str], prefix: str) -> FloatArray:
        if not texts:
            return np.zeros((0, self._dimensions), dtype=np.float32)
        try:
            with self._lock:
                return self._encode(texts, prefix)
        except COMPUTE_ERRORS as error:
            raise EncoderError(str(error)) from error

    def _encode(self, texts: Sequence[str], prefix: str) -> FloatArray:
        windows = [
            (owner, window, weight)
            for owner, text in enumerate(texts)
            for window, weight in self._windows(encodable(text))
        ]
        vectors = self._model.encode(
            [prefix + window for _, window, _ in windows],
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return pool_windows(
            np.asarray(vectors, dtype=np.float32),
            owners=[owner for owner, _, _ in windows],
            weights=[weight for _, _, weight in windows],
            count=len(texts),
        )

    def _tokens(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"]) if text else 0

    def _save_tokenizer(self) -> Path:
        # The model's own file may be in the hub's cache, or be a vocabulary in another format: so a copy is written.
        if not getattr(self._tokenizer, "is_fast", False):
            reason = "its tokenizer has no tokenizer.json"
            raise ModelError(self._name, reason, remedy="Name a model with a fast tokenizer.")
        folder = Path(tempfile.mkdtemp(prefix="citewell-tokenizer-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = folder / "tokenizer.json"
        path.write_text(self._tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
        return path

    def _windows(self, text: str) -> list[tuple[str, int]]:
        """Splits ``text`` at tokens; a piece that has more tokens on its own than as a part is split again."""
        tokens = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets: list[tuple[int, int]] = tokens["offset_mapping"]
        if len(offsets) <= self._max_tokens or len(text) == 1:
            return [(text, len(offsets))]
        starts = [offsets[first][0] for first, _ in split_windows(len(offsets), self._max_tokens)]
        inner = {start for start in starts if 0 < start < len(text)} or {len(text) // 2}
        edges = [0, *sorted(inner), len(text)]
        return [window for start, end in pairwise(edges) for window in self._windows(text[start:end])]
