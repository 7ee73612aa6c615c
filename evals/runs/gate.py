"""Decides whether a run passes the thresholds of a file; results as text and as JUnit XML."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml.builder import E
from lxml.etree import tostring
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from evals.runs.records import RunRecord, RunState
from rag.errors import ConfigurationError


class Threshold(BaseModel):
    """Bounds of a metric's mean, and the number of failed computations allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_least: float | None = None
    at_most: float | None = None
    not_computed_at_most: int = 0

    @model_validator(mode="after")
    def _bounds_something(self) -> Threshold:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        return self


class Gate(BaseModel):
    """The thresholds for runs of a dataset, for example ``[thresholds."recall@5/found"]``, ``at_least = 0.9``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    thresholds: dict[str, Threshold]
    settings: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The result for one threshold; ``words`` give the measured and the wanted value."""

    metric: str
    passed: bool
    words: str


def read_gate(path: Path) -> Gate:
    """Reads a file of thresholds.

    Raises:
        ConfigurationError: the file is missing, not TOML, or has unknown entries.
    """
    try:
        gate = Gate.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"{path} is no file of thresholds: {error}") from error
    if not gate.thresholds:
        raise ConfigurationError(f"{path} has no thresholds, so that nothing could fail.")
    return gate


def gate_results(run: RunRecord, gate: Gate) -> tuple[GateResult, ...]:
    """Returns a result for each threshold. An unfinished run or a missing metric does not pass."""
    if run.state is not RunState.FINISHED:
        return (
            GateResult(metric="run", passed=False, words=f"the run is {run.state.value}: {run.failure or ''}".strip()),
        )
    return tuple(_judge(run, metric, threshold) for metric, threshold in gate.thresholds.items())


def _judge(run: RunRecord, metric: str, wanted: Threshold) -> GateResult:
    figure = run.figures.get(metric)
    if figure is None or not figure.count:
        return GateResult(metric=metric, passed=False, words="not measured")
    found = f"{figure.mean:.4f} over {figure.count}"
    faults = []
    if wanted.at_least is not None and figure.mean < wanted.at_least:
        faults.append(f"at least {wanted.at_least} is wanted")
    if wanted.at_most is not None and figure.mean > wanted.at_most:
        faults.append(f"at most {wanted.at_most} is wanted")
    if figure.not_computed > wanted.not_computed_at_most:
        faults.append(f"{figure.not_computed} could not be computed")
    return GateResult(metric=metric, passed=not faults, words="; ".join([found, *faults]))


def junit(run: RunRecord, results: Sequence[GateResult]) -> bytes:
    """Returns the results as JUnit XML, one test case each."""
    cases = []
    for result in results:
        case = E.testcase(classname=f"gate.{run.dataset}", name=result.metric)
        if not result.passed:
            case.append(E.failure(message=result.words))
        cases.append(case)
    failures = sum(not result.passed for result in results)
    suite = E.testsuite(*cases, name=f"gate {run.run_id}", tests=str(len(cases)), failures=str(failures))
    written: bytes = tostring(suite, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return written
