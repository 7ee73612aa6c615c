"""Logs a run's figures and settings to Weights & Biases or MLflow, without questions or texts of documents.

Both are optional (``pip install citewell[tracking]``) and configured by their own environment variables:
``WANDB_MODE=offline`` and ``WANDB_DIR``, ``MLFLOW_TRACKING_URI``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum

from evals.runs.records import RunRecord
from rag.errors import ConfigurationError

_PROJECT = "citewell"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_./ -]")


class Tracker(StrEnum):
    """A tool for logging runs."""

    WANDB = "wandb"
    MLFLOW = "mlflow"


def log_run(run: RunRecord, tracker: Tracker) -> None:
    """Logs a run under its id.

    Raises:
        ConfigurationError: the tracker is not installed, or failed.
    """
    log = {Tracker.WANDB: _to_wandb, Tracker.MLFLOW: _to_mlflow}[tracker]
    try:
        log(run)
    except ImportError as error:
        raise ConfigurationError(f"{tracker.value} is not installed: pip install 'citewell[tracking]'.") from error
    except Exception as error:  # each tracker has its own error classes, and others from below
        raise ConfigurationError(f"{tracker.value} did not take the run: {error}") from error


def metrics_of(run: RunRecord) -> Mapping[str, float]:
    """Returns means, failed computations, percentiles, tokens and cost, by names that both trackers accept."""
    metrics = {metric: figure.mean for metric, figure in run.figures.items() if figure.count}
    metrics |= {f"not_computed/{metric}": figure.not_computed for metric, figure in run.figures.items()}
    for stage, taken in run.milliseconds.items():
        metrics |= {f"ms/{stage}/p50": taken.p50, f"ms/{stage}/p95": taken.p95, f"ms/{stage}/p99": taken.p99}
    metrics |= {"prompt_tokens": run.prompt_tokens, "completion_tokens": run.completion_tokens, "cost": run.cost}
    return {_NOT_IN_A_NAME.sub("_", name): float(value) for name, value in metrics.items()}


def _configuration(run: RunRecord) -> dict[str, str]:
    known = {"dataset": run.dataset, "dataset_digest": run.dataset_digest, "questions": str(run.questions)}
    return {**known, **run.versions, **run.settings}


def _to_wandb(run: RunRecord) -> None:
    import wandb  # noqa: PLC0415 - optional

    settings = wandb.Settings(
        silent=True, disable_git=True, disable_code=True, x_disable_stats=True, x_disable_meta=True
    )
    project = os.environ.get("WANDB_PROJECT", _PROJECT)
    with wandb.init(project=project, name=run.run_id, config=_configuration(run), settings=settings) as logged:
        logged.log(dict(metrics_of(run)))


def _to_mlflow(run: RunRecord) -> None:
    import mlflow  # noqa: PLC0415 - optional

    mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", _PROJECT))
    with mlflow.start_run(run_name=run.run_id):
        mlflow.log_params(_configuration(run))
        mlflow.log_metrics(dict(metrics_of(run)))
