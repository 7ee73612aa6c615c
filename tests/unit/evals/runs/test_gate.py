from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from evals.runs.gate import Gate, Threshold, gate_results, junit, read_gate
from evals.runs.records import Figure, RunRecord, RunState
from rag.errors import ConfigurationError


def run_with(state: RunState = RunState.FINISHED, **means: float) -> RunRecord:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    figures = {
        name: Figure(mean=mean, low=mean, high=mean, count=10, not_computed=1 if name == "judged" else 0)
        for name, mean in means.items()
    }
    return RunRecord(
        run_id="r1",
        tenant="t",
        dataset="d",
        dataset_digest="0",
        questions=10,
        started_at=now,
        state=state,
        figures=figures,
    )


def gate_on(**thresholds: Threshold) -> Gate:
    return Gate(dataset="d", thresholds=thresholds)


@pytest.mark.parametrize(
    ("threshold", "mean", "passed"),
    [
        (Threshold(at_least=0.9), 0.9, True),
        (Threshold(at_least=0.9), 0.8999, False),
        (Threshold(at_most=0.1), 0.1, True),
        (Threshold(at_most=0.1), 0.1001, False),
        (Threshold(at_least=0.4, at_most=0.6), 0.7, False),
    ],
)
def test_a_mean_must_lie_within_its_bounds(threshold: Threshold, mean: float, *, passed: bool) -> None:
    [verdict] = gate_results(run_with(quality=mean), gate_on(quality=threshold))
    assert verdict.passed is passed


def test_a_metric_that_was_not_measured_does_not_pass() -> None:
    [verdict] = gate_results(run_with(other=1.0), gate_on(quality=Threshold(at_least=0.1)))
    assert not verdict.passed
    assert verdict.words == "not measured"


def test_what_could_not_be_computed_does_not_pass_unless_allowed() -> None:
    strict, lenient = Threshold(at_least=0.1), Threshold(at_least=0.1, not_computed_at_most=1)
    assert [gate_results(run_with(judged=1.0), gate_on(judged=each))[0].passed for each in (strict, lenient)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FAILED])
def test_a_run_that_did_not_finish_does_not_pass(state: RunState) -> None:
    [verdict] = gate_results(run_with(state, quality=1.0), gate_on(quality=Threshold(at_least=0.1)))
    assert not verdict.passed


def test_junit_has_a_case_for_each_threshold_and_says_why_one_failed() -> None:
    run = run_with(good=1.0, bad=0.2)
    gate = gate_on(good=Threshold(at_least=0.5), bad=Threshold(at_least=0.5))
    suite = etree.fromstring(junit(run, gate_results(run, gate)))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    [failure] = suite.findall("testcase[@name='bad']/failure")
    assert "0.2000 over 10; at least 0.5 is wanted" in str(failure.get("message"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset = 'd'\n[thresholds]\n", "nothing could fail"),
        ("dataset = 'd'\n[thresholds]\nx = {}\n", "at_least or at_most"),
        ("dataset = 'd'\n[thresholds]\nx = { atleast = 1 }\n", "atleast"),
        ("dataset = ", "no file of thresholds"),
    ],
)
def test_a_file_that_could_not_fail_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_gate(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        read_gate(tmp_path / "none.toml")
