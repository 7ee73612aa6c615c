"""Fits the abstention model and its thresholds for shares of wrong answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from evals.studies.abstention.curve import thresholds_for
from evals.studies.abstention.questions import AskedQuestion
from rag.answering.abstention import MOST_MISSING
from rag.models.calibrations import AbstentionFeatures


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionFit:
    """The weights, and thresholds by cross-validation."""

    weights: dict[str, float]
    thresholds: tuple[tuple[float, float], ...]


def fit_abstention(asked: Sequence[AskedQuestion], *, left_out: frozenset[str]) -> AbstentionFit:
    """Fits a logistic model without the features ``left_out``: the cosine for languages unknown to the encoder, say."""
    names = [field.name for field in fields(AbstentionFeatures) if field.name not in left_out]
    inputs = np.array([[getattr(question.signals, name) for name in names] for question in asked])
    right = np.array([question.right for question in asked])
    model = LogisticRegression(C=10.0, max_iter=1_000)
    held_out = cross_val_predict(model, inputs, right, cv=10, method="predict_proba")[:, 1]
    refused = [question.signals.missing > MOST_MISSING for question in asked]  # whatever the threshold
    held_out = np.where(refused, 0, held_out)
    model.fit(inputs, right)
    values = [float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])]
    return AbstentionFit(
        weights=dict.fromkeys(left_out, 0.0) | dict(zip(["intercept", *names], values, strict=True)),
        thresholds=thresholds_for(held_out.tolist(), right.tolist()),
    )
