"""The default encoder: a prepared model in ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.errors import EncoderError
from rag.models.encoder_form import folder_means, read_form
from rag.models.onnx_session import RUNTIME_ERRORS, available_cores, load_onnx
from rag.models.subwords import subwords_file
from rag.retrieval.encoders.questions_first import QuestionsFirst
from rag.retrieval.encoders.windows import pool_windows, split_windows, token_ranges
from rag.types import FloatArray, IntArray, Span

_OUTPUT = "sentence_embedding"
_TOKENS = "token_embeddings"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """``ranges`` is ``(sentences, 2) int32``: the tokens of each sentence of its text, by their places here."""

    owner: int
    token_ids: tuple[int, ...]
    weight: int
    ranges: IntArray | None = None


class OnnxEncoder:
    """Encodes with a prepared model, as ``prepare_encoder`` returns it; 0 ``threads`` means one per core.

    Safe to call from several threads; they share the encoder's threads, each of which encodes one window at a time.
    Without padding this is faster than batches, and a vector does not depend on the other texts.

    Raises:
        ModelError: the folder is missing, damaged, or cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._subwords, self._session = load_onnx(folder)
        self._form, self._means = read_form(folder), folder_means(folder)
        self._name = self._form.name or folder.name
        self._gives_tokens = any(output.name == _TOKENS for output in self._session.get_outputs())
        self._tokenizer_file = subwords_file(folder)
        self._dimensions = int(self._session.get_outputs()[0].shape[1])
        count = threads or available_cores()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="encode")
        self._background_threads = ThreadPoolExecutor(count, thread_name_prefix="encode-background")
        self._questions_first = QuestionsFirst()
        self._in_background = False

    def in_background(self) -> OnnxEncoder:
        """Returns an encoder for background work: it shares the model, and starts no window while this one works."""
        background: OnnxEncoder = copy(self)
        background._threads = self._background_threads
        background._in_background = True
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
        return self._form.max_tokens

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        """Returns the vectors of questions; otherwise as ``encode``."""
        return self._encode(texts, is_question=True)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns ``(n, d) float32``, rows L2-normalised, in the order of ``texts``; ``(0, d)`` for none.

        A text longer than ``max_tokens`` is split into even windows; its vector is their mean, weighted by tokens.

        Raises:
            EncoderError: the runtime failed.
        """
        return self._encode(texts, is_question=False)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Returns ``encode(texts)``, and the vectors of the sentences, each the mean of its tokens in the passage.

        Late chunking (Günther et al. 2024): a sentence is read together with the passage around it, in the same pass.
        A folder of before token vectors were an output gives none.

        Raises:
            EncoderError: the runtime failed.
        """
        if not self._gives_tokens:
            return self.encode(texts), ()
        windows = self._windows(texts, self._form.passage_prefix, sentences)
        sums = [np.zeros((len(spans), self._dimensions), dtype=np.float32) for spans in sentences]
        vectors = self._run_all(windows, sums)
        return self._pooled(vectors, windows, len(texts), is_question=False), tuple(map(self._normalised, sums))

    def _encode(self, texts: Sequence[str], *, is_question: bool) -> FloatArray:
        windows = self._windows(texts, self._form.question_prefix if is_question else self._form.passage_prefix)
        return self._pooled(self._run_all(windows, ()), windows, len(texts), is_question=is_question)

    def _run_all(self, windows: Sequence[_Window], sums: Sequence[FloatArray]) -> FloatArray:
        """Returns the vectors of the windows, and adds those of sentences to the ``sums`` of their texts."""
        longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index].token_ids))
        vectors = np.zeros((len(windows), self._dimensions), dtype=np.float32)
        with nullcontext() if self._in_background else self._questions_first.asking():
            encoded = self._threads.map(self._run, [windows[index] for index in longest_first])
            for index, (vector, of_sentences) in zip(longest_first, encoded, strict=True):
                vectors[index] = vector
                if of_sentences is not None:
                    sums[windows[index].owner][:] += of_sentences
        return vectors

    def _normalised(self, sums: FloatArray) -> FloatArray:
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        vectors: FloatArray = sums / np.maximum(lengths, np.finfo(np.float32).tiny)
        if self._means is None:
            return vectors
        centred: FloatArray = np.where(lengths > 0, self._means.centred(vectors, is_question=False), 0)
        return centred

    def _pooled(self, vectors: FloatArray, windows: Sequence[_Window], count: int, *, is_question: bool) -> FloatArray:
        pooled = pool_windows(
            vectors,
            owners=[window.owner for window in windows],
            weights=[window.weight for window in windows],
            count=count,
        )
        return self._means.centred(pooled, is_question=is_question) if self._means is not None else pooled

    def _windows(
        self, texts: Sequence[str], prefix: str, sentences: Sequence[Sequence[Span]] | None = None
    ) -> list[_Window]:
        windows: list[_Window] = []
        before = [self._subwords.first, *self._subwords.ids(prefix)]
        for owner, text in enumerate(texts):
            ids, places = self._subwords.ids_and_places(text) if sentences else (self._subwords.ids(text), [])
            for start, end in split_windows(len(ids), self._form.max_tokens):
                token_ids = (*before, *ids[start:end], self._subwords.last)
                ranges = token_ranges(sentences[owner], places[start:end]) + len(before) if sentences else None
                windows.append(_Window(owner=owner, token_ids=token_ids, weight=end - start, ranges=ranges))
        return windows

    def _run(self, window: _Window) -> tuple[FloatArray, FloatArray | None]:
        """Returns the vector of a window and the sums over the tokens of each of its sentences."""
        if self._in_background:
            self._questions_first.give_way()
        input_ids = np.array([window.token_ids], dtype=np.int64)
        feed = {"input_ids": input_ids, "attention_mask": np.ones_like(input_ids)}
        outputs = [_OUTPUT] if window.ranges is None else [_OUTPUT, _TOKENS]
        try:
            vectors, *tokens = self._session.run(outputs, feed)
        except RUNTIME_ERRORS as error:
            raise EncoderError(str(error)) from error
        if window.ranges is None:
            return vectors[0], None
        sums = np.zeros((len(window.ranges), self._dimensions), dtype=np.float32)
        for row, (first, end) in enumerate(window.ranges.tolist()):
            tokens[0][0, first:end].sum(axis=0, out=sums[row])
        return vectors[0], sums
