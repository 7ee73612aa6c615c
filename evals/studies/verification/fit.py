"""Fits the support models on claims of the training articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve, roc_auc_score

from evals.studies.verification.cases import Case
from evals.studies.verification.run import read_cases
from rag.factory import build_encoder
from rag.models.calibrations import SupportFeatures
from rag.retrieval.encoders.caching import CachingEncoder
from rag.settings import Settings

_CACHED_VECTORS = 100_000
_ROUNDS = 4
_NAMES = tuple(field.name for field in fields(SupportFeatures))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportFit:
    """Weights and the threshold with the highest F1; ``auc`` is on the same claims."""

    weights: dict[str, float]
    threshold: float
    auc: float


def fit_support(
    cases: Sequence[Case], settings: Settings, *, sample: int, on_progress: Callable[[str, int, int], None]
) -> dict[str, SupportFit]:
    """Returns two fits: with the encoder's features (``encoded``) and without (``words_only``).

    Leaves out claims with a number, date or name that is not in the passage: those are decided without a model.
    """
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    rows: list[np.ndarray] = []
    supported: list[bool] = []
    for number, (case, _, checker) in enumerate(read_cases(cases, encoder, sample=sample), start=1):
        seen = checker.features_of(case.claim)
        if seen:
            rows.append(np.array([[getattr(one, name) for name in _NAMES] for one in seen]))
            supported.append(case.supported)
        on_progress("reading", number, min(sample, len(cases)))
    return {"encoded": _fit(rows, supported, _NAMES), "words_only": _fit(rows, supported, _NAMES[1:])}


def _fit(rows: Sequence[np.ndarray], supported: Sequence[bool], names: Sequence[str]) -> SupportFit:
    """Fits the weights and the choice of each claim's best stretch alternately, in a few rounds."""
    columns = [_NAMES.index(name) for name in names]
    best = [row[row[:, :2].sum(axis=1).argmax(), columns] for row in rows]
    model = LogisticRegression(C=10.0, max_iter=1_000)
    for _ in range(_ROUNDS):
        model.fit(np.array(best), supported)
        best = [row[model.decision_function(row[:, columns]).argmax()][columns] for row in rows]
    probabilities = model.predict_proba(np.array(best))[:, 1]
    precision, recall, thresholds = precision_recall_curve(supported, probabilities)
    highest = (2 * precision * recall / (precision + recall + 1e-9))[:-1].argmax()
    values = [float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])]
    return SupportFit(
        weights=dict(zip(["intercept", *names], values, strict=True)),
        threshold=float(thresholds[highest]),
        auc=float(roc_auc_score(supported, probabilities)),
    )
