"""Alert rules and dashboard speak only of metrics and labels that there are."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.monitoring.metrics import Metrics
from tests.support.builders.monitoring import do_everything, labels_of

FOLDER = Path(__file__).parents[3] / "api" / "monitoring"
RULES_TEST = Path(__file__).parent / "alerts_test.yml"
ADDED_BY_PROMETHEUS = {"up": {"job", "instance"}}
_METRIC = re.compile(r"\b(?:citewell|process)_[a-z_]+\b|\bup\b")
_SELECTOR = re.compile(r"\b((?:citewell|process)_[a-z_]+|up)\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    dashboard = json.loads((FOLDER / "grafana" / "citewell.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


@pytest.fixture
def labels(client: httpx.Client) -> dict[str, set[str]]:
    """The labels of every series, of a service and of work of every kind."""
    metrics = Metrics(tenant_label=True)
    asyncio.run(do_everything(metrics))
    metrics.count_request(method="GET", route="/", status=200, seconds=0.1)
    of_service = labels_of(client.get("/metrics").text)
    return {**ADDED_BY_PROMETHEUS, **of_service, **labels_of(metrics.render("")[0].decode())}


def test_every_metric_that_is_named_is_offered(labels: dict[str, set[str]]) -> None:
    named = {name for expression in expressions() for name in _METRIC.findall(expression)}
    assert len(named) > 20
    assert named - labels.keys() == set()


def test_every_metric_that_is_offered_is_on_the_dashboard(labels: dict[str, set[str]]) -> None:
    shown = " ".join(expressions())
    offered = {re.sub(r"_(bucket|count|sum)$", "", name) for name in labels if name.startswith("citewell_")}
    assert {name for name in offered if name not in shown} == set()


def test_every_label_that_is_named_is_one_of_its_metric(labels: dict[str, set[str]]) -> None:
    for expression in expressions():
        for name, selector in _SELECTOR.findall(expression):
            assert set(_LABEL.findall(selector)) <= labels[name] | {"job", "instance"}, expression
        known = set().union(*(labels[name] for name in _METRIC.findall(expression)))
        grouped = {label.strip() for group in _GROUPING.findall(expression) for label in group.split(",")}
        assert grouped <= known, expression


def test_every_rule_is_tested_to_fire_and_to_keep_quiet() -> None:
    text = RULES_TEST.read_text()
    for rule in rules():
        assert f"alertname: {rule['alert']}}}" in text
        assert f'alertname="{rule["alert"]}"' in text


@pytest.fixture
def promtool() -> Callable[..., None]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")

    def run(*arguments: str | Path) -> None:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - ours
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_promtool_agrees_with_the_rules_and_with_what_they_do(promtool: Callable[..., None]) -> None:
    promtool("check", "rules", FOLDER / "alerts.yml")
    promtool("test", "rules", RULES_TEST)


def test_promtool_reads_every_expression_of_the_dashboard(promtool: Callable[..., None], tmp_path: Path) -> None:
    read = [
        {"record": f"panel:{n}", "expr": text.replace("$__rate_interval", "5m")} for n, text in enumerate(expressions())
    ]
    path = tmp_path / "dashboard.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": read}]}))
    promtool("check", "rules", path)
