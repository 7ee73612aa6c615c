"""Fits the abstention model and the thresholds that keep to a share of wrong answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from evals.studies.abstention.curve import thresholds_for
from evals.studies.abstention.questions import AskedQuestion
from rag.answering.abstention import AbstentionFeatures


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionFit:
    """The weights, and the thresholds by cross-validation, so that no question is judged by weights made with it."""

    weights: dict[str, float]
    thresholds: tuple[tuple[float, float], ...]


def fit_abstention(asked: Sequence[AskedQuestion], *, lexical: bool) -> AbstentionFit:
    """Fits; ``lexical`` leaves out what the encoder says, for questions in a language that it does not know."""
    names = [field.name for field in fields(AbstentionFeatures) if not (lexical and field.name == "cosine")]
    inputs = np.array([[getattr(question.signals, name) for name in names] for question in asked])
    right = np.array([question.right for question in asked])
    model = LogisticRegression(C=10.0, max_iter=1_000)
    held_out = cross_val_predict(model, inputs, right, cv=10, method="predict_proba")[:, 1]
    model.fit(inputs, right)
    values = [float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])]
    return AbstentionFit(
        weights=dict(zip(["intercept", *names], values, strict=True)),
        thresholds=thresholds_for(held_out.tolist(), right.tolist()),
    )
