"""Running Citewell installs what running needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from packaging.utils import canonicalize_name

from ingest.factory import build_sandbox
from rag.errors import ConfigurationError
from rag.factory import build_encoder
from rag.settings import Settings
from tests.support.requirements import LEFT_OUT, ROOT, bare_packages, closure, declared, needed_by

COMMANDS_IMPORT = (
    *("api.server", "evals.datasets.readers.catalogue", "evals.drafting.collection", "evals.experiments.report"),
    *("evals.ragas_scores.scoring", "evals.reports.html", "evals.runs.sweep", "evals.studies.abstention.questions"),
    *("evals.studies.public_table", "evals.studies.verification.run", "evals.training.questions"),
    *("ingest.backup", "ingest.upkeep.adoption", "ingest.upkeep.reindexing"),
)
HEAVY = {
    *("ragas", "diskcache", "langchain-core", "datasets", "pyarrow", "pandas", "scipy", "scikit-learn", "numba"),
    *("llvmlite", "spacy", "thinc", "opencv-python", "matplotlib", "polars", "torch", "transformers"),
}


def test_nothing_that_is_heavy_and_not_needed_is_installed() -> None:
    assert not closure(declared()) & HEAVY


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_the_same_packages_are_installed_without_their_requirements_everywhere(file: str) -> None:
    assert bare_packages(file) == set(LEFT_OUT)


@pytest.mark.parametrize("package", sorted(LEFT_OUT))
def test_what_else_such_a_package_asks_for_is_declared(package: str) -> None:
    asked = {canonicalize_name(each.name) for each in needed_by(package)}
    assert asked - closure(declared()) <= LEFT_OUT[package]
    assert asked >= LEFT_OUT[package]


def test_every_package_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert closure([*declared(), "ragas"]) | set(LEFT_OUT) <= pinned | {"pip"}


def test_the_notices_name_the_versions_that_are_installed() -> None:
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    named = re.findall(r"^\| ([\w-]+) (\d[\w.]*)", (ROOT / "THIRD_PARTY.md").read_text(), re.MULTILINE)
    assert len(named) > 5
    assert {f"{name}=={version}" for name, version in named} <= set(pinned)


def test_a_wheel_installed_without_them_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unstructured", None)
    encoder = build_encoder(Settings().encoder, Settings().models)
    with pytest.raises(ConfigurationError, match="pip install --no-deps unstructured'"):
        build_sandbox(Settings(), encoder)


def run_hidden(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python where only what running Citewell installs can be imported."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_documents_of_every_kind_are_read_with_no_other_package() -> None:
    plugins = ("-p", "tests.support.only_runtime", "-p", "pytest_asyncio.plugin", "-p", "pytest_socket")
    done = run_hidden("-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, "tests/unit/ingest/parsing")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "api.app",
        "api.commands.main",
        "api.commands.doctor",
        "ingest.chunking.chunker",
        *COMMANDS_IMPORT,
        "evals.service.runs",
    ],
)
def test_what_runs_is_imported_with_no_other_package(module: str) -> None:
    done = run_hidden("-c", f"import tests.support.only_runtime, {module}")
    assert done.returncode == 0, done.stderr


def test_judging_without_ragas_says_how_to_install_it() -> None:
    arguments = ["citewell", "eval", "judge", "2026", "--set", "judge.url=http://127.0.0.1:9/v1"]
    done = run_hidden(
        "-c",
        f"import sys, tests.support.only_runtime\nfrom api.commands.main import main\nsys.argv = {arguments!r}\nmain()",
    )
    assert (done.returncode, done.stderr) == (
        1,
        "Error: Ragas is not installed: run 'make evals', or pip install 'citewell[evals]'.\n",
    )
