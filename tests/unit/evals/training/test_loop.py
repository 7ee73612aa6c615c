from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evals.training.loop import Schedule, freeze, train

pytestmark = pytest.mark.slow  # PyTorch is loaded


class StopsHereError(Exception):
    """Stands for a run that was killed."""


def line() -> torch.nn.Linear:
    torch.manual_seed(3)
    return torch.nn.Linear(4, 1)


def run(folder: Path, schedule: Schedule, *, stop_at: int | None = None) -> tuple[torch.nn.Linear, list[int]]:
    model, steps = line(), list[int]()

    def loss_of(step: int) -> torch.Tensor:
        if step == stop_at:
            raise StopsHereError
        inputs = torch.randn(8, 4)
        loss: torch.Tensor = ((model(inputs)[:, 0] - inputs.sum(dim=1)) ** 2).mean()
        return loss

    train(model, loss_of, schedule, folder, on_step=lambda step, _: steps.append(step))
    return model, steps


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path: Path) -> None:
    schedule = Schedule(steps=250, learning_rate=0.01)
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole, _ = run(tmp_path / "whole", schedule)
    with pytest.raises(StopsHereError):
        run(tmp_path / "stopped", schedule, stop_at=230)
    resumed, steps = run(tmp_path / "stopped", schedule)
    assert steps[0] == 201
    assert torch.equal(whole.weight, resumed.weight)


def test_a_checkpoint_of_another_schedule_is_not_used(tmp_path: Path) -> None:
    run(tmp_path, Schedule(steps=100, learning_rate=0.01))
    _, steps = run(tmp_path, Schedule(steps=120, learning_rate=0.01))
    assert steps[0] == 1


def test_it_learns(tmp_path: Path) -> None:
    model, _ = run(tmp_path, Schedule(steps=400, learning_rate=0.05))
    assert torch.allclose(model.weight, torch.ones(1, 4), atol=0.1)


def test_what_is_frozen_stays_as_it_is(tmp_path: Path) -> None:
    fixed = line()
    model = torch.nn.Sequential(fixed, torch.nn.Linear(1, 1))
    before = fixed.weight.clone()
    freeze([fixed])
    train(
        model,
        lambda _: model(torch.ones(2, 4)).mean(),
        Schedule(steps=5, learning_rate=0.1),
        tmp_path,
        on_step=lambda *_: None,
    )
    assert torch.equal(fixed.weight, before)
