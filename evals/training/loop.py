"""Trains a model step by step; a stopped run resumes from its last checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

_CHECKPOINT = "checkpoint.pt"
_CHECKPOINT_EVERY = 100
_WARM_UP = 0.06
_LONGEST_GRADIENT = 1.0
_WEIGHT_DECAY = 0.01
_HEAD_RATE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Length, learning rate and random seed of a training run."""

    steps: int
    learning_rate: float
    seed: int = 1


def load_quietly(load: Callable[[], Any]) -> Any:  # noqa: ANN401 - a model of transformers
    """Returns ``load()``, without transformers' report of unused weights."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return load()


def device() -> torch.device:
    """Returns the GPU, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    model: torch.nn.Module,
    loss_of: Callable[[int], torch.Tensor],
    schedule: Schedule,
    folder: Path,
    *,
    head: torch.nn.Module | None = None,
    on_step: Callable[[int, float], None],
) -> None:
    """Runs the remaining steps of ``schedule``; ``loss_of`` must depend only on the number of the step.

    AdamW with a linear warm-up and decay, in bfloat16 if the processor supports it. Writes a checkpoint to ``folder``
    every hundred steps; one of another schedule is ignored. ``on_step`` gets the losses. The untrained ``head`` learns
    ten times as fast.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    fresh = list(head.parameters()) if head else []
    known = {id(parameter) for parameter in fresh}
    rates = [
        {"params": [parameter for parameter in trained if id(parameter) not in known], "lr": schedule.learning_rate},
        {"params": fresh, "lr": _HEAD_RATE * schedule.learning_rate},
    ]
    optimizer = torch.optim.AdamW(rates, weight_decay=_WEIGHT_DECAY)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, schedule.steps))
    parts: dict[str, Any] = {"model": model, "optimizer": optimizer, "rate": rate}
    model.train()
    for step in range(_resume(parts, schedule, folder), schedule.steps):
        torch.manual_seed(schedule.seed * 1_000_003 + step)
        with torch.autocast(device().type, dtype=torch.bfloat16, enabled=_computes_in_bfloat16()):
            loss = loss_of(step)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, _LONGEST_GRADIENT)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        on_step(step + 1, float(loss.detach()))
        if (step + 1) % _CHECKPOINT_EVERY == 0 or step + 1 == schedule.steps:
            _save(parts, schedule, folder, step + 1)
    model.eval()


def _share_of_rate(step: int, steps: int) -> float:
    warm_up = max(1, round(_WARM_UP * steps))
    return min((step + 1) / warm_up, max(0.0, (steps - step) / max(1, steps - warm_up)))


def _computes_in_bfloat16() -> bool:
    return device().type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - torch has no other name for it


def _save(parts: dict[str, Any], schedule: Schedule, folder: Path, step: int) -> None:
    draft = folder / f".{_CHECKPOINT}"
    states = {name: part.state_dict() for name, part in parts.items()}
    torch.save({"schedule": astuple(schedule), "step": step, **states}, draft)
    draft.replace(folder / _CHECKPOINT)


def _resume(parts: dict[str, Any], schedule: Schedule, folder: Path) -> int:
    path = folder / _CHECKPOINT
    if not path.is_file():
        return 0
    saved = torch.load(path, map_location=device(), weights_only=True)
    if tuple(saved["schedule"]) != astuple(schedule):
        return 0
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return int(saved["step"])


def freeze(modules: Iterable[torch.nn.Module]) -> None:
    """Excludes the modules' weights from training."""
    for module in modules:
        module.requires_grad_(requires_grad=False)
