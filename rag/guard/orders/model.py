"""The linear model of orders: how likely a sentence is one, by its n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rag.guard.orders.features import grams
from rag.types import FloatArray

WEIGHTS = Path(__file__).with_name("weights.npz")


class OrderScore(NamedTuple):
    """Probabilities that a sentence gives an order to a model, and that it asks an assistant for anything at all."""

    order: float
    request: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderModel:
    """Logistic regression; ``weights`` are ``(2, buckets) float32``, stored in 16 bits, ``bias`` ``(2,) float32``."""

    weights: FloatArray
    bias: FloatArray

    def scores(self, sentences: Sequence[str]) -> list[OrderScore]:
        """Returns the probabilities of sentences; the n-grams of each length weigh alike."""
        if not sentences:
            return []
        count = len(sentences)
        raw = np.tile(self.bias, (count, 1)).astype(np.float64)
        for group in grams(sentences):
            scale = 1 / np.sqrt(np.maximum(np.bincount(group.rows, minlength=count), 1))
            for label in (0, 1):
                weights = self.weights[label, group.buckets]
                raw[:, label] += scale * np.bincount(group.rows, weights=weights, minlength=count)
        return [OrderScore(*row) for row in (1 / (1 + np.exp(-raw))).tolist()]

    def save(self, path: Path) -> None:
        """Writes the model as one compressed file."""
        np.savez_compressed(path, weights=self.weights.astype(np.float16), bias=self.bias)


@cache
def shipped_model(path: Path = WEIGHTS) -> OrderModel:
    """Returns the model that comes with Citewell, or the one in ``path``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file.
    """
    with np.load(path, allow_pickle=False) as held:
        return OrderModel(weights=held["weights"].astype(np.float32), bias=held["bias"])
